/**
 * A test DC as a process of its own that counts what it carries out, and can go away and come back.
 * In: a file for its public key; messages `{book}`, `{sessions: n}`, `{down: ms}`. Out: a line `listening on HOST:PORT`;
 * answers; `{isUp}` when it is back. Never: outlives its parent.
 */
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import { DEMO_ID } from '../../src/testdc/world/seed.ts';

type Order = { book: true } | { sessions: number } | { down: number };

const dc = await startTestDc();
writeFileSync(process.argv[2]!, dc.publicKeyPem);
let executed = new Uint8Array(1 << 20);
dc.on('key', (key) => dc.world.signIn(key, DEMO_ID));
dc.onRequest = ({ args }) => {
  const hash = args['phone_code_hash'];
  const token = typeof hash === 'string' ? /^t(\d+)$/.exec(hash)?.[1] : undefined;
  if (token === undefined) return undefined;
  if (Number(token) >= executed.length) executed = grown(executed);
  executed[Number(token)]!++;
  return true;
};

const sockets = new Set<Socket>();
/** Unix ms of each connection. */
const connects: number[] = [];
let server = await listen(0);
const { port } = server.address() as AddressInfo;
process.on('message', (order: Order) => void obey(order));
process.on('disconnect', () => process.exit());
console.log(`listening on 127.0.0.1:${port}`);

function grown(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const more = new Uint8Array(bytes.length * 2);
  more.set(bytes);
  return more;
}

/** A listener of its own in front of the DC's: the DC's never closes. */
function listen(at: number): Promise<Server> {
  const made = createServer({ noDelay: true }, accept);
  return new Promise((resolve) => made.listen({ host: '127.0.0.1', port: at, backlog: 8192 }, () => resolve(made)));
}

function accept(socket: Socket): void {
  connects.push(performance.timeOrigin + performance.now());
  sockets.add(socket);
  const connection = dc.connect([...dc.centres.values()][0]!, {
    write: (bytes) => void socket.write(bytes),
    end: () => socket.end(),
  });
  socket.on('data', (chunk: Buffer) => connection.feed(chunk));
  socket.on('error', () => undefined);
  socket.on('close', () => {
    sockets.delete(socket);
    dc.disconnected(connection);
  });
}

async function obey(order: Order): Promise<void> {
  if ('book' in order) return tell(book());
  if ('sessions' in order) return tell({ sessions: Array.from({ length: order.sessions }, session) });
  server.close();
  for (const socket of sockets) socket.resetAndDestroy();
  await new Promise((resolve) => setTimeout(resolve, order.down));
  server = await listen(port);
  tell({ isUp: performance.timeOrigin + performance.now() });
}

function book(): object {
  const violations = dc.violations.list.map(({ rule, detail }) => `${rule}: ${detail}`);
  const { handshakes } = dc.counters;
  return { book: Buffer.from(executed).toString('base64'), violations, connects, handshakes, open: sockets.size };
}

function session(_: unknown, i: number): object {
  const user = dc.demoUser({ firstName: `User ${i}` });
  return { auth_key: user.authKey.toString('base64'), session_id: String(user.sessionId) };
}

function tell(message: object): void {
  process.send!(message);
}
