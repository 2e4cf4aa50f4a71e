/**
 * Draws `pq` for `resPQ` (protocol: Key exchange, step 2).
 * In: a source of random bytes. Out: two different primes of 30 to 31 bits and their product, as
 * minimal big-endian bytes. Never: a pq of 2^63 or more.
 */
import type { DcEnv } from '../env.ts';
import { random } from '../env.ts';

/** p < q, two primes, and their product: minimal big-endian bytes. */
export interface Pq {
  readonly p: Buffer;
  readonly q: Buffer;
  readonly pq: Buffer;
}

/** Draws two different primes and multiplies them. */
export function drawPq(env: DcEnv): Pq {
  const a = drawPrime(env);
  let b = drawPrime(env);
  while (b === a) b = drawPrime(env);
  const [p, q] = a < b ? [a, b] : [b, a];
  return { p: minimal(p), q: minimal(q), pq: minimal(p * q) };
}

/** A random prime in (2^30, 2^31). */
function drawPrime(env: DcEnv): bigint {
  let candidate = (random(env, 4).readUInt32LE() & 0x3fffffff) | 0x40000001;
  while (!isPrime(BigInt(candidate))) candidate = candidate + 2 < 0x80000000 ? candidate + 2 : 0x40000001;
  return BigInt(candidate);
}

/** Whether an odd n is prime, by Miller-Rabin: the bases 2, 3, 5, 7 decide all n below 3 215 031 751. */
export function isPrime(n: bigint): boolean {
  let d = n - 1n;
  let s = 0;
  for (; (d & 1n) === 0n; d >>= 1n) s++;
  return [2n, 3n, 5n, 7n].every((base) => passes(n, base, d, s));
}

/** Miller-Rabin of one base, n - 1 = d * 2^s. */
function passes(n: bigint, base: bigint, d: bigint, s: number): boolean {
  if (n === base) return true;
  let x = power(base, d, n);
  if (x === 1n || x === n - 1n) return true;
  for (let i = 1; i < s; i++) {
    x = (x * x) % n;
    if (x === n - 1n) return true;
  }
  return false;
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let e = exponent; e > 0n; e >>= 1n) {
    if ((e & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** A number in big-endian bytes without leading zeros. */
export function minimal(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}
