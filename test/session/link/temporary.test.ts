import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeFaults } from '../../../src/testdc/faults/faults.ts';
import { DcRpcError } from '../../../src/testdc/protocol/rpc-error.ts';
import { assertClean, LOGIN, messageOf, NEAREST, pairOf, type Line } from '../../support/one-client.ts';
import type { Pair } from '../../support/pair.ts';

const DAY = 86_400_000;
/** Temporary keys for sessions whose keys the gateway makes. */
const MADE = { session: { forwardSecrecy: 'made' } } as const;

function temporaryKeys(pair: Pair) {
  return [...pair.centre.keys.values()].filter((key) => key.isTemporary);
}

test('a session the gateway makes speaks under a temporary key, bound before the first call', async () => {
  const pair = pairOf(MADE);
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
  const pair = pairOf(MADE);
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
  const pair = pairOf(MADE);
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
  const pair = pairOf(MADE);
  await pair.ask(1, { id: 1, message: NEAREST });
  for (const key of temporaryKeys(pair)) pair.dc.forgetKey(key);
  pair.line(1, { id: 2, message: NEAREST });
  await pair.advance(3000);
  assert.equal(messageOf(pair.take(1).find((line) => line['id'] === 2))['_cons'], 'nearestDc');
  assert.equal(pair.dc.counters.handshakes, 3);
  assert.deepEqual(pair.dc.bugs, []);
});

test('a permanent key that is gone for good is fatal', async () => {
  const pair = pairOf(MADE);
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
      call.method === 'auth.bindTempAuthKey' ? new DcRpcError(400, 'METHOD_INVALID') : undefined;
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

/** Whether the last call of a kind went under a temporary key. */
function keysOfCalls(pair: Pair): boolean[] {
  const seen: boolean[] = [];
  pair.dc.on('request', (call) => {
    if (call.method === 'help.getNearestDc') seen.push(call.session.key.isTemporary);
  });
  return seen;
}

test('an error of the server’s own, or a flood, when a key is bound: the next one is bound', async () => {
  for (const error of [
    [500, 'INTERNAL'],
    [-503, 'Timeout'],
    [420, 'FLOOD_WAIT_3'],
    [400, 'ODD'],
    // What would say, of a refusal, that the server does not know the call.
    [500, 'METHOD_INVALID'],
    // What would say, of an older permanent key, that it is gone.
    [400, 'ENCRYPTED_MESSAGE_INVALID'],
  ] as const) {
    const pair = pairOf(MADE);
    let left = 1;
    pair.dc.onRequest = ({ method }) =>
      method === 'auth.bindTempAuthKey' && left-- > 0 ? new DcRpcError(error[0], error[1]) : undefined;
    const seen = keysOfCalls(pair);
    pair.line(1, { id: 1, message: NEAREST });
    await pair.advance(3_000);
    assert.equal(messageOf(pair.take(1)[0])['_cons'], 'nearestDc', String(error));
    assert.deepEqual(seen, [true], String(error));
  }
});

test('after several that failed the session does without for ten minutes; then it speaks under one', async () => {
  const pair = pairOf(MADE);
  let isBroken = true;
  pair.dc.onRequest = ({ method }) =>
    method === 'auth.bindTempAuthKey' && isBroken ? new DcRpcError(500, 'INTERNAL') : undefined;
  const seen = keysOfCalls(pair);
  pair.line(1, { id: 1, message: NEAREST });
  await pair.advance(5_000);
  assert.equal(messageOf(pair.take(1)[0])['_cons'], 'nearestDc');
  isBroken = false;
  pair.loseNext = true;
  await pair.ask(1, { id: 2, message: NEAREST });
  await pair.advance(540_000);
  await pair.ask(1, { id: 3, message: NEAREST });
  await pair.advance(120_000);
  await pair.ask(1, { id: 4, message: NEAREST });
  assert.deepEqual(seen, [false, false, false, true]);
  assert.deepEqual(pair.dc.bugs, []);
});

test('a server that does not know them is asked again after a day, and not before', async () => {
  const pair = pairOf(MADE);
  let asked = 0;
  pair.dc.onRequest = ({ method }) => {
    if (method !== 'auth.bindTempAuthKey') return undefined;
    return asked++ === 0 ? new DcRpcError(400, 'INPUT_METHOD_INVALID_1192227') : undefined;
  };
  const seen = keysOfCalls(pair);
  pair.line(1, { id: 1, message: NEAREST });
  await pair.advance(5_000);
  await pair.advance(DAY - 60_000);
  assert.equal(asked, 1);
  await pair.ask(1, { id: 2, message: NEAREST });
  await pair.advance(120_000);
  assert.equal(asked, 2);
  await pair.ask(1, { id: 3, message: NEAREST });
  assert.deepEqual(seen, [false, false, true]);
});

for (const fault of ['transport.404 count=1 after=6', 'transport.429 count=1 after=6'])
  test(`in the exchange of a temporary key, ${fault}: the next exchange ends well`, async () => {
    const pair = pairOf(MADE);
    makeFaults(pair.dc, fault);
    const seen = keysOfCalls(pair);
    pair.line(1, { id: 1, timeout: 30, message: NEAREST });
    await pair.advance(20_000);
    assert.equal(messageOf(pair.take(1)[0])['_cons'], 'nearestDc');
    assert.deepEqual(seen, [true]);
  });

test('exchanges that are lost again and again: without for a while where it may be, never where they are wanted always', async () => {
  for (const mode of ['made', 'always'] as const) {
    const pair = pairOf({ session: { forwardSecrecy: mode } });
    // Nobody answers the exchange of a temporary key.
    pair.dc.taps.incoming = (_connection, packet) => {
      const isPlain = packet.readBigInt64LE(0) === 0n;
      return isPlain && pair.dc.counters.handshakes > 0 ? undefined : packet;
    };
    const seen = keysOfCalls(pair);
    pair.line(1, { id: 1, timeout: 300, message: NEAREST });
    await pair.advance(200_000);
    assert.deepEqual(seen, mode === 'made' ? [false] : []);
  }
});

test('what is kept of a session says whether it does without, and until when', async () => {
  const pair = pairOf(MADE);
  let binds = 0;
  let isBroken = true;
  pair.dc.onRequest = ({ method }) => {
    if (method !== 'auth.bindTempAuthKey') return undefined;
    binds++;
    return isBroken ? new DcRpcError(400, 'METHOD_INVALID') : undefined;
  };
  pair.line(1, { id: 1, session: { name: 'me' }, message: LOGIN });
  await pair.advance(5_000);
  pair.close(1);
  await pair.advance(1_000);
  isBroken = false;
  const seen = keysOfCalls(pair);
  pair.open(2);
  await pair.ask(2, { id: 1, session: { name: 'me' }, message: NEAREST });
  assert.deepEqual([binds, ...seen], [1, false]);
  await pair.advance(DAY);
  await pair.ask(2, { id: 2, message: NEAREST });
  assert.deepEqual([binds, ...seen], [2, false, true]);
});

test('cut at any byte of both exchanges and the binding, either way, it comes back', async () => {
  for (const way of ['toDc', 'toClient'] as const) {
    for (let n = 1; ; n += 37) {
      const pair = pairOf(MADE);
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
