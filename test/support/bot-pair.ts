/**
 * Bot pair: client 1 of a pair has signed a bot in under the name `bot`, so that its session is stored.
 * In: a pair's options. Out: the pair. Never: a vault; what is kept lies on the pair's shelf.
 */
import assert from 'node:assert/strict';
import { consOf, LOGIN, pairOf, sessionOf } from './one-client.ts';
import type { Pair, PairOptions } from './pair.ts';

/** Client 1 has signed a bot in under the name `bot`. */
export async function botPair(options: PairOptions = {}): Promise<Pair> {
  const pair = pairOf(options);
  const [stored] = await pair.ask(1, { session: { name: 'bot' } });
  assert.deepEqual(sessionOf(stored), { name: 'bot', new: true });
  const [line] = await pair.ask(1, { message: LOGIN });
  assert.equal(consOf(line), 'auth.authorization');
  return pair;
}

/** Client 1 leaves, and a moment passes. */
export async function gone(pair: Pair): Promise<void> {
  pair.close(1);
  await pair.advance(100);
}
