import assert from 'node:assert/strict';
import { test } from 'node:test';
import { growthOf } from '../../src/commands/collections.ts';

const MB = 1024 * 1024;

test('a small heap may grow by the same number of bytes whatever its size; a large one as V8 sees fit', () => {
  for (const heap of [8 * MB, 16 * MB, 31 * MB]) {
    const bytes = (heap * growthOf(heap)) / 100;
    assert.ok(Math.abs(bytes - 64 * MB) < MB, `${heap}: ${bytes}`);
  }
  assert.equal(growthOf(32 * MB), 0);
  assert.equal(growthOf(4096 * MB), 0);
});
