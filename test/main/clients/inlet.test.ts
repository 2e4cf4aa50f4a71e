/** The end of a client's connection: noticed whether it is read or not. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { Why } from '../../../src/main/flow/gate.ts';
import { Inlet } from '../../../src/main/clients/inlet.ts';
import { LIMITS } from '../../../src/main/limits/limits.ts';
import { Reaper } from '../../../src/main/clients/reaper.ts';
import { echoGateway, type EchoGateway } from '../../support/echo-gateway.ts';
import { FakeEnv } from '../../support/fake-env.ts';
import { Nc } from '../../support/nc.ts';

interface Pair {
  readonly inlet: Inlet;
  readonly socket: Socket;
  readonly peer: Socket;
  readonly took: string[];
}

/** An inlet on the server's end of a loopback connection. */
async function inletOf(t: TestContext, reaper: Reaper): Promise<Pair> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  t.after(() => {
    for (const end of [peer, socket]) end.destroy();
    server.close();
  });
  const took: string[] = [];
  const inlet = new Inlet(socket, reaper, {
    take: (chunk) => took.push(chunk.toString()),
    goesOn: () => took.push('goes on'),
    inputEnded: () => took.push('end'),
  });
  return { inlet, socket, peer, took };
}

test('a FIN is seen while the gate is shut, and told behind what came before it', { timeout: 20_000 }, async (t) => {
  const { inlet, socket, peer, took } = await inletOf(t, new Reaper(LIMITS, new FakeEnv()));
  inlet.gate.shut(Why.REQUESTS);
  peer.write('one');
  await once(socket, 'data');
  peer.end('two');
  await once(socket, 'end');
  assert.deepEqual(took, []);
  inlet.gate.open(Why.REQUESTS);
  assert.deepEqual(took, ['goes on', 'one', 'two', 'end']);
});

test('one reads ahead up to the mark', async (t) => {
  const { inlet, socket, peer } = await inletOf(t, new Reaper(LIMITS, new FakeEnv()));
  inlet.gate.shut(Why.LANE);
  peer.write(Buffer.alloc(4_000_000));
  while (!socket.isPaused()) await once(socket, 'data');
  // A mark of 16 KiB and a chunk of 64.
  assert.ok(socket.bytesRead <= 81_920, String(socket.bytesRead));
  inlet.gate.open(Why.LANE);
  assert.equal(socket.isPaused(), false);
});

test('all together read ahead up to a part of the budget, and then as little as ever', async (t) => {
  const reaper = new Reaper({ ...LIMITS, unfinishedBudget: 800 }, new FakeEnv());
  const [first, second] = [await inletOf(t, reaper), await inletOf(t, reaper)];
  first.inlet.gate.shut(Why.LANE);
  first.peer.write(Buffer.alloc(100));
  await once(first.socket, 'data');
  assert.equal(reaper.mayReadAhead, false);
  second.inlet.gate.shut(Why.LANE);
  assert.equal(second.socket.isPaused(), true);
  first.inlet.close();
  assert.equal(reaper.mayReadAhead, true);
  second.inlet.close();
});

/** Round trips of another client until the gateway has nobody but that one. */
async function untilAlone({ gateway, port }: EchoGateway): Promise<void> {
  const nc = await Nc.to(port);
  do {
    nc.send('{"id":1}\n');
    assert.equal(await nc.line(), '{"id":1}');
  } while (gateway.connections > 1 || gateway.router.size > 1);
  nc.close();
}

const FULL = '{keep}\n'.repeat(256);

test('a client that is not read and dies is gone at once, with all it had open', { timeout: 60_000 }, async (t) => {
  const served = await echoGateway(t);
  const dead = await Nc.to(served.port);
  dead.send(`{"id":1}\n${FULL}`);
  await dead.line();
  dead.socket.resetAndDestroy();
  await untilAlone(served);
  // So much more that it is not read to its end.
  const full = await Nc.to(served.port);
  full.send(`{"id":1}\n${FULL}${FULL.repeat(100)}`);
  await full.line();
  await new Promise((resolve) => full.socket.write('', resolve));
  full.socket.resetAndDestroy();
  await untilAlone(served);
});

test(
  'a client that ended and then died is gone with the first answer it does not take',
  { timeout: 60_000 },
  async (t) => {
    const served = await echoGateway(t);
    const dead = await Nc.to(served.port);
    dead.send(`{"id":1}\n{later 30}\n{keep}\n`);
    await dead.line();
    dead.end();
    dead.close();
    await untilAlone(served);
  },
);

test('a FIN behind more than may be open: all of it is answered, then the connection ends', async (t) => {
  const { port } = await echoGateway(t, { openRequests: 2 });
  const nc = await Nc.to(port);
  nc.send('{later 30}\n{later 30}\n{"id":3}\n{later 30}\n{"id":5');
  nc.end();
  const lines = await nc.rest();
  assert.deepEqual([lines.filter((line) => line === 'later').length, lines.includes('{"id":3}')], [3, true]);
  assert.match(lines.at(-1)!, /later|JSONDecodeError/);
  assert.equal(lines.length, 5);
});
