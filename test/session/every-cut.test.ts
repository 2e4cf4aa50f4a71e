/** A sample of `npm run soak -- cuts`: another cut at every 83rd of its runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutOnce, everyCut } from '../support/every-cut.ts';

test('whatever byte the connection is cut at, the books agree and the session comes back', async () => {
  let count = 0;
  for await (const cut of everyCut(83)) {
    assert.deepEqual(await cutOnce(cut), []);
    count++;
  }
  assert.ok(count > 150, `${count} cuts`);
});
