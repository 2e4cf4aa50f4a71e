/** Factoring: vector A8, random products of primes, and what is no such product. */
import assert from 'node:assert/strict';
import { generatePrimeSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { factorPq, FactorError } from '../../src/crypto/factor.ts';
import { toBigInt, toMinimalBytes } from '../../src/crypto/numbers.ts';

const factors = (n: bigint): bigint[] => {
  const { p, q } = factorPq(toMinimalBytes(n));
  assert.notEqual(p[0], 0);
  assert.notEqual(q[0], 0);
  return [toBigInt(p), toBigInt(q)];
};

describe('factoring pq', () => {
  it('is vector A8', () => assert.deepEqual(factors(1724114033281923457n), [1229739323n, 1402015859n]));

  it('finds both primes, whatever their sizes', () => {
    for (const [small, large] of [
      [31, 31],
      [31, 32],
      [20, 42],
      [8, 50],
      [16, 16],
      [5, 57],
    ] as const) {
      for (let i = 0; i < 40; i++) {
        const [p, q] = [generatePrimeSync(small, { bigint: true }), generatePrimeSync(large, { bigint: true })];
        if (p === q || p * q >= 1n << 63n) continue;
        assert.deepEqual(factors(p * q), p < q ? [p, q] : [q, p]);
      }
    }
  });

  it('finds every pair of small primes', () => {
    const primes = [2n, 3n, 5n, 7n, 11n, 13n, 37n, 41n, 43n, 47n, 251n];
    for (const p of primes) for (const q of primes) if (p < q) assert.deepEqual(factors(p * q), [p, q]);
  });

  it('takes zeroes in front', () => {
    const { p, q } = factorPq(Uint8Array.of(0, 0, 15));
    assert.deepEqual([[...p], [...q]], [[3], [5]]);
  });

  const prime = 1402015859n;
  const wrong: readonly [string, Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['0', Uint8Array.of(0)],
    ['1', Uint8Array.of(1)],
    ['4', Uint8Array.of(4)],
    ['a prime', toMinimalBytes(prime)],
    ['the largest prime below 2^63', toMinimalBytes((1n << 63n) - 25n)],
    ['a square', toMinimalBytes(prime * prime)],
    ['three primes', toMinimalBytes(1000003n * 1000033n * 1000037n)],
    ['64 bits', toMinimalBytes((1n << 63n) + 1n)],
    ['a product of two primes that has 64 bits', toMinimalBytes(4294967291n * 4294967279n)],
    ['a product of 64 bits with a small factor', toMinimalBytes(3n * ((1n << 62n) - 57n))],
    ['nine bytes', new Uint8Array(9).fill(1)],
  ];
  for (const [what, pq] of wrong) it(`refuses ${what}`, () => assert.throws(() => factorPq(pq), FactorError));
});
