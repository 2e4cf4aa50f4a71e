/**
 * SHA-256 (FIPS 180-4): `compress` over whole blocks in memory, `hash` over a range that has room behind it.
 * The schedule runs four words at a time in SIMD while the rounds run scalar: the rounds are bound by their own
 * chain of additions, so the schedule is nearly free beside them.
 */
import { SCHEDULE, STATE } from './layout';

const K: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
  0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
  0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
  0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
  0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
  0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
], 16);

@inline function s1(e: u32): u32 {
  return rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
}
@inline function s0(a: u32): u32 {
  return rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22);
}
@inline function ch(e: u32, f: u32, g: u32): u32 {
  return g ^ (e & (f ^ g));
}
@inline function maj(a: u32, b: u32, c: u32): u32 {
  return (a & b) ^ (c & (a ^ b));
}

@inline function swap(p: usize, at: i32): v128 {
  const x = v128.load(p + at);
  return v128.shuffle<u8>(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

@inline function rot(x: v128, n: i32): v128 {
  return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n));
}

@inline function sigma0(x: v128): v128 {
  return v128.xor(v128.xor(rot(x, 7), rot(x, 18)), i32x4.shr_u(x, 3));
}
@inline function sigma1(x: v128): v128 {
  return v128.xor(v128.xor(rot(x, 17), rot(x, 19)), i32x4.shr_u(x, 10));
}

/** The next four words from the sixteen before: a holds the oldest. */
@inline function next(a: v128, b: v128, c: v128, d: v128): v128 {
  const w15 = v128.shuffle<u32>(a, b, 1, 2, 3, 4);
  const w7 = v128.shuffle<u32>(c, d, 1, 2, 3, 4);
  const zero = i64x2.splat(0);
  let t = i32x4.add(i32x4.add(a, w7), sigma0(w15));
  t = i32x4.add(t, sigma1(v128.shuffle<u32>(d, zero, 2, 3, 4, 4)));
  return i32x4.add(t, sigma1(v128.shuffle<u32>(zero, t, 0, 0, 4, 5)));
}

@inline function put(at: i32, words: v128, k: usize): void {
  v128.store(SCHEDULE + at, i32x4.add(words, v128.load(k + at)));
}

/** Sets the state to the initial value. */
export function start(): void {
  store<u32>(STATE, 0x6a09e667, 0);
  store<u32>(STATE, 0xbb67ae85, 4);
  store<u32>(STATE, 0x3c6ef372, 8);
  store<u32>(STATE, 0xa54ff53a, 12);
  store<u32>(STATE, 0x510e527f, 16);
  store<u32>(STATE, 0x9b05688c, 20);
  store<u32>(STATE, 0x1f83d9ab, 24);
  store<u32>(STATE, 0x5be0cd19, 28);
}

/** Runs the state over whole blocks of 64 bytes in `[p, end)`. */
export function compress(p: usize, end: usize): void {
  let ha = load<u32>(STATE, 0);
  let hb = load<u32>(STATE, 4);
  let hc = load<u32>(STATE, 8);
  let hd = load<u32>(STATE, 12);
  let he = load<u32>(STATE, 16);
  let hf = load<u32>(STATE, 20);
  let hg = load<u32>(STATE, 24);
  let hh = load<u32>(STATE, 28);
  for (; p < end; p += 64) {
    let w0 = swap(p, 0);
    let w1 = swap(p, 16);
    let w2 = swap(p, 32);
    let w3 = swap(p, 48);
    let a = ha;
    let b = hb;
    let c = hc;
    let d = hd;
    let e = he;
    let f = hf;
    let g = hg;
    let h = hh;
    let t: u32 = 0;
    let k: usize = K;
    for (;;) {
      put(0, w0, k);
      t = h + s1(e) + ch(e, f, g) + load<u32>(SCHEDULE, 0); d += t; h = t + s0(a) + maj(a, b, c);
      t = g + s1(d) + ch(d, e, f) + load<u32>(SCHEDULE, 4); c += t; g = t + s0(h) + maj(h, a, b);
      t = f + s1(c) + ch(c, d, e) + load<u32>(SCHEDULE, 8); b += t; f = t + s0(g) + maj(g, h, a);
      t = e + s1(b) + ch(b, c, d) + load<u32>(SCHEDULE, 12); a += t; e = t + s0(f) + maj(f, g, h);
      put(16, w1, k);
      t = d + s1(a) + ch(a, b, c) + load<u32>(SCHEDULE, 16); h += t; d = t + s0(e) + maj(e, f, g);
      t = c + s1(h) + ch(h, a, b) + load<u32>(SCHEDULE, 20); g += t; c = t + s0(d) + maj(d, e, f);
      t = b + s1(g) + ch(g, h, a) + load<u32>(SCHEDULE, 24); f += t; b = t + s0(c) + maj(c, d, e);
      t = a + s1(f) + ch(f, g, h) + load<u32>(SCHEDULE, 28); e += t; a = t + s0(b) + maj(b, c, d);
      put(32, w2, k);
      t = h + s1(e) + ch(e, f, g) + load<u32>(SCHEDULE, 32); d += t; h = t + s0(a) + maj(a, b, c);
      t = g + s1(d) + ch(d, e, f) + load<u32>(SCHEDULE, 36); c += t; g = t + s0(h) + maj(h, a, b);
      t = f + s1(c) + ch(c, d, e) + load<u32>(SCHEDULE, 40); b += t; f = t + s0(g) + maj(g, h, a);
      t = e + s1(b) + ch(b, c, d) + load<u32>(SCHEDULE, 44); a += t; e = t + s0(f) + maj(f, g, h);
      put(48, w3, k);
      t = d + s1(a) + ch(a, b, c) + load<u32>(SCHEDULE, 48); h += t; d = t + s0(e) + maj(e, f, g);
      t = c + s1(h) + ch(h, a, b) + load<u32>(SCHEDULE, 52); g += t; c = t + s0(d) + maj(d, e, f);
      t = b + s1(g) + ch(g, h, a) + load<u32>(SCHEDULE, 56); f += t; b = t + s0(c) + maj(c, d, e);
      t = a + s1(f) + ch(f, g, h) + load<u32>(SCHEDULE, 60); e += t; a = t + s0(b) + maj(b, c, d);
      if (k == K + 192) break;
      k += 64;
      w0 = next(w0, w1, w2, w3);
      w1 = next(w1, w2, w3, w0);
      w2 = next(w2, w3, w0, w1);
      w3 = next(w3, w0, w1, w2);
    }
    ha += a;
    hb += b;
    hc += c;
    hd += d;
    he += e;
    hf += f;
    hg += g;
    hh += h;
  }
  store<u32>(STATE, ha, 0);
  store<u32>(STATE, hb, 4);
  store<u32>(STATE, hc, 8);
  store<u32>(STATE, hd, 12);
  store<u32>(STATE, he, 16);
  store<u32>(STATE, hf, 20);
  store<u32>(STATE, hg, 24);
  store<u32>(STATE, hh, 28);
}

/** Writes the state as the 32 bytes of the digest. */
export function finish(to: usize): void {
  v128.store(to, swap(STATE, 0));
  v128.store(to + 16, swap(STATE, 16));
}

/** SHA-256 of `[p, p + length)`; overwrites up to 72 bytes behind the range with the hash's own padding. */
export function hash(p: usize, length: i32, to: usize): void {
  const stop = p + length;
  const end = p + (((length + 9 + 63) >> 6) << 6);
  v128.store(stop, i64x2(0x80, 0));
  for (let at = stop + 16; at < end; at += 16) v128.store(at, i64x2.splat(0));
  store<u32>(end - 4, bswap<u32>(length << 3));
  store<u32>(end - 8, length >>> 29);
  start();
  compress(p, end);
  finish(to);
}
