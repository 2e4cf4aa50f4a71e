/**
 * Factoring of `pq` (protocol: Key exchange, step 3): Pollard's rho in the kernel, checked here.
 * In: pq as at most 8 big-endian bytes. Out: p < q, both prime, as minimal big-endian bytes.
 * Never: more than a bounded number of steps, whatever number comes.
 */
import { kernel } from './kernel/kernel.ts';
import { toBigInt, toMinimalBytes } from './numbers.ts';

/** The number is not a product of two different primes below 2^63. */
export class FactorError extends Error {
  override readonly name = 'FactorError';
}

/** Primes tried by division: rho is for larger factors, and the primality test wants more than 37. */
const SMALL = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n];
/** Steps of one try, at most: a factor below 2^31.5 takes some 2^16; this is 16 times that, 20 ms. */
const BOUND = 1 << 20;
/** Constants of x^2 + c that are tried, each with its own start. */
const TRIES = 4;

/** Factors pq: big-endian bytes, 1 to 8 of them. Throws FactorError. */
export function factorPq(pq: Uint8Array): { p: Uint8Array; q: Uint8Array } {
  if (pq.length === 0 || pq.length > 8) throw new FactorError(`pq has ${pq.length} bytes`);
  const n = toBigInt(pq);
  if (n >= 1n << 63n) throw new FactorError('pq does not fit 63 bits');
  const one = factorOf(n);
  const other = n / one;
  const [p, q] = one < other ? [one, other] : [other, one];
  if (p === q || !isPrime(p) || !isPrime(q)) throw new FactorError('pq is not a product of two different primes');
  return { p: toMinimalBytes(p), q: toMinimalBytes(q) };
}

/** Any factor of n but 1 and n. */
function factorOf(n: bigint): bigint {
  if (n < 6n || isPrime(n)) throw new FactorError('pq is too small, or a prime');
  for (const small of SMALL) if (n % small === 0n) return small;
  for (let c = 1n; c <= TRIES; c++) {
    const found = BigInt.asUintN(64, kernel.factor(n, c + 1n, c, BOUND));
    if (found !== 0n && found !== n) return found;
  }
  throw new FactorError('pq was not factored within its bound');
}

function isPrime(n: bigint): boolean {
  if (n <= 37n) return SMALL.includes(n);
  return !SMALL.some((small) => n % small === 0n) && kernel.isPrime(n) !== 0;
}
