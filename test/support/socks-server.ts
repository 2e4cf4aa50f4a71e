/**
 * A SOCKS5 server as small as it goes (RFC 1928, 1929): one method, CONNECT to IPv4 addresses.
 * In: a user and password, or none. Out: connections made for others, and whom it made them for. Never: beyond loopback.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface SocksServer {
  readonly port: number;
  /** `host:port` of each connection made. */
  readonly reached: string[];
}

export async function socksServer(
  t: TestContext,
  credentials?: { user: string; password: string },
): Promise<SocksServer> {
  const reached: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket, credentials, reached).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, reached };
}

async function serve(
  socket: Socket,
  credentials: { user: string; password: string } | undefined,
  reached: string[],
): Promise<void> {
  const [version, count] = await read(socket, 2);
  const methods = await read(socket, count!);
  const method = credentials === undefined ? 0 : 2;
  if (version !== 5 || !methods.includes(method)) return void socket.end(Buffer.of(5, 0xff));
  socket.write(Buffer.of(5, method));
  if (credentials !== undefined && !(await isKnown(socket, credentials))) return void socket.end(Buffer.of(1, 1));
  if (credentials !== undefined) socket.write(Buffer.of(1, 0));
  const head = await read(socket, 4);
  if (head[1] !== 1 || head[3] !== 1) return void socket.end(answer(7));
  const host = [...(await read(socket, 4))].join('.');
  const port = (await read(socket, 2)).readUInt16BE(0);
  const far = connect({ host, port });
  far.on('error', () => socket.end(answer(5)));
  await once(far, 'connect');
  reached.push(`${host}:${port}`);
  socket.write(answer(0));
  socket.on('close', () => far.destroy());
  far.on('close', () => socket.destroy());
  socket.pipe(far).pipe(socket);
}

function answer(code: number): Buffer {
  return Buffer.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0);
}

async function isKnown(socket: Socket, { user, password }: { user: string; password: string }): Promise<boolean> {
  const [, userLength] = await read(socket, 2);
  const name = await read(socket, userLength!);
  const [length] = await read(socket, 1);
  const secret = await read(socket, length!);
  return name.toString() === user && secret.toString() === password;
}

/** Exactly so many bytes. */
async function read(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(length) as Buffer | null;
    if (bytes !== null) return bytes;
    if (socket.readableEnded || socket.destroyed) throw new Error('ended');
    await once(socket, 'readable');
  }
}
