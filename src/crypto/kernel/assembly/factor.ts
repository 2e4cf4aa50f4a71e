/**
 * Factoring a 63-bit product of two primes: Pollard's rho in Brent's form over Montgomery numbers.
 * In: an odd composite n. Out: one of its factors, or 0 when the bound is used up.
 */

@inline function mulHigh(a: u64, b: u64): u64 {
  const al = a & 0xffffffff;
  const ah = a >> 32;
  const bl = b & 0xffffffff;
  const bh = b >> 32;
  const low = al * bl;
  const mid = ah * bl + (low >> 32);
  const mid2 = al * bh + (mid & 0xffffffff);
  return ah * bh + (mid >> 32) + (mid2 >> 32);
}

/** a * b / 2^64 mod n; `inverse` = n^-1 mod 2^64. */
@inline function montgomery(a: u64, b: u64, n: u64, inverse: u64): u64 {
  const high = mulHigh(a, b);
  const fold = mulHigh(a * b * inverse, n);
  return high - fold + (high < fold ? n : 0);
}

function inverseOf(n: u64): u64 {
  let x = n;
  for (let i = 0; i < 6; i++) x *= 2 - n * x;
  return x;
}

function gcd(a: u64, b: u64): u64 {
  while (b) {
    const r = a % b;
    a = b;
    b = r;
  }
  return a;
}

@inline function distance(a: u64, b: u64): u64 {
  return a > b ? a - b : b - a;
}

/** A factor of odd n < 2^63 by x -> x^2 + c from `start`, in at most `bound` steps; 0 or n if it fails. */
export function factor(n: u64, start: u64, c: u64, bound: i32): u64 {
  const inverse = inverseOf(n);
  let y = start % n;
  let x = y;
  let saved = y;
  // Any non-zero start will do for the product; in Montgomery form only its being 0 mod a factor matters.
  let product: u64 = 1;
  let g: u64 = 1;
  let steps = 0;
  for (let r = 1; g == 1 && steps < bound; r <<= 1) {
    x = y;
    for (let i = 0; i < r; i++) y = step(y, c, n, inverse);
    for (let k = 0; k < r && g == 1; k += 128) {
      saved = y;
      const m = min(128, r - k);
      for (let i = 0; i < m; i++) {
        y = step(y, c, n, inverse);
        product = montgomery(product, distance(x, y), n, inverse);
      }
      steps += m;
      g = gcd(product, n);
    }
  }
  if (g != n) return g == 1 ? 0 : g;
  // The product swallowed both factors at once: walk the last stretch singly.
  for (let i = 0; i < 256; i++) {
    saved = step(saved, c, n, inverse);
    g = gcd(distance(x, saved), n);
    if (g != 1) return g;
  }
  return 0;
}

@inline function step(y: u64, c: u64, n: u64, inverse: u64): u64 {
  const z = montgomery(y, y, n, inverse) + c;
  return z >= n ? z - n : z;
}

@inline function power(base: u64, exponent: u64, one: u64, n: u64, inverse: u64): u64 {
  let result = one;
  for (; exponent; exponent >>= 1) {
    if (exponent & 1) result = montgomery(result, base, n, inverse);
    base = montgomery(base, base, n, inverse);
  }
  return result;
}

/** 2^128 mod n: turns a number into its Montgomery form. */
function squareOfRadix(n: u64): u64 {
  let x = (<u64>-1 % n) + 1;
  for (let i = 0; i < 64; i++) {
    x <<= 1;
    if (x >= n) x -= n;
  }
  return x;
}

/** Miller-Rabin with every base up to 37, the first twelve primes among them: a proof for every n < 3.3e24. Odd n in (37, 2^63). */
export function isPrime(n: u64): bool {
  const inverse = inverseOf(n);
  const square = squareOfRadix(n);
  const one = montgomery(1, square, n, inverse);
  const minus = n - one;
  const twos = ctz<u64>(n - 1);
  const odd = (n - 1) >> twos;
  for (let base: u64 = 2; base <= 37; base++) {
    let x = power(montgomery(base, square, n, inverse), odd, one, n, inverse);
    if (x == one || x == minus) continue;
    let i: u64 = 1;
    for (; i < twos; i++) {
      x = montgomery(x, x, n, inverse);
      if (x == minus) break;
    }
    if (i >= twos) return false;
  }
  return true;
}
