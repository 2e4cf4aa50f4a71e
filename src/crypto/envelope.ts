/**
 * Envelope: message head and body <-> encrypted packet (MTProto 2.0, protocol: Encrypted messages; Receiving).
 * In: an auth key, and a body or a packet as a range of bytes. Out: a packet in a writer, or a view of the body.
 * Never: compares auth_key_id or session_id (the caller's), and never tells why a packet was refused.
 *
 * A message of some hundred bytes is one kernel call; larger ones leave to OpenSSL what it does faster (bench/ige.ts).
 */
import { createCipheriv, createHash } from 'node:crypto';
import type { Writer } from '../bytes/writer.ts';
import type { AuthKey } from './auth-key.ts';
import { AUTH, CHUNK, CHUNK_SIZE, DATA, DIGEST, FRAME, KEY, kernel, loadAuth, room, views } from './kernel/kernel.ts';

/** The fields before the body; 64-bit ones as int32 halves. */
export interface MessageHead {
  saltLow: number;
  saltHigh: number;
  sessionLow: number;
  sessionHigh: number;
  msgIdLow: number;
  msgIdHigh: number;
  seqNo: number;
}

/** Who sent the message: it picks the parts of the key (x = 0 or 8). */
export type Side = 'client' | 'server';

/** Bytes of salt, session_id, msg_id, seq_no and length. */
const HEAD = 32;
/** Bytes of auth_key_id and msg_key. */
const OUTER = 24;
/** protocol: Encrypted messages: at least 12 random bytes, then up to the next multiple of 16. */
const LEAST_PADDING = 12;
/**
 * From this many bytes of header and body on, node:crypto hashes and (for sealing) OpenSSL's CBC encrypts faster than
 * the kernel, calls and copies included. Measured by bench/ige.ts with either way: at 512 bytes the kernel seals in
 * 4.6 us and the native way in 7.1, at 1024 in 8.2 and 6.0. Decryption has no native way at any length.
 */
export const NATIVE_FROM = 768;

/** A head of zeros, to be filled. */
export function newHead(): MessageHead {
  return { saltLow: 0, saltHigh: 0, sessionLow: 0, sessionHigh: 0, msgIdLow: 0, msgIdHigh: 0, seqNo: 0 };
}

/** What `open` found. `bytes[start..end)` is the body: a view that is valid until the next seal or open. */
export class Opened {
  readonly head: MessageHead = newHead();
  bytes: Uint8Array = views.bytes;
  start = 0;
  end = 0;
}

/**
 * Appends `auth_key_id | msg_key | ciphertext` of `body[start..end)` to `out`.
 * @param fill fills its argument with secure random bytes (12 to 24 of them, the padding)
 * @throws RangeError when the body's length is not a multiple of 4
 */
export function seal(
  key: AuthKey,
  from: Side,
  head: MessageHead,
  body: Uint8Array,
  start: number,
  end: number,
  fill: (bytes: Uint8Array) => void,
  out: Writer,
): void {
  const length = end - start;
  if ((length & 3) !== 0) throw new RangeError(`a message body of ${length} bytes is not a multiple of 4`);
  const used = HEAD + length;
  const padding = LEAST_PADDING + (-(used + LEAST_PADDING) & 15);
  const x = from === 'client' ? 0 : 8;
  room(used + padding);
  loadAuth(key, key.head);
  writeHead(views.words, head, length);
  copyIn(body, start, end, DATA + HEAD);
  fill(views.paddings[padding]!);
  if (used < NATIVE_FROM) kernel.seal(x, used, padding);
  else sealLarge(x, used, padding);
  views.words[(FRAME >> 2) + 2] = key.idLow;
  views.words[(FRAME >> 2) + 3] = key.idHigh;
  out.raw(views.bytes, FRAME + 8, DATA + used + padding);
}

/**
 * Decrypts `bytes[start..end)`, a whole packet with its auth_key_id, and checks it (protocol: Receiving, steps 3, 4, 6).
 * @returns false when any check fails; `into` then holds nothing to use
 */
export function open(key: AuthKey, from: Side, bytes: Uint8Array, start: number, end: number, into: Opened): boolean {
  const length = end - start - OUTER;
  if (length < 48 || (length & 15) !== 0) return false;
  const x = from === 'client' ? 0 : 8;
  room(length);
  loadAuth(key, key.head);
  copyIn(bytes, start, end, FRAME + 8);
  const body = length < NATIVE_FROM ? kernel.open(x, length) : openLarge(x, length);
  if (body < 0) return false;
  readHead(views.words, into.head);
  into.bytes = views.bytes;
  into.start = DATA + HEAD;
  into.end = DATA + HEAD + body;
  return true;
}

function sealLarge(x: number, used: number, padding: number): void {
  const length = used + padding;
  kernel.place(used);
  hashNative(x, length);
  encryptNative(x, length);
}

/** IGE through CBC (assembly/index.ts), a chunk at a time so that the passes stay in the cache. */
function encryptNative(x: number, length: number): void {
  const { bytes } = views;
  kernel.cbcStart(x);
  const cbc = createCipheriv('aes-256-cbc', bytes.subarray(KEY, KEY + 32), bytes.subarray(KEY + 32, KEY + 48));
  cbc.setAutoPadding(false);
  for (let at = 0; at < length; at += CHUNK_SIZE) {
    const size = Math.min(CHUNK_SIZE, length - at);
    kernel.cbcInput(at, size);
    bytes.set(cbc.update(bytes.subarray(CHUNK, CHUNK + size)), CHUNK);
    kernel.cbcOutput(at, size);
  }
}

function openLarge(x: number, length: number): number {
  kernel.openUnhashed(x, length);
  hashNative(x, length);
  return kernel.judge(length);
}

/** msg_key_large to DIGEST: the key's fragment lies before the plaintext, so it is one range. */
function hashNative(x: number, length: number): void {
  const hash = createHash('sha256');
  hash.update(views.bytes.subarray(AUTH + 88 + x, AUTH + 120 + x));
  hash.update(views.bytes.subarray(DATA, DATA + length));
  views.bytes.set(hash.digest(), DIGEST);
}

/** Copies `from[start..end)` into the kernel's memory. */
function copyIn(from: Uint8Array, start: number, end: number, at: number): void {
  const to = views.bytes;
  if (end - start < 128) for (let i = start, p = at; i < end; i++, p++) to[p] = from[i]!;
  else to.set(from.subarray(start, end), at);
}

const HEAD_WORD = DATA >> 2;

function writeHead(words: Int32Array, head: MessageHead, length: number): void {
  words[HEAD_WORD] = head.saltLow;
  words[HEAD_WORD + 1] = head.saltHigh;
  words[HEAD_WORD + 2] = head.sessionLow;
  words[HEAD_WORD + 3] = head.sessionHigh;
  words[HEAD_WORD + 4] = head.msgIdLow;
  words[HEAD_WORD + 5] = head.msgIdHigh;
  words[HEAD_WORD + 6] = head.seqNo;
  words[HEAD_WORD + 7] = length;
}

function readHead(words: Int32Array, head: MessageHead): void {
  head.saltLow = words[HEAD_WORD]!;
  head.saltHigh = words[HEAD_WORD + 1]!;
  head.sessionLow = words[HEAD_WORD + 2]!;
  head.sessionHigh = words[HEAD_WORD + 3]!;
  head.msgIdLow = words[HEAD_WORD + 4]!;
  head.msgIdHigh = words[HEAD_WORD + 5]!;
  head.seqNo = words[HEAD_WORD + 6]!;
}
