/** Which records cross in which batch: one batch at a time while it must be certain of which record a thread died. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { In } from '../../../src/batch/records.ts';
import { isolatedFlags, requestFlags } from '../../../src/batch/request-flags.ts';
import { LaneQueue } from '../../../src/main/lanes/lane-queue.ts';

const BYTES = Buffer.from('{}');

/** Puts a request of session 1. */
function put(queue: LaneQueue, ticket: number, flags = 0): void {
  queue.put(In.REQUEST, 0, flags, 1, ticket, BYTES, 0, BYTES.length);
}

test('two batches are under way at once, but one while a record has to run alone', () => {
  const queue = new LaneQueue(1_000_000);
  for (const ticket of [1, 2]) {
    put(queue, ticket);
    assert.equal(queue.mayLeave, true);
    queue.leave(0);
    queue.openNext();
  }
  assert.equal(queue.mayLeave, false, 'a third');
  queue.returned();
  put(queue, 3, isolatedFlags(requestFlags(false)));
  assert.equal(queue.mayLeave, false, 'beside another that may be at fault');
  queue.returned();
  assert.equal(queue.mayLeave, true);
  queue.leave(0);
  assert.deepEqual(queue.culprit(), { kind: In.REQUEST, session: 1, ticket: 3 });
  put(queue, 4);
  assert.equal(queue.mayLeave, false);
  if (queue.returned()) queue.openNext();
  assert.equal(queue.mayLeave, true);
});

test('after a death that nobody explains every record runs alone, one batch at a time', () => {
  const queue = new LaneQueue(1_000_000);
  put(queue, 1);
  queue.leave(0);
  queue.openNext();
  queue.careful(1_000);
  put(queue, 2);
  assert.equal(queue.mayLeave, false);
  queue.returned();
  assert.equal(queue.mayLeave, true);
  queue.leave(1_000);
  assert.equal(queue.culprit()?.ticket, 2);
});
