/** What a session sends in one turn of its lane, when it has more than one connection to data centres. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Session } from '../../src/session/session.ts';
import { Pair } from '../support/pair.ts';

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
  const pair = new Pair();
  pair.open(1);
  const user = pair.dc.demoUser();
  const session = `{"auth_key":"${user.authKey.toString('base64')}","session_id":${user.sessionId}}`;
  await pair.ask(1, `{"session":${session},"message":{"_cons":"help.getNearestDc"}}`);
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
