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

test('what waits out a pause is dropped with its client, unless it has a key', () => {
  const lone = new Lone();
  const { pending } = lone.s;
  const [paused, keyed, sent] = [lone.sent(READS), lone.sent(READS), lone.sent(READS)];
  keyed.hasKey = true;
  for (const one of [paused, keyed]) pending.delay(one, Infinity);
  assert.deepEqual(pending.dropUnsent(lone.attachment), [paused]);
  assert.deepEqual([pending.has(keyed.ticket), pending.sent()], [true, [sent]]);
});

test('of clients that have gone the oldest requests are forgotten first, and those with a key never', () => {
  const lone = new Lone();
  const { pending } = lone.s;
  const all = Array.from({ length: 5 }, () => lone.sent(READS));
  pending.forgetGone(2);
  assert.deepEqual(pending.sent(), all, 'their client is there');
  lone.attachment.isGone = true;
  all[0]!.hasKey = true;
  pending.forgetGone(2);
  assert.deepEqual(pending.sent(), [all[0], all[3], all[4]]);
  pending.reissue([all[3]!]);
  pending.forgetGone(1);
  assert.deepEqual([pending.sent(), pending.queue], [[all[0], all[4]], []]);
});
