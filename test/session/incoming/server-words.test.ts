/** What a server says to a session: floods, salts, questions of its own, updates. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DcSession } from '../../../src/testdc/protocol/dc-session.ts';
import { DcRpcError } from '../../../src/testdc/protocol/rpc-error.ts';
import { assertClean, CONFIG, messageOf, NEAREST, pairOf, UPDATES_TOO_LONG } from '../../support/one-client.ts';
import type { Pair } from '../../support/pair.ts';

const PING = '{"id":100,"message":{"_cons":"ping","ping_id":100}}';

/** Lets the DC keep a method's answers back; counts its executions. */
function silence(pair: Pair, method: string): { count: number } {
  const seen = { count: 0 };
  pair.dc.onRequest = (call) => {
    if (call.method !== method) return undefined;
    seen.count++;
    return new Promise(() => {});
  };
  return seen;
}

/** msg_ids of the API calls a server session books from now on. */
function idsOfRequests(session: DcSession): { low: number; high: number }[] {
  const ids: { low: number; high: number }[] = [];
  const add = session.book.add.bind(session.book);
  session.book.add = (low, high, seqNo, crc, length) => {
    if ((seqNo & 1) === 1) ids.push({ low, high });
    return add(low, high, seqNo, crc, length);
  };
  return ids;
}

test('a flood is waited out inside when it ends before the deadline, else told with its seconds', async () => {
  const pair = pairOf();
  let floods = 1;
  pair.dc.onRequest = (call) =>
    call.method === 'help.getConfig' && floods-- > 0 ? new DcRpcError(420, 'FLOOD_WAIT_3') : undefined;
  pair.line(1, { id: 1, message: CONFIG });
  pair.line(1, { id: 2, message: NEAREST });
  await pair.run();
  assert.deepEqual(
    pair.take(1).map((line) => line['id']),
    [2],
  );
  await pair.advance(3100);
  assert.equal(messageOf(pair.take(1)[0])['_cons'], 'config');
  floods = 1;
  const [told] = await pair.ask(1, { id: 3, timeout: 2, message: CONFIG });
  assert.deepEqual(
    [messageOf(told)['error_message'], told!['retryable'], told!['retry_after'], told!['delivered']],
    ['FLOOD_WAIT_3', true, 3, 'yes'],
  );
  assertClean(pair);
});

test('a known wait is kept: the method is not asked again, others go on, slow mode is one chat only', async () => {
  const pair = pairOf();
  const seen = { count: 0 };
  pair.dc.onRequest = (call) => {
    if (call.method !== 'help.getConfig') return undefined;
    seen.count++;
    return new DcRpcError(420, 'FLOOD_WAIT_60');
  };
  await pair.ask(1, { id: 1, message: CONFIG });
  const [known] = await pair.ask(1, { id: 2, message: CONFIG });
  assert.deepEqual(
    [messageOf(known)['error_message'], known!['delivered'], known!['retry_after']],
    ['FLOOD_WAIT_60', 'no', 60],
  );
  const [other] = await pair.ask(1, { id: 3, message: NEAREST });
  assert.equal(messageOf(other)['_cons'], 'nearestDc');
  pair.line(1, { id: 4, timeout: 600, message: CONFIG });
  await pair.advance(59_000);
  assert.equal(seen.count, 1);
  pair.dc.onRequest = undefined;
  await pair.advance(2000);
  assert.deepEqual(
    pair.take(1).map((line) => [line['id'], messageOf(line)['_cons']]),
    [[4, 'config']],
  );
  assertClean(pair);
});

test('its questions are answered: states of messages, and messages again under their own id', async () => {
  const pair = pairOf();
  await pair.ask(1, PING);
  const seen = silence(pair, 'help.getConfig');
  const session = pair.serverSession();
  const numbered = idsOfRequests(session);
  pair.line(1, { id: 5, timeout: 60, message: CONFIG });
  await pair.run();
  // msg_resend_req#7d861a08 of one id
  const asked = Buffer.from('081a867d15c4b51c010000000000000000000000', 'hex');
  asked.writeInt32LE(numbered[0]!.low, 12);
  asked.writeInt32LE(numbered[0]!.high, 16);
  const packets = pair.dc.counters.packets;
  session.push(asked);
  await pair.run();
  assert.equal(pair.dc.counters.packets, packets + 1, 'it was sent again');
  assert.equal(seen.count, 1, 'one id is carried out once');
  assert.equal(numbered.length, 1, 'and it came under the same id');
  assert.ok(pair.dc.violations.list.every(({ rule }) => rule !== 'resent-bare'));
  assertClean(pair);
});

test('a wrong salt is adopted, and every request goes once more', async () => {
  const pair = pairOf();
  await pair.ask(1, PING);
  pair.serverSession().key.salts.rotate(3);
  const seen: string[] = [];
  pair.dc.on('request', (call) => seen.push(call.method));
  pair.line(1, { id: 1, message: NEAREST });
  pair.line(1, { id: 2, message: CONFIG });
  await pair.run();
  assert.deepEqual(
    pair.take(1).map((line) => messageOf(line)['_cons']),
    ['nearestDc', 'config'],
  );
  assert.deepEqual(seen, ['help.getNearestDc', 'help.getConfig']);
  assert.deepEqual(pair.dc.violations.list, []);
});

test('an update comes with id 0, its acknowledgement within ten seconds', async () => {
  const pair = pairOf();
  await pair.ask(1, { message: NEAREST });
  const session = pair.serverSession();
  session.push(UPDATES_TOO_LONG);
  await pair.run();
  assert.deepEqual(pair.take(1), [{ id: 0, message: { _cons: 'updatesTooLong' } }]);
  assert.equal(session.outbox.unackedCount > 0, true);
  await pair.advance(10_100);
  assert.equal(session.outbox.unackedCount, 0);
  assertClean(pair);
});

test('big results come gzipped and are unpacked; big calls go gzipped', async () => {
  const pair = pairOf({ dc: { gzipFrom: 10 } });
  const [line] = await pair.ask(1, { message: CONFIG });
  assert.equal(messageOf(line)['_cons'], 'config');
  const long = 'x'.repeat(20_000);
  const [told] = await pair.ask(1, { message: { _cons: 'contacts.resolveUsername', username: long } });
  assert.equal(messageOf(told)['_cons'], 'rpc_error');
  assertClean(pair);
});
