/** What a session sends in one turn of its lane: beside others, and when it has more than one connection to data centres. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Session } from '../../src/session/session.ts';
import { assertClean, NEAREST, pairOf, signInDemo } from '../support/one-client.ts';

const PING = '{"id":100,"message":{"_cons":"ping","ping_id":100}}';

const KIB = 1024;
/** Acknowledgements and the heads of containers count beside the calls. */
const SERVICE = KIB;
const CALLS = 40;

/** Nothing that gzip makes shorter. */
const noise = (): string => randomBytes(15 * KIB).toString('base64');
const text = (): object => ({
  _cons: 'messages.sendMessage',
  peer: { _cons: 'inputPeerSelf' },
  message: noise(),
  random_id: 1,
});
const part = (number: number): object => ({
  _cons: 'upload.saveFilePart',
  file_id: 1,
  file_part: number,
  bytes: noise(),
});

test('all connections of a session share its turn, and neither waits for the other to be done', async (t) => {
  const pair = pairOf();
  await signInDemo(pair);
  await pair.ask(1, { id: 1, message: part(0) });
  assert.equal(pair.dc.counters.connections, 2);
  const sent: string[] = [];
  pair.dc.onRequest = ({ method }) => void sent.push(method);

  const { mock: flushes } = t.mock.method(Session.prototype, 'flush');
  for (let i = 1; i <= CALLS; i++) {
    pair.line(1, { id: i, message: text() });
    pair.line(1, { id: CALLS + i, message: part(i) });
  }
  await pair.run();
  for (const {
    arguments: [, most],
    result,
  } of flushes.calls)
    assert.ok(result! <= most + SERVICE, `${result} of ${most}`);
  assert.equal(sent.length, 2 * CALLS);
  for (const method of ['messages.sendMessage', 'upload.saveFilePart']) {
    const half = sent.slice(0, CALLS).filter((one) => one === method).length;
    assert.ok(half > CALLS / 4, `${method}: ${half} of the first ${CALLS}`);
  }
});

test('what one session has waiting leaves over several turns, in order; what is little goes before it', async () => {
  const pair = pairOf();
  pair.open(2);
  for (const session of [1, 2]) await pair.ask(session, PING);
  const asked: string[][] = [];
  pair.onBatch = () => asked.push([]);
  pair.dc.onRequest = ({ method, args }) => {
    asked.at(-1)!.push(method === 'help.getAppUpdate' ? String(args['source']).slice(0, 2) : method);
    return undefined;
  };
  // Random text: it hardly shrinks, and is not compressed.
  const text = randomBytes(75_000).toString('base64');
  const heavy = Array.from({ length: 12 }, (_, i) => String(10 + i));
  for (const name of heavy) pair.line(1, { message: { _cons: 'help.getAppUpdate', source: name + text } });
  pair.line(2, { message: NEAREST });
  await pair.run();
  assert.equal(asked.flat()[0], 'help.getNearestDc');
  assert.deepEqual(asked.flat().slice(1), heavy);
  const most = Math.max(...asked.map((batch) => batch.length));
  assert.ok(most <= 3, `${most} of 100 KB in one batch`);
  assert.equal(pair.take(1).length, heavy.length);
  assertClean(pair);
});

test('two that have much waiting take turns by bytes; one that waits for its packet of a megabyte is not forgotten', async () => {
  const pair = pairOf();
  pair.open(2);
  for (const session of [1, 2]) await pair.ask(session, PING);
  const asked: string[] = [];
  pair.dc.onRequest = ({ args }) => {
    asked.push(String(args['source']).slice(0, 1));
    return undefined;
  };
  const long = randomBytes(700_000).toString('base64');
  const short = randomBytes(75_000).toString('base64');
  for (let i = 0; i < 4; i++) pair.line(1, { message: { _cons: 'help.getAppUpdate', source: `L${long}` } });
  for (let i = 0; i < 30; i++) pair.line(2, { message: { _cons: 'help.getAppUpdate', source: `s${short}` } });
  await pair.run();
  // About nine of the short ones are as much as a long one.
  const between = asked.join('').split('L').slice(1, -1);
  assert.equal(between.length, 3);
  for (const shorts of between) assert.ok(shorts.length >= 6 && shorts.length <= 13, `asked ${asked.join('')}`);
  assertClean(pair);
});

test('many sessions with a little each send no more together in one batch than a turn or two; none is left out', async () => {
  const pair = pairOf();
  const sessions = Array.from({ length: 16 }, (_, i) => i + 1);
  for (const session of sessions.slice(1)) pair.open(session);
  for (const session of sessions) await pair.ask(session, PING);
  const asked: number[] = [];
  pair.onBatch = () => asked.push(0);
  pair.dc.onRequest = () => {
    asked[asked.length - 1]!++;
    return undefined;
  };
  const source = randomBytes(45_000).toString('base64');
  for (const session of sessions) pair.line(session, { message: { _cons: 'help.getAppUpdate', source } });
  await pair.run();
  const most = Math.max(...asked);
  assert.ok(most <= 8, `${most} times 60 KB in one batch`);
  for (const session of sessions) assert.equal(pair.take(session).length, 1);
  assertClean(pair);
});
