import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcError } from '../../src/testdc/rpc-error.ts';
import { Pair, type PairOptions } from '../support/pair.ts';

type Line = Record<string, unknown>;

const NEAREST = { _cons: 'help.getNearestDc' };
const DAY = 86_400_000;

function pairOf(options: PairOptions = {}): Pair {
  const pair = new Pair({ ...options, session: { forwardSecrecy: 'made', ...options.session } });
  pair.open(1);
  return pair;
}

function messageOf(line: Line | undefined): Line {
  return line?.['message'] as Line;
}

function temporaryKeys(pair: Pair) {
  return [...pair.centre.keys.values()].filter((key) => key.isTemporary);
}

function assertClean(pair: Pair): void {
  assert.deepEqual(pair.dc.violations.list, []);
  assert.deepEqual(pair.dc.bugs, []);
  assert.deepEqual(
    pair.log.filter((entry) => entry['event'] === 'internal error'),
    [],
  );
}

test('a session the gateway makes speaks under a temporary key, bound before the first call', async () => {
  const pair = pairOf();
  const seen: string[] = [];
  pair.dc.on('request', (call) => seen.push(`${call.method} ${call.session.key.isTemporary}`));
  const [answer] = await pair.ask(1, { id: 1, message: NEAREST });
  assert.equal(messageOf(answer)['_cons'], 'nearestDc');
  assert.deepEqual(seen, ['auth.bindTempAuthKey true', 'help.getNearestDc true']);
  assert.equal(pair.dc.counters.handshakes, 2);
  const [{ session } = {}] = await pair.ask(1, '{"session":{}}');
  const [permanent] = [...pair.centre.keys.values()].filter((key) => !key.isTemporary);
  assert.equal((session as Line)['auth_key'], Buffer.from(permanent!.authKey.bytes).toString('base64'));
  assertClean(pair);
});

test('what such a session was told can be handed in again, and goes on under the permanent key', async () => {
  const pair = pairOf();
  await pair.ask(1, { id: 1, message: NEAREST });
  const raw = (pair.line(1, '{"session":{}}'), await pair.run(), pair.lines.get(1)!.splice(0)[0]!);
  pair.close(1);
  await pair.advance(1000);
  pair.open(2);
  pair.line(2, raw.trim().replace(/\}$/, ',"message":{"_cons":"help.getNearestDc"}}').replace('"id":1', '"id":9'));
  await pair.run();
  const [line] = pair.take(2);
  assert.deepEqual([line!['id'], messageOf(line)['_cons']], [9, 'nearestDc']);
  assert.equal(pair.dc.counters.handshakes, 2);
  assertClean(pair);
});

test('the temporary key is used again after a reconnect, and renewed before its day is over', async () => {
  const pair = pairOf();
  await pair.ask(1, { id: 1, message: NEAREST });
  pair.cut(1);
  await pair.advance(1000);
  await pair.ask(1, { id: 2, message: NEAREST });
  assert.equal(pair.dc.counters.handshakes, 2);
  await pair.advance(DAY * 0.8);
  assert.equal(pair.dc.counters.handshakes, 3);
  await pair.advance(DAY);
  const lines = await pair.ask(1, { id: 3, message: NEAREST });
  assert.equal(messageOf(lines.at(-1))['_cons'], 'nearestDc');
  assert.deepEqual(lines[0]!['error'], 'UpdatesDropped', 'updates may be missing after each renewal');
  assertClean(pair);
});

test('a temporary key the server forgot is replaced; the permanent one is not doubted', async () => {
  const pair = pairOf();
  await pair.ask(1, { id: 1, message: NEAREST });
  for (const key of temporaryKeys(pair)) pair.dc.forgetKey(key);
  pair.line(1, { id: 2, message: NEAREST });
  await pair.advance(3000);
  assert.equal(messageOf(pair.take(1).find((line) => line['id'] === 2))['_cons'], 'nearestDc');
  assert.equal(pair.dc.counters.handshakes, 3);
  assert.deepEqual(pair.dc.bugs, []);
});

test('a permanent key that is gone for good is fatal', async () => {
  const pair = pairOf();
  await pair.ask(1, { id: 1, message: NEAREST });
  await pair.advance(120_000);
  for (const key of [...pair.centre.keys.values()]) pair.dc.forgetKey(key);
  pair.line(1, { id: 2, message: NEAREST });
  await pair.advance(9000);
  const lines = pair.take(1).slice(-2);
  assert.deepEqual(
    lines.map((line) => [line['id'], line['error']]),
    [
      [2, 'AuthKeyInvalid'],
      [0, 'AuthKeyInvalid'],
    ],
  );
});

test('a server that binds no keys is spoken to under the permanent key, unless they are wanted always', async () => {
  const without = (mode: 'made' | 'always'): Pair => {
    const pair = pairOf({ session: { forwardSecrecy: mode } });
    pair.dc.onRequest = (call) =>
      call.method === 'auth.bindTempAuthKey' ? new RpcError(400, 'METHOD_INVALID') : undefined;
    return pair;
  };
  const made = without('made');
  made.line(1, { id: 1, message: NEAREST });
  await made.advance(3000);
  assert.equal(messageOf(made.take(1)[0])['_cons'], 'nearestDc');
  const always = without('always');
  always.line(1, { id: 1, timeout: 5, message: NEAREST });
  await always.advance(6000);
  assert.equal(always.take(1)[0]!['error'], 'NotConnected');
});

test('cut at any byte of both exchanges and the binding, either way, it comes back', async () => {
  for (const way of ['toDc', 'toClient'] as const) {
    for (let n = 1; ; n += 37) {
      const pair = pairOf();
      pair.cutNext = { [way]: n };
      pair.line(1, { id: 6, timeout: 60, message: NEAREST });
      await pair.advance(8000);
      const lines = pair.take(1);
      assert.deepEqual([way, n, ...lines.map((line) => messageOf(line)?.['_cons'])], [way, n, 'nearestDc']);
      assert.deepEqual(pair.dc.bugs, []);
      if (pair.dc.counters.connections === 1) break;
    }
  }
});
