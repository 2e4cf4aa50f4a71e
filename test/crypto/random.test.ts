/** Pooled randomness: every byte is set, nothing is given twice, large and small draws alike. */
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { describe, it } from 'node:test';

/** What the system was asked to fill: the pool among it. */
const filled: Uint8Array[] = [];
const fill = crypto.randomFillSync;
crypto.randomFillSync = ((bytes: Uint8Array) => {
  filled.push(bytes);
  return fill(bytes);
}) as typeof fill;
syncBuiltinESMExports();
const { fillRandom } = await import('../../src/crypto/random.ts');

describe('pooled random bytes', () => {
  it('never come twice, across many pools', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 5000; i++) {
      const bytes = Buffer.alloc(16);
      fillRandom(bytes);
      seen.add(bytes.toString('hex'));
    }
    assert.equal(seen.size, 5000);
  });

  it('stay nowhere when they were handed out', () => {
    filled.length = 0;
    while (filled.length === 0) fillRandom(new Uint8Array(16));
    const given = Array.from({ length: 50 }, () => Buffer.alloc(16));
    for (const bytes of given) fillRandom(bytes);
    assert.equal(filled.length, 1);
    const pool = Buffer.from(filled[0]!.buffer);
    for (const bytes of given) assert.equal(pool.includes(bytes), false);
  });

  // 7 and 9 do not divide a pool of 8192 bytes: 2 bytes are left of it, so that 5 and 7 of a draw would come from behind it.
  for (const length of [7, 9]) {
    it(`never end behind a pool, in draws of ${length}`, () => {
      for (let i = 0; i < 5000; i++) {
        const bytes = new Uint8Array(length);
        fillRandom(bytes);
        // By chance once in 2^40 draws.
        assert.ok(bytes.subarray(2).some((byte) => byte !== 0));
      }
    });
  }

  for (const length of [0, 1, 31, 1024, 1025, 8192, 100_000]) {
    it(`fill ${length} bytes, all of them`, () => {
      const touched = new Uint8Array(length);
      // A byte stays zero by chance in one draw of 256; in 20 draws with a chance of 256^-20.
      for (let i = 0; i < 20; i++) {
        const bytes = new Uint8Array(length);
        fillRandom(bytes);
        for (let at = 0; at < length; at++) touched[at]! |= bytes[at]!;
      }
      assert.ok(touched.every((byte) => byte !== 0));
    });
  }
});
