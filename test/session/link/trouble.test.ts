/** What is said of connections that are not there: to the log with data centre and address, to clients in words. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { DcRpcError } from '../../../src/testdc/protocol/rpc-error.ts';
import { errorLabel } from '../../../src/session/state/rpc-error.ts';
import { CONFIG, NEAREST, pairOf } from '../../support/one-client.ts';
import type { Pair } from '../../support/pair.ts';

const AT = { dc: 2, test: false, host: '127.0.0.1', port: 442 };

/** Without how long it took, which chance has a part in. */
function untimed(entry: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => name !== 'ms'));
}

function events(pair: Pair): unknown[] {
  return pair.centres.map(untimed);
}

test('dialled, connected, lost, back: with data centre, address, reason and how long it was away', async () => {
  let isDown = false;
  const pair = pairOf({ isDown: () => isDown });
  await pair.ask(1, { id: 1, message: NEAREST });
  assert.deepEqual(events(pair), [
    { event: 'dialled', ...AT },
    { event: 'connected', ...AT },
  ]);
  pair.centres.length = 0;
  isDown = true;
  const lostAt = pair.now;
  pair.cut(1);
  await pair.advance(6_000);
  isDown = false;
  const away = await untilBack(pair, lostAt);
  const [lost, ...others] = events(pair) as { event: string; reason?: string }[];
  assert.deepEqual(lost, { event: 'lost', ...AT, reason: 'the connection was reset (ECONNRESET)' });
  assert.deepEqual(others.pop(), { event: 'back', ...AT });
  const tries = others.filter(({ event }) => event === 'failed');
  assert.ok(tries.length > 0);
  for (const one of tries) assert.equal(one.reason, 'the connection was refused: nothing listens there (ECONNREFUSED)');
  assert.ok(away >= 6_000);
  // Each outage by itself: the next one is not counted from the first.
  pair.centres.length = 0;
  const lostAgain = pair.now;
  pair.cut(1);
  await untilBack(pair, lostAgain);
});

/** @returns how long it was away, as the log has it: the time that has passed since `lostAt` */
async function untilBack(pair: Pair, lostAt: number): Promise<number> {
  const isBack = (): boolean => pair.centres.at(-1)?.['event'] === 'back';
  for (let i = 0; i < 1_000 && !isBack(); i++) await pair.advance(100);
  const { event, ms } = pair.centres.at(-1)!;
  assert.equal(event, 'back');
  assert.ok(Math.abs(Number(ms) - (pair.now - lostAt)) <= 100, `${String(ms)} of ${pair.now - lostAt} ms`);
  return Number(ms);
}

test('a client of an unreachable data centre hears why, each time anew', async () => {
  let isDown = false;
  const pair = pairOf({ isDown: () => isDown });
  await pair.ask(1, { id: 1, message: NEAREST });
  isDown = true;
  pair.cut(1);
  await pair.run();
  pair.line(1, { id: 2, timeout: 3, message: NEAREST });
  await pair.advance(3_500);
  const [line] = pair.take(1);
  assert.equal(line?.['error'], 'NotConnected');
  assert.equal(line?.['reason'], 'the connection was refused: nothing listens there (ECONNREFUSED)');
  isDown = false;
  await pair.advance(60_000);
  const [again] = await pair.ask(1, { id: 3, message: NEAREST });
  assert.equal(again?.['error'], undefined);
});

test('a connection that ended because nobody needed it is nobody’s news', async () => {
  const pair = pairOf();
  await pair.ask(1, { id: 1, message: NEAREST });
  pair.close(1);
  await pair.run();
  assert.deepEqual(
    pair.centres.map(({ event }) => event),
    ['dialled', 'connected'],
  );
});

test('errors of data centres are counted by name, those that are waited out inside among them', async () => {
  const pair = pairOf();
  let floods = 0;
  pair.dc.onRequest = (call) => {
    if (call.method === 'help.getNearestDc' && floods++ === 0) throw new DcRpcError(420, 'FLOOD_WAIT_1');
    if (call.method === 'help.getConfig') throw new DcRpcError(400, 'FILE_PART_17_MISSING');
    return undefined;
  };
  pair.line(1, { id: 1, message: NEAREST });
  pair.line(1, { id: 2, message: CONFIG });
  await pair.advance(5_000);
  assert.deepEqual(pair.take(1).length, 2);
  assert.deepEqual(pair.rpcErrors.toSorted(), ['400 FILE_PART_MISSING', '420 FLOOD_WAIT']);
});

test('the name of an error has no numbers, and a text that is no name has none', () => {
  assert.equal(errorLabel('FLOOD_WAIT_31'), 'FLOOD_WAIT');
  assert.equal(errorLabel('FILE_PART_0_MISSING'), 'FILE_PART_MISSING');
  assert.equal(errorLabel('2FA_CONFIRM_WAIT_86400'), '2FA_CONFIRM_WAIT');
  assert.equal(errorLabel('Timeout'), 'Timeout');
  assert.equal(errorLabel('79991234567'), '');
  assert.equal(errorLabel('Internal'), '');
  assert.equal(errorLabel('what +79991234567 said'), '');
});

test('one entry a request where they are wanted: method, outcome, time, data centre; no word of its contents', async () => {
  const pair = pairOf({ session: { logsRequests: true } });
  const send = { _cons: 'messages.sendMessage', peer: { _cons: 'inputPeerSelf' }, message: 'planted words' };
  await pair.ask(1, { id: 1, message: NEAREST });
  await pair.ask(1, { id: 2, message: { ...send, random_id: 1 } });
  await pair.ask(1, { id: 3, message: { _cons: 'messages.sendMessage', planted: 1 } });
  await pair.ask(1, { id: 4, options: {} });
  const entries = pair.log.filter(({ event }) => event === 'request');
  for (const entry of entries) assert.equal(typeof entry['ms'], 'number');
  assert.deepEqual(entries.map(untimed), [
    { event: 'request', session: 1, method: 'help.getNearestDc', outcome: 'result', dc: 2 },
    {
      ...{ event: 'request', session: 1, method: 'messages.sendMessage', outcome: 'rpc_error' },
      ...{ code: 401, error: 'AUTH_KEY_UNREGISTERED', dc: 2 },
    },
    { event: 'request', session: 1, outcome: 'UnknownField', dc: 2 },
    { event: 'request', session: 1, outcome: 'result', dc: 2 },
  ]);
  assert.ok(!JSON.stringify(pair.log).includes('planted'));
});

test('without being asked for there is none', async () => {
  const pair = pairOf();
  await pair.ask(1, { id: 1, message: NEAREST });
  assert.deepEqual(
    pair.log.filter(({ event }) => event === 'request'),
    [],
  );
});
