/** `kill -9` while sessions are written, a few times; `npm run soak -- vault` does it a thousand times. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { killRounds } from '../support/killed-vault.ts';

test('what was acknowledged is found after kill -9', { timeout: 60_000 }, async (t) => {
  const seed = randomInt(2 ** 31);
  t.diagnostic(`seed ${seed}`);
  const result = await killRounds(20, seed, () => {});
  assert.deepEqual(result.wrong, []);
  assert.equal(result.kills, 20);
  assert.ok(result.acknowledged > 20 && result.found > 20, JSON.stringify(result));
});
