/** Numbers: what fits a length, and bytes that are the same. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { padLeft, hasSameBytes, toBytes } from '../../src/crypto/numbers.ts';

describe('numbers as bytes', () => {
  it('are the same only if they are as long', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    assert.equal(hasSameBytes(bytes, Uint8Array.of(1, 2, 3)), true);
    for (const other of [[1, 2, 4], [1, 2], [1, 2, 3, 0], []])
      assert.equal(hasSameBytes(bytes, Uint8Array.from(other)), false);
    assert.equal(hasSameBytes(new Uint8Array(0), bytes), false);
  });

  it('have the length that was asked for, or are refused', () => {
    assert.deepEqual([...toBytes(258n, 4)], [0, 0, 1, 2]);
    assert.throws(() => toBytes(65_536n, 2), RangeError);
    assert.throws(() => toBytes(-1n, 2), RangeError);
    assert.deepEqual([...padLeft(Uint8Array.of(0, 0, 7), 2)], [0, 7]);
    assert.throws(() => padLeft(Uint8Array.of(1, 0, 0), 2), RangeError);
  });
});
