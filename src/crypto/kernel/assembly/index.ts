/**
 * The kernel's exports: one call seals or opens a whole message (protocol: Encrypted messages), in place.
 * In: the message in FRAME/DATA, the auth key's first 128 bytes at AUTH. Out: the same place changed.
 * Never: allocates, grows its memory, or calls out.
 */
import { AUTH, BLOCK, CHUNK, DATA, DIGEST, ENC_KEYS, FRAME, IV, KEY, MSG_KEY, PADDING, TAIL } from './layout';
import { decrypt, encrypt, expand, expandInverse, fillTables } from './aes';
import { compress, finish, hash, start } from './sha256';
export { factor, isPrime } from './factor';

fillTables();

/** Places the auth key's fragment for msg_key before DATA (x = 0 from the client, 8 from the server). */
@inline function placeFragment(x: usize): void {
  v128.store(FRAME, v128.load(AUTH + x, 88));
  v128.store(FRAME, v128.load(AUTH + x, 104), 16);
}

/** KEY and IV from the msg_key at `mk` (protocol: Encrypted messages): two hashes of 52 bytes, one block each. */
function derive(mk: usize, x: usize): void {
  const key = AUTH + x;
  v128.store(BLOCK, v128.load(mk));
  v128.store(BLOCK, v128.load(key), 16);
  v128.store(BLOCK, v128.load(key, 16), 32);
  store<u32>(BLOCK, load<u32>(key, 32), 48);
  store<u32>(BLOCK, 0x80, 52);
  store<u64>(BLOCK, 0xa001000000000000, 56); // 416 bits, big-endian
  start();
  compress(BLOCK, BLOCK + 64);
  finish(KEY);
  v128.store(BLOCK, v128.load(key, 40));
  v128.store(BLOCK, v128.load(key, 56), 16);
  store<u32>(BLOCK, load<u32>(key, 72), 32);
  v128.store(BLOCK, v128.load(mk), 36);
  start();
  compress(BLOCK, BLOCK + 64);
  finish(IV);
  // a = KEY, b = IV: the middle 16 bytes change places.
  const a = v128.load(KEY, 8);
  v128.store(KEY, v128.load(IV, 8), 8);
  v128.store(IV, a, 8);
}

/** msg_key_large of the plaintext of `length` bytes at DATA, to DIGEST. */
@inline function digest(x: usize, length: i32): void {
  placeFragment(x);
  hash(FRAME, length + 32, DIGEST);
}

/*
 * IGE encryption through a CBC made elsewhere: with q_i = p_i ^ p_(i-2) (p_0 the iv's second half, p_(-1) zero),
 * y = CBC(q) from the iv's first half, c_i = y_i ^ p_(i-1). Chunk by chunk: cbcInput, CBC over CHUNK, cbcOutput.
 */

/** Key and iv for the msg_key in DIGEST, which goes before DATA; the chunks begin. */
export function cbcStart(x: usize): void {
  derive(DIGEST + 8, x);
  v128.store(FRAME, v128.load(DIGEST, 8), 16);
  v128.store(TAIL, i64x2.splat(0));
  v128.store(TAIL, v128.load(IV, 16), 16);
}

/** Lays out `length` bytes of CBC input at CHUNK for those at DATA + at. */
export function cbcInput(at: usize, length: i32): void {
  const p = DATA + at;
  v128.store(CHUNK, v128.xor(v128.load(p), v128.load(TAIL)));
  if (length == 16) return;
  v128.store(CHUNK, v128.xor(v128.load(p, 16), v128.load(TAIL, 16)), 16);
  for (let i: usize = 32; i < <usize>length; i += 16) {
    v128.store(CHUNK + i, v128.xor(v128.load(p + i), v128.load(p + i - 32)));
  }
}

/** Turns `length` bytes of CBC output at CHUNK into cipher blocks at DATA + at. */
export function cbcOutput(at: usize, length: i32): void {
  const p = DATA + at;
  const before = v128.load(TAIL, 16);
  // Only the last chunk may be of one block, and then no tail is asked for.
  v128.store(TAIL, v128.load(p + length - 32));
  v128.store(TAIL, v128.load(p + length - 16), 16);
  for (let i: usize = length - 16; i > 0; i -= 16) {
    v128.store(p + i, v128.xor(v128.load(CHUNK + i), v128.load(p + i - 16)));
  }
  v128.store(p, v128.xor(v128.load(CHUNK), before));
}

/** Seals the message at DATA: header and body of `used` bytes, then `padding` bytes taken from PADDING. */
export function seal(x: usize, used: i32, padding: i32): void {
  const length = used + padding;
  place(used);
  digest(x, length);
  derive(DIGEST + 8, x);
  expand();
  encrypt(DATA, DATA + length);
  v128.store(FRAME, v128.load(DIGEST, 8), 16);
}

/** Puts the padding behind the `used` bytes: always 32 bytes, what is too many lies behind the message. */
export function place(used: i32): void {
  v128.store(DATA + used, v128.load(PADDING));
  v128.store(DATA + used, v128.load(PADDING, 16), 16);
}

/** Decrypts `length` bytes at DATA under the msg_key before them, which is kept at MSG_KEY. */
export function openUnhashed(x: usize, length: i32): void {
  v128.store(MSG_KEY, v128.load(FRAME, 16));
  derive(MSG_KEY, x);
  expandInverse();
  decrypt(DATA, DATA + length);
}

/**
 * Opens the message of `length` bytes at DATA.
 * @returns the body's length, or -1 when the msg_key or the length field is wrong
 */
export function open(x: usize, length: i32): i32 {
  openUnhashed(x, length);
  digest(x, length);
  return judge(length);
}

/** The checks of protocol: Receiving, steps 4 and 6, in one time whatever the bytes: the hash is in DIGEST. */
export function judge(length: i32): i32 {
  const wrong = v128.any_true(v128.xor(v128.load(DIGEST, 8), v128.load(MSG_KEY)));
  const body = load<i32>(DATA, 28);
  const padding = length - 32 - body;
  const misfit = i32(body < 0) | i32((body & 3) != 0) | i32(padding < 12) | i32(padding > 1024);
  return select<i32>(-1, body, i32(wrong) | misfit);
}

/** Bare IGE over `length` bytes at DATA with the given KEY and IV. */
export function igeEncrypt(length: i32): void {
  expand();
  encrypt(DATA, DATA + length);
}

export function igeDecrypt(length: i32): void {
  expandInverse();
  decrypt(DATA, DATA + length);
}

/** SHA-256 of `length` bytes at DATA, to DIGEST. */
export function sha256(length: i32): void {
  hash(DATA, length, DIGEST);
}

/** Zeroes everything that came from a key or a plaintext, up to `end`: round keys, key, iv, hashes, frame. */
export function wipe(end: usize): void {
  memory.fill(ENC_KEYS, 0, end - ENC_KEYS);
}
