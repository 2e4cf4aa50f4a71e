/** Descriptors: what is kept for data centres. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { descriptorLimit, Descriptors } from '../../../src/main/limits/descriptors.ts';

test('descriptors never touch the reserve', () => {
  const descriptors = new Descriptors(10, 7);
  assert.deepEqual([descriptors.take(1), descriptors.take(1), descriptors.take(1)], [true, true, false]);
  assert.deepEqual([descriptors.take(), descriptors.take()], [true, false]);
  descriptors.give();
  assert.equal(descriptors.take(), true);
  assert.ok(descriptorLimit() >= 64);
});
