/** Open requests: in which order they go again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lone, READS } from '../../support/lone-state.ts';

test('requests that go again do so in the order their client sent them, whatever the order they were put back in', () => {
  const lone = new Lone();
  const { pending } = lone.s;
  const [first, second, third] = [lone.sent(READS), lone.sent(READS), lone.sent(READS)];
  const newest = lone.pending(READS);
  pending.add(newest);
  for (const one of [second, first, third]) pending.reissue([one]);
  assert.deepEqual(pending.queue, [first, second, third, newest]);
});
