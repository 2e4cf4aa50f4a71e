/** DC links on the echo worker and real sockets: up, bytes, down, hung up, refused, paused. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
import { DownFlag, linkDownFlags } from '../../../src/batch/link-records.ts';
import { WriteBatch } from '../../../src/main/flow/socket-writer.ts';
import { DcLink, type LinkOwner } from '../../../src/main/links/dc-link.ts';
import { FakeEnv } from '../../support/fake-env.ts';
import { echoGateway } from '../../support/echo-gateway.ts';
import { Nc } from '../../support/nc.ts';

interface FakeDc {
  readonly host: string;
  readonly port: number;
  readonly server: Server;
  /** The next connection. */
  next(): Promise<Socket>;
}

async function fakeDc(t: TestContext, host = '127.0.0.1'): Promise<FakeDc> {
  const server = createServer({ allowHalfOpen: true });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, host);
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    host,
    server,
    port: (server.address() as AddressInfo).port,
    next: async () => (await once(server, 'connection'))[0] as Socket,
  };
}

/** A client of a gateway with a link to a data centre that stands: `dialling 1` and `up LINK 1` were read. */
async function dialled(nc: Nc, dc: FakeDc, link = 0, words = ''): Promise<Socket> {
  const accepted = dc.next();
  nc.send(`{dial ${link} ${dc.host} ${dc.port}${words}}\n`);
  const peer = await accepted;
  assert.deepEqual(await nc.lines(2), ['dialling 1', `up ${link} 1`]);
  return peer;
}

test('a link is dialled, carries bytes both ways, and its end is told with the attempt', async (t) => {
  const { port } = await echoGateway(t);
  const dc = await fakeDc(t);
  const nc = await Nc.to(port);
  const peer = await dialled(nc, dc, 3);
  nc.send('{send 3 hello}\n');
  assert.equal(String((await once(peer, 'data'))[0]), 'hello');
  assert.equal(await nc.line(), 'sent');
  peer.write('12345');
  assert.equal(await nc.line(), 'bytes(5) 3 1');
  peer.end();
  assert.equal(await nc.line(), 'down(0 END) 3 1');
  nc.close();
});

test('a batch of sends to one link is one write', async (t) => {
  const { port } = await echoGateway(t);
  const dc = await fakeDc(t);
  const nc = await Nc.to(port);
  const peer = await dialled(nc, dc);
  nc.send('{send 0 abcdefgh 50}\n');
  assert.equal(String((await once(peer, 'data'))[0]), 'abcdefgh'.repeat(50));
  nc.close();
});

test('IPv6, a reset, and a port nobody listens on', async (t) => {
  const { port } = await echoGateway(t);
  const dc = await fakeDc(t, '::1');
  const nc = await Nc.to(port);
  const peer = await dialled(nc, dc);
  peer.resetAndDestroy();
  assert.equal(await nc.line(), 'down(0 ECONNRESET) 0 1');
  dc.server.close();
  await once(dc.server, 'close');
  nc.send(`{dial 0 ::1 ${dc.port}}\n`);
  assert.deepEqual(await nc.lines(2), ['dialling 2', `down(${DownFlag.NEVER_UP} ECONNREFUSED) 0 2`]);
  nc.close();
});

test('after a hang-up nothing of the link reaches the lane, and the peer sees what was written and the end', async (t) => {
  const { port } = await echoGateway(t);
  const dc = await fakeDc(t);
  const nc = await Nc.to(port);
  const peer = await dialled(nc, dc);
  nc.send('{send 0 bye}\n{hangup 0}\n');
  const got: Buffer[] = [];
  peer.on('data', (chunk: Buffer) => got.push(chunk));
  await once(peer, 'end');
  assert.equal(Buffer.concat(got).toString(), 'bye');
  peer.write('too late');
  peer.destroy();
  assert.deepEqual(await nc.lines(2), ['sent', 'hung up']);
  nc.send('{seen}\n');
  assert.equal(await nc.line(), '["up 0 1"]');
  nc.close();
});

test('an attempt that is replaced is never heard of again', async (t) => {
  const { port } = await echoGateway(t);
  const dc = await fakeDc(t);
  const nc = await Nc.to(port);
  const accepted = dc.next();
  nc.send(`{dial 0 127.0.0.1 1}\n{dial 0 127.0.0.1 ${dc.port}}\n`);
  await accepted;
  assert.deepEqual(await nc.lines(3), ['dialling 1', 'dialling 2', 'up 0 2']);
  nc.close();
});

test('untrusted addresses are held against the allow list at every dial', async (t) => {
  const dc = await fakeDc(t);
  const { port } = await echoGateway(t, { allow: [`127.0.0.1:${dc.port}`] });
  const nc = await Nc.to(port);
  await dialled(nc, dc, 0, ' untrusted');
  for (const [i, host] of [
    '127.0.0.2',
    'localhost',
    '127.1',
    '0x7f.1',
    '::ffff:127.0.0.2',
    '::1',
    '10.0.0.1',
    'example.org',
  ].entries()) {
    nc.send(`{dial 1 ${host} ${dc.port} untrusted}\n`);
    const flags = DownFlag.NEVER_UP | DownFlag.NOT_ALLOWED;
    assert.deepEqual(await nc.lines(2), [`dialling ${i + 2}`, `down(${flags} NOTALLOWED) 1 ${i + 2}`]);
  }
  nc.close();
});

test('no descriptor left: the dial fails, the client stays', async (t) => {
  const dc = await fakeDc(t);
  const { port } = await echoGateway(t, { descriptors: 66, descriptorReserve: 64 });
  const nc = await Nc.to(port);
  await dialled(nc, dc);
  nc.send(`{dial 1 127.0.0.1 ${dc.port}}\n`);
  assert.deepEqual(await nc.lines(2), ['dialling 2', `down(${DownFlag.NEVER_UP} EMFILE) 1 2`]);
  nc.send('{hangup 0}\n');
  assert.equal(await nc.line(), 'hung up');
  nc.close();
});

test('a DC that reads nothing pauses its client, and only it, until it reads again', async (t) => {
  const { port } = await echoGateway(t, { linkMark: 64 * 1024 });
  const dc = await fakeDc(t);
  const [nc, other] = [await Nc.to(port), await Nc.to(port)];
  const peer = await dialled(nc, dc);
  peer.pause();
  const text = 'x'.repeat(100_000);
  nc.send(`{send 0 ${text} 100}\n`);
  assert.equal(await nc.line(), 'sent');
  nc.send('{"id":1}\n');
  other.send('{"id":2}\n');
  assert.equal(await other.line(), '{"id":2}');
  const all = new Promise<void>((resolve) => {
    let got = 0;
    peer.on('data', (chunk: Buffer) => {
      got += chunk.length;
      if (got === 10_000_000) resolve();
    });
  });
  peer.resume();
  assert.equal(await nc.line(), '{"id":1}');
  await all;
  nc.close();
  other.close();
});

test('a client that reads nothing pauses its DC link', async (t) => {
  const { port } = await echoGateway(t, { unreadMark: 64 * 1024 });
  const dc = await fakeDc(t);
  const nc = await Nc.to(port);
  const peer = await dialled(nc, dc);
  nc.socket.pause();
  nc.send('{big 16000000}\n');
  // Once the link is paused, what the DC writes stays with it.
  let stuck = false;
  const chunk = Buffer.alloc(256 * 1024);
  for (let i = 0; i < 200 && !stuck; i++) stuck = !peer.write(chunk) && !(await drains(peer));
  assert.ok(stuck);
  nc.socket.resume();
  await once(peer, 'drain');
  nc.close();
});

/** Whether a socket drains within what two round trips through the event loop's timers take. */
function drains(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (): void => resolve(true);
    socket.once('drain', done);
    setTimeout(() => {
      socket.off('drain', done);
      resolve(false);
    }, 300);
  });
}

test('when the client goes, its links go', async (t) => {
  const { port } = await echoGateway(t);
  const dc = await fakeDc(t);
  const nc = await Nc.to(port);
  const peer = await dialled(nc, dc);
  peer.resume();
  nc.close();
  await once(peer, 'end');
});

test('addresses of one server are tried in turn; the one that answered goes first from then on', async (t) => {
  const { port } = await echoGateway(t);
  const dc = await fakeDc(t);
  const gone = await fakeDc(t);
  gone.server.close();
  const nc = await Nc.to(port);
  const dial = `{dial 0 127.0.0.1 ${gone.port} ::1/${gone.port} 127.0.0.1/${dc.port}}\n`;
  for (const attempt of [1, 2]) {
    nc.send(dial);
    assert.deepEqual(await nc.lines(2), [`dialling ${attempt}`, `up 0 ${attempt}`]);
  }
  nc.send(`{dial 0 127.0.0.1 ${gone.port} ::1/${gone.port}}\n`);
  const [dialling, down] = await nc.lines(2);
  assert.equal(dialling, 'dialling 3');
  // Told once, when all of them have failed; a machine without IPv6 says another code.
  assert.match(down!, new RegExp(`^down\\(${DownFlag.NEVER_UP} E[A-Z]+\\) 0 3$`));
  nc.close();
});

/** A link of its own to a port, under a made-up clock, and what its owner was told. */
function linkTo(port: number) {
  const env = new FakeEnv();
  const told: string[] = [];
  let isUp = (): void => undefined;
  let isFreed = (): void => undefined;
  const up = new Promise<void>((resolve) => (isUp = resolve));
  const freed = new Promise<void>((resolve) => (isFreed = resolve));
  const owner: LinkOwner = {
    linkUp: () => {
      told.push('up');
      link.gate.shut(1);
      isUp();
    },
    linkBytes: () => {
      told.push('bytes');
      link.hangUp();
    },
    linkDown: (_, end) => void told.push(`down(${linkDownFlags(end)} ${end.code})`),
    linkFull: () => undefined,
    linkDrained: () => undefined,
    linkFreed: () => isFreed(),
  };
  const options = { env, batch: new WriteBatch(), mark: 1_000, within: 5_000, socks: undefined };
  const link: DcLink = new DcLink(owner, 0, 1, { host: '127.0.0.1', port }, options);
  return { link, env, told, up, freed };
}

test('a connection that does not stand in time ends, and its session hears that it was late', async (t) => {
  const dc = await fakeDc(t);
  const { env, told, freed } = linkTo(dc.port);
  // No turn of the event loop has passed, so it cannot stand.
  env.advance(5_000);
  await freed;
  await new Promise(setImmediate);
  assert.deepEqual(told, [`down(${DownFlag.NEVER_UP | DownFlag.TIMED_OUT} ETIMEDOUT)`]);
  assert.equal(env.timers, 0);
});

test('what had come and was not read when a link was hung up is told to nobody', async (t) => {
  const dc = await fakeDc(t);
  const accepted = dc.next();
  const { link, told, up, freed } = linkTo(dc.port);
  const peer = await accepted;
  await up;
  // More than one read takes: the link is hung up in the first.
  await new Promise((resolve) => peer.write(Buffer.alloc(1024 * 1024), resolve));
  link.gate.open(1);
  peer.resume().end();
  await freed;
  assert.deepEqual(told, ['up', 'bytes']);
});
