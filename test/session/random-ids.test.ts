/** A `random_id` that the client left out: one of its own for each request, and the same however often the request goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertClean, messageOf, signedInPair } from '../support/one-client.ts';
import type { Pair } from '../support/pair.ts';

const SEND = { _cons: 'messages.sendMessage', peer: { _cons: 'inputPeerSelf' }, message: 'm' };

/** The random_ids that the data centre sees from now on. */
function seenBy({ dc }: Pair): bigint[] {
  const seen: bigint[] = [];
  dc.onRequest = (call) => {
    if (call.method === SEND._cons) seen.push(call.args['random_id'] as bigint);
    return undefined;
  };
  return seen;
}

/** The server forgets the session: it knows nothing of what it was sent in it. */
function forgetSession(pair: Pair): void {
  const { key, idLow, idHigh } = pair.serverSession();
  key.sessions.delete(idLow, idHigh);
}

test('two requests are two messages', async () => {
  const pair = await signedInPair();
  const seen = seenBy(pair);
  for (const id of [2, 3]) {
    const [line] = await pair.ask(1, { id, message: SEND });
    assert.equal(messageOf(line)['_cons'], 'updateShortSentMessage');
  }
  assert.equal(new Set(seen).size, 2);
  assertClean(pair);
});

test('one that goes again to a server that has forgotten the first is not done twice', async () => {
  const pair = await signedInPair();
  const seen = seenBy(pair);
  pair.dc.taps.answer = () => undefined;
  pair.line(1, { id: 2, timeout: 60, message: SEND });
  await pair.run();
  delete pair.dc.taps.answer;
  forgetSession(pair);
  pair.cut(1);
  await pair.advance(20_000);
  const line = pair.take(1).find(({ id }) => id === 2);
  assert.equal(messageOf(line)['error_message'], 'RANDOM_ID_DUPLICATE');
  assert.deepEqual([seen.length, new Set(seen).size], [2, 1]);
  assertClean(pair);
});

for (const deaths of [1, 2])
  test(`nor one that is read again because its thread was lost, ${deaths} times`, async () => {
    const pair = await signedInPair();
    const seen = seenBy(pair);
    pair.dc.taps.answer = () => undefined;
    pair.line(1, { id: 2, timeout: 60, message: SEND });
    await pair.run();
    assert.equal(seen.length, 1);
    delete pair.dc.taps.answer;
    for (let n = 1; n < deaths; n++) {
      pair.lose();
      await pair.run();
    }
    forgetSession(pair);
    pair.lose();
    await pair.advance(20_000);
    const line = pair.take(1).find(({ id }) => id === 2);
    assert.equal(messageOf(line)['error_message'], 'RANDOM_ID_DUPLICATE');
    assert.deepEqual([seen.length, new Set(seen).size], [2, 1]);
    assertClean(pair);
  });
