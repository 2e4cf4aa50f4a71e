/**
 * An MTProxy as small as it goes: takes the obfuscation off, puts nothing on, and passes bytes to one test DC.
 * In: a secret, where the DC is. Out: a port, and which data centres were asked for. Never: beyond loopback.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { Writer } from '../../src/bytes/writer.ts';
import { INIT_LENGTH, Obfuscated } from '../../src/transport/obfuscated.ts';
import type { PacketSink, Transport } from '../../src/transport/transport.ts';

export interface Mtproxy {
  readonly port: number;
  /** Data centres and framings, as the clients named them. */
  readonly asked: string[];
}

/** First bytes of the framings without obfuscation (protocol: Transports). */
const MAGIC = { abridged: 'ef', intermediate: 'eeeeeeee', padded: 'dddddddd', full: '' } as const;

/** No framing at all: what comes is handed on as it is. */
const RAW: Transport = {
  open: () => undefined,
  begin: (out) => out.pos,
  end: () => undefined,
  unpack: (bytes, start, end, sink) => sink.packet(bytes, start, end),
};

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

function pass(socket: Socket, far: Socket, secret: Uint8Array, asked: string[]): void {
  let held = Buffer.alloc(0);
  let transport: Transport | undefined;
  const sink: PacketSink = {
    packet: (bytes, start, end) => void far.write(Buffer.from(bytes.subarray(start, end))),
    status: () => undefined,
    broken: () => socket.destroy(),
  };
  socket.on('data', (chunk) => {
    held = Buffer.concat([held, chunk]);
    if (transport === undefined) {
      if (held.length < INIT_LENGTH) return;
      const found = Obfuscated.server(held.subarray(0, INIT_LENGTH), () => RAW, { secret });
      if (found === undefined) return void socket.destroy();
      transport = found.transport;
      asked.push(`${found.name} ${found.dc}`);
      far.write(Buffer.from(MAGIC[found.name], 'hex'));
      held = held.subarray(INIT_LENGTH);
    }
    transport.unpack(held, 0, held.length, sink);
    held = Buffer.alloc(0);
  });
  far.on('data', (chunk) => {
    const out = new Writer(chunk.length);
    const mark = transport!.begin(out);
    out.raw(chunk);
    transport!.end(out, mark);
    socket.write(Buffer.from(out.written()));
  });
}
