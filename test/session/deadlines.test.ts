/** What time asks of a session: the end of a request nobody answers, the pings of an idle connection. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertClean, CONFIG, messageOf, NEAREST, pairOf } from '../support/one-client.ts';

const PING = '{"id":100,"message":{"_cons":"ping","ping_id":100}}';

test('rpc_timeout after the time given; a late answer is dropped', async () => {
  const pair = pairOf();
  let release: (() => void) | undefined;
  pair.dc.onRequest = (call) =>
    call.method === 'help.getConfig' ? new Promise((done) => (release = () => done(undefined))) : undefined;
  pair.line(1, { id: 9, timeout: 3, message: CONFIG });
  await pair.advance(2990);
  assert.deepEqual(pair.take(1), []);
  await pair.advance(20);
  const [late] = pair.take(1);
  assert.deepEqual(late, {
    id: 9,
    message: { _cons: 'rpc_timeout', error_message: 'no response from telegram' },
    retryable: false,
    delivered: 'unknown',
  });
  release!();
  await pair.advance(100);
  assert.deepEqual(pair.take(1), []);
  assertClean(pair);
});

test('an idle session pings once a minute and stays connected for hours', async () => {
  const pair = pairOf();
  await pair.ask(1, PING);
  await pair.advance(3 * 3600 * 1000);
  assert.equal(pair.dc.counters.connections, 1);
  const [line] = await pair.ask(1, { message: NEAREST });
  assert.equal(messageOf(line)['_cons'], 'nearestDc');
  assertClean(pair);
});
