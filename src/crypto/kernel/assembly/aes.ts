/**
 * AES-256 (FIPS 197) and IGE over it. Words are little-endian columns.
 * In: key at KEY, iv at IV. Out: data changed in place.
 * Table look-ups take a time that depends on the cache, which a program on the same core could watch. It is accepted:
 * WASM has no AES instructions, OpenSSL no IGE, and every message has a key of its own.
 */
import { TE, TD, INV_SBOX, ENC_KEYS, DEC_KEYS, KEY, IV } from './layout';

@inline function xtime(x: u32): u32 {
  return ((x << 1) ^ ((x >> 7) * 0x11b)) & 0xff;
}

/** Fills the tables: by the generator 3 and its inverse, so no table is written down by hand. */
export function fillTables(): void {
  let p: u32 = 1;
  let q: u32 = 1;
  do {
    p = p ^ xtime(p);
    q ^= q << 1;
    q ^= q << 2;
    q ^= q << 4;
    q &= 0xff;
    if (q & 0x80) q ^= 0x09;
    const s = (q ^ rot8(q, 1) ^ rot8(q, 2) ^ rot8(q, 3) ^ rot8(q, 4) ^ 0x63) & 0xff;
    fillEntry(p, s);
  } while (p != 1);
  fillEntry(0, 0x63);
}

@inline function rot8(x: u32, n: u32): u32 {
  return (x << n) | (x >> (8 - n));
}

function fillEntry(x: u32, s: u32): void {
  const s2 = xtime(s);
  const e: u32 = s2 | (s << 8) | (s << 16) | ((s2 ^ s) << 24);
  store<u32>(TE + (x << 3), e, 0);
  store<u32>(TE + (x << 3), e, 4);
  store<u8>(INV_SBOX + s, x);
  const x2 = xtime(x);
  const x4 = xtime(x2);
  const x8 = xtime(x4);
  const d: u32 = (x8 ^ x4 ^ x2) | ((x8 ^ x) << 8) | ((x8 ^ x4 ^ x) << 16) | ((x8 ^ x2 ^ x) << 24);
  store<u32>(TD + (s << 3), d, 0);
  store<u32>(TD + (s << 3), d, 4);
}

// One table look-up for byte 0..3 of a word; the offset picks the rotation.
@inline function e0(s: u32): u32 {
  return load<u32>((s << 3) & 0x7f8, TE);
}
@inline function e1(s: u32): u32 {
  return load<u32>((s >> 5) & 0x7f8, TE + 3);
}
@inline function e2(s: u32): u32 {
  return load<u32>((s >> 13) & 0x7f8, TE + 2);
}
@inline function e3(s: u32): u32 {
  return load<u32>((s >> 21) & 0x7f8, TE + 1);
}
@inline function d0(s: u32): u32 {
  return load<u32>((s << 3) & 0x7f8, TD);
}
@inline function d1(s: u32): u32 {
  return load<u32>((s >> 5) & 0x7f8, TD + 3);
}
@inline function d2(s: u32): u32 {
  return load<u32>((s >> 13) & 0x7f8, TD + 2);
}
@inline function d3(s: u32): u32 {
  return load<u32>((s >> 21) & 0x7f8, TD + 1);
}

@inline function eColumn(a: u32, b: u32, c: u32, d: u32, at: usize): u32 {
  return e0(a) ^ e1(b) ^ (e2(c) ^ e3(d)) ^ load<u32>(ENC_KEYS + at);
}
@inline function dColumn(a: u32, b: u32, c: u32, d: u32, at: usize): u32 {
  return d0(a) ^ d1(b) ^ (d2(c) ^ d3(d)) ^ load<u32>(DEC_KEYS + at);
}

@inline function sub(s: u32, shift: u32): u32 {
  return load<u8>(((s >> shift) & 0xff) << 3, TE + 1);
}
@inline function inv(s: u32, shift: u32): u32 {
  return load<u8>((s >> shift) & 0xff, INV_SBOX);
}
@inline function subWord(w: u32): u32 {
  return sub(w, 0) | (sub(w, 8) << 8) | (sub(w, 16) << 16) | (sub(w, 24) << 24);
}

/** Expands the key at KEY into ENC_KEYS. */
export function expand(): void {
  let a = load<u32>(KEY, 0);
  let b = load<u32>(KEY, 4);
  let c = load<u32>(KEY, 8);
  let d = load<u32>(KEY, 12);
  let e = load<u32>(KEY, 16);
  let f = load<u32>(KEY, 20);
  let g = load<u32>(KEY, 24);
  let h = load<u32>(KEY, 28);
  let rcon: u32 = 1;
  let at: usize = ENC_KEYS;
  for (;;) {
    store<u32>(at, a, 0);
    store<u32>(at, b, 4);
    store<u32>(at, c, 8);
    store<u32>(at, d, 12);
    if (at == ENC_KEYS + 224) break;
    store<u32>(at, e, 16);
    store<u32>(at, f, 20);
    store<u32>(at, g, 24);
    store<u32>(at, h, 28);
    a ^= subWord(rotr<u32>(h, 8)) ^ rcon;
    b ^= a;
    c ^= b;
    d ^= c;
    e ^= subWord(d);
    f ^= e;
    g ^= f;
    h ^= g;
    rcon <<= 1;
    at += 32;
  }
}

@inline function xtimes(x: v128): v128 {
  return v128.xor(i8x16.add(x, x), v128.and(i8x16.lt_s(x, i64x2.splat(0)), i8x16.splat(0x1b)));
}

/** Expands the key at KEY into DEC_KEYS: the equivalent inverse cipher, last round key first. */
export function expandInverse(): void {
  expand();
  v128.store(DEC_KEYS, v128.load(ENC_KEYS, 224));
  v128.store(DEC_KEYS, v128.load(ENC_KEYS), 224);
  for (let at: usize = 16; at < 224; at += 16) {
    const x = v128.load(ENC_KEYS + at);
    const x2 = xtimes(x);
    const x4 = xtimes(x2);
    const x8 = xtimes(x4);
    const x9 = v128.xor(x8, x);
    const x11 = v128.xor(x9, x2);
    const x13 = v128.xor(x9, x4);
    const x14 = v128.xor(v128.xor(x8, x4), x2);
    const r11 = v128.shuffle<u8>(x11, x11, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
    const r13 = v128.shuffle<u8>(x13, x13, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    const r9 = v128.shuffle<u8>(x9, x9, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14);
    v128.store(DEC_KEYS + (224 - at), v128.xor(v128.xor(x14, r11), v128.xor(r13, r9)));
  }
}

/** IGE encryption of `[p, end)` in place with ENC_KEYS and IV: c_i = E(p_i ^ c_(i-1)) ^ p_(i-1). */
export function encrypt(p: usize, end: usize): void {
  // s: the last cipher block, m: the last plain block.
  let s0 = load<u32>(IV, 0);
  let s1 = load<u32>(IV, 4);
  let s2 = load<u32>(IV, 8);
  let s3 = load<u32>(IV, 12);
  let m0 = load<u32>(IV, 16);
  let m1 = load<u32>(IV, 20);
  let m2 = load<u32>(IV, 24);
  let m3 = load<u32>(IV, 28);
  for (; p < end; p += 16) {
    const p0 = load<u32>(p, 0);
    const p1 = load<u32>(p, 4);
    const p2 = load<u32>(p, 8);
    const p3 = load<u32>(p, 12);
    s0 ^= p0 ^ load<u32>(0, ENC_KEYS);
    s1 ^= p1 ^ load<u32>(0, ENC_KEYS + 4);
    s2 ^= p2 ^ load<u32>(0, ENC_KEYS + 8);
    s3 ^= p3 ^ load<u32>(0, ENC_KEYS + 12);
    let t0: u32, t1: u32, t2: u32, t3: u32;
    t0 = eColumn(s0, s1, s2, s3, 16); t1 = eColumn(s1, s2, s3, s0, 20); t2 = eColumn(s2, s3, s0, s1, 24); t3 = eColumn(s3, s0, s1, s2, 28);
    s0 = eColumn(t0, t1, t2, t3, 32); s1 = eColumn(t1, t2, t3, t0, 36); s2 = eColumn(t2, t3, t0, t1, 40); s3 = eColumn(t3, t0, t1, t2, 44);
    t0 = eColumn(s0, s1, s2, s3, 48); t1 = eColumn(s1, s2, s3, s0, 52); t2 = eColumn(s2, s3, s0, s1, 56); t3 = eColumn(s3, s0, s1, s2, 60);
    s0 = eColumn(t0, t1, t2, t3, 64); s1 = eColumn(t1, t2, t3, t0, 68); s2 = eColumn(t2, t3, t0, t1, 72); s3 = eColumn(t3, t0, t1, t2, 76);
    t0 = eColumn(s0, s1, s2, s3, 80); t1 = eColumn(s1, s2, s3, s0, 84); t2 = eColumn(s2, s3, s0, s1, 88); t3 = eColumn(s3, s0, s1, s2, 92);
    s0 = eColumn(t0, t1, t2, t3, 96); s1 = eColumn(t1, t2, t3, t0, 100); s2 = eColumn(t2, t3, t0, t1, 104); s3 = eColumn(t3, t0, t1, t2, 108);
    t0 = eColumn(s0, s1, s2, s3, 112); t1 = eColumn(s1, s2, s3, s0, 116); t2 = eColumn(s2, s3, s0, s1, 120); t3 = eColumn(s3, s0, s1, s2, 124);
    s0 = eColumn(t0, t1, t2, t3, 128); s1 = eColumn(t1, t2, t3, t0, 132); s2 = eColumn(t2, t3, t0, t1, 136); s3 = eColumn(t3, t0, t1, t2, 140);
    t0 = eColumn(s0, s1, s2, s3, 144); t1 = eColumn(s1, s2, s3, s0, 148); t2 = eColumn(s2, s3, s0, s1, 152); t3 = eColumn(s3, s0, s1, s2, 156);
    s0 = eColumn(t0, t1, t2, t3, 160); s1 = eColumn(t1, t2, t3, t0, 164); s2 = eColumn(t2, t3, t0, t1, 168); s3 = eColumn(t3, t0, t1, t2, 172);
    t0 = eColumn(s0, s1, s2, s3, 176); t1 = eColumn(s1, s2, s3, s0, 180); t2 = eColumn(s2, s3, s0, s1, 184); t3 = eColumn(s3, s0, s1, s2, 188);
    s0 = eColumn(t0, t1, t2, t3, 192); s1 = eColumn(t1, t2, t3, t0, 196); s2 = eColumn(t2, t3, t0, t1, 200); s3 = eColumn(t3, t0, t1, t2, 204);
    t0 = eColumn(s0, s1, s2, s3, 208); t1 = eColumn(s1, s2, s3, s0, 212); t2 = eColumn(s2, s3, s0, s1, 216); t3 = eColumn(s3, s0, s1, s2, 220);
    s0 = m0 ^ load<u32>(0, ENC_KEYS + 224) ^ (sub(t0, 0) | (sub(t1, 8) << 8) | (sub(t2, 16) << 16) | (sub(t3, 24) << 24));
    s1 = m1 ^ load<u32>(0, ENC_KEYS + 228) ^ (sub(t1, 0) | (sub(t2, 8) << 8) | (sub(t3, 16) << 16) | (sub(t0, 24) << 24));
    s2 = m2 ^ load<u32>(0, ENC_KEYS + 232) ^ (sub(t2, 0) | (sub(t3, 8) << 8) | (sub(t0, 16) << 16) | (sub(t1, 24) << 24));
    s3 = m3 ^ load<u32>(0, ENC_KEYS + 236) ^ (sub(t3, 0) | (sub(t0, 8) << 8) | (sub(t1, 16) << 16) | (sub(t2, 24) << 24));
    store<u32>(p, s0, 0);
    store<u32>(p, s1, 4);
    store<u32>(p, s2, 8);
    store<u32>(p, s3, 12);
    m0 = p0;
    m1 = p1;
    m2 = p2;
    m3 = p3;
  }
}

/** IGE decryption of `[p, end)` in place with DEC_KEYS and IV: p_i = D(c_i ^ p_(i-1)) ^ c_(i-1). */
export function decrypt(p: usize, end: usize): void {
  // m: the last cipher block, s: the last plain block.
  let m0 = load<u32>(IV, 0);
  let m1 = load<u32>(IV, 4);
  let m2 = load<u32>(IV, 8);
  let m3 = load<u32>(IV, 12);
  let s0 = load<u32>(IV, 16);
  let s1 = load<u32>(IV, 20);
  let s2 = load<u32>(IV, 24);
  let s3 = load<u32>(IV, 28);
  for (; p < end; p += 16) {
    const c0 = load<u32>(p, 0);
    const c1 = load<u32>(p, 4);
    const c2 = load<u32>(p, 8);
    const c3 = load<u32>(p, 12);
    s0 ^= c0 ^ load<u32>(0, DEC_KEYS);
    s1 ^= c1 ^ load<u32>(0, DEC_KEYS + 4);
    s2 ^= c2 ^ load<u32>(0, DEC_KEYS + 8);
    s3 ^= c3 ^ load<u32>(0, DEC_KEYS + 12);
    let t0: u32, t1: u32, t2: u32, t3: u32;
    t0 = dColumn(s0, s3, s2, s1, 16); t1 = dColumn(s1, s0, s3, s2, 20); t2 = dColumn(s2, s1, s0, s3, 24); t3 = dColumn(s3, s2, s1, s0, 28);
    s0 = dColumn(t0, t3, t2, t1, 32); s1 = dColumn(t1, t0, t3, t2, 36); s2 = dColumn(t2, t1, t0, t3, 40); s3 = dColumn(t3, t2, t1, t0, 44);
    t0 = dColumn(s0, s3, s2, s1, 48); t1 = dColumn(s1, s0, s3, s2, 52); t2 = dColumn(s2, s1, s0, s3, 56); t3 = dColumn(s3, s2, s1, s0, 60);
    s0 = dColumn(t0, t3, t2, t1, 64); s1 = dColumn(t1, t0, t3, t2, 68); s2 = dColumn(t2, t1, t0, t3, 72); s3 = dColumn(t3, t2, t1, t0, 76);
    t0 = dColumn(s0, s3, s2, s1, 80); t1 = dColumn(s1, s0, s3, s2, 84); t2 = dColumn(s2, s1, s0, s3, 88); t3 = dColumn(s3, s2, s1, s0, 92);
    s0 = dColumn(t0, t3, t2, t1, 96); s1 = dColumn(t1, t0, t3, t2, 100); s2 = dColumn(t2, t1, t0, t3, 104); s3 = dColumn(t3, t2, t1, t0, 108);
    t0 = dColumn(s0, s3, s2, s1, 112); t1 = dColumn(s1, s0, s3, s2, 116); t2 = dColumn(s2, s1, s0, s3, 120); t3 = dColumn(s3, s2, s1, s0, 124);
    s0 = dColumn(t0, t3, t2, t1, 128); s1 = dColumn(t1, t0, t3, t2, 132); s2 = dColumn(t2, t1, t0, t3, 136); s3 = dColumn(t3, t2, t1, t0, 140);
    t0 = dColumn(s0, s3, s2, s1, 144); t1 = dColumn(s1, s0, s3, s2, 148); t2 = dColumn(s2, s1, s0, s3, 152); t3 = dColumn(s3, s2, s1, s0, 156);
    s0 = dColumn(t0, t3, t2, t1, 160); s1 = dColumn(t1, t0, t3, t2, 164); s2 = dColumn(t2, t1, t0, t3, 168); s3 = dColumn(t3, t2, t1, t0, 172);
    t0 = dColumn(s0, s3, s2, s1, 176); t1 = dColumn(s1, s0, s3, s2, 180); t2 = dColumn(s2, s1, s0, s3, 184); t3 = dColumn(s3, s2, s1, s0, 188);
    s0 = dColumn(t0, t3, t2, t1, 192); s1 = dColumn(t1, t0, t3, t2, 196); s2 = dColumn(t2, t1, t0, t3, 200); s3 = dColumn(t3, t2, t1, t0, 204);
    t0 = dColumn(s0, s3, s2, s1, 208); t1 = dColumn(s1, s0, s3, s2, 212); t2 = dColumn(s2, s1, s0, s3, 216); t3 = dColumn(s3, s2, s1, s0, 220);
    s0 = m0 ^ load<u32>(0, DEC_KEYS + 224) ^ (inv(t0, 0) | (inv(t3, 8) << 8) | (inv(t2, 16) << 16) | (inv(t1, 24) << 24));
    s1 = m1 ^ load<u32>(0, DEC_KEYS + 228) ^ (inv(t1, 0) | (inv(t0, 8) << 8) | (inv(t3, 16) << 16) | (inv(t2, 24) << 24));
    s2 = m2 ^ load<u32>(0, DEC_KEYS + 232) ^ (inv(t2, 0) | (inv(t1, 8) << 8) | (inv(t0, 16) << 16) | (inv(t3, 24) << 24));
    s3 = m3 ^ load<u32>(0, DEC_KEYS + 236) ^ (inv(t3, 0) | (inv(t2, 8) << 8) | (inv(t1, 16) << 16) | (inv(t0, 24) << 24));
    store<u32>(p, s0, 0);
    store<u32>(p, s1, 4);
    store<u32>(p, s2, 8);
    store<u32>(p, s3, 12);
    m0 = c0;
    m1 = c1;
    m2 = c2;
    m3 = c3;
  }
}
