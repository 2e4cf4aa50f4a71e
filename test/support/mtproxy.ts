/**
 * An MTProxy as small as it goes: takes the obfuscation off, puts nothing on, and passes bytes to one test DC.
 * In: a secret, where the DC is. Out: a port, and which data centres were asked for. Never: beyond loopback.
 */
import { type Cipher, createCipheriv, createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface Mtproxy {
  readonly port: number;
  /** Data centres and framings, as the clients named them. */
  readonly asked: string[];
}

/** First bytes of the framings without obfuscation (protocol: Transports). */
const MAGIC = { abridged: 'ef', intermediate: 'eeeeeeee', padded: 'dddddddd' } as const;

/** Tags of the transports in the obfuscated head, as it reads after decryption. */
const NAMES: ReadonlyMap<number, keyof typeof MAGIC> = new Map([
  [0xefefefef, 'abridged'],
  [0xeeeeeeee, 'intermediate'],
  [0xdddddddd, 'padded'],
]);
const HEAD = 64;

export async function mtproxy(t: TestContext, secret: Uint8Array, dcPort: number): Promise<Mtproxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const far = connect({ host: '127.0.0.1', port: dcPort });
    for (const one of [socket, far]) {
      sockets.add(one);
      one.on('error', () => undefined);
    }
    socket.on('close', () => far.destroy());
    far.on('close', () => socket.destroy());
    pass(socket, far, secret, asked);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, asked };
}

/** AES-256-CTR under `SHA256(key + secret)`: both directions of it are the same operation. */
function cipherOf(keyAndIv: Buffer, secret: Uint8Array): Cipher {
  const key = createHash('sha256').update(keyAndIv.subarray(0, 32)).update(secret).digest();
  return createCipheriv('aes-256-ctr', key, keyAndIv.subarray(32));
}

function pass(socket: Socket, far: Socket, secret: Uint8Array, asked: string[]): void {
  let held = Buffer.alloc(0);
  let ciphers: { fromClient: Cipher; toClient: Cipher } | undefined;
  socket.on('data', (chunk: Buffer) => {
    if (ciphers !== undefined) return void far.write(ciphers.fromClient.update(chunk));
    held = Buffer.concat([held, chunk]);
    if (held.length < HEAD) return;
    const keys = held.subarray(8, 56);
    const fromClient = cipherOf(keys, secret);
    ciphers = { fromClient, toClient: cipherOf(Buffer.from(keys.toReversed()), secret) };
    const plain = fromClient.update(held);
    const name = NAMES.get(plain.readUInt32LE(56));
    if (name === undefined) return void socket.destroy();
    asked.push(`${name} ${plain.readInt16LE(60)}`);
    far.write(Buffer.concat([Buffer.from(MAGIC[name], 'hex'), plain.subarray(HEAD)]));
  });
  far.on('data', (chunk: Buffer) => void socket.write(ciphers!.toClient.update(chunk)));
}
