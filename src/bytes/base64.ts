/**
 * Base64 (RFC 4648, both alphabets in, the plain one out) between blocks.
 * In: text or bytes in a block. Out: bytes or text in a Writer.
 * Never: takes what is no base64: a foreign character, wrong padding, or bits that decode to nothing.
 *
 * Short values (ids, file references) go through a tight loop; long ones (file parts) through Buffer, a chunk at a
 * time: a string of 512 KiB is a large object to V8, which made both ways cost 800 to 960 us; in chunks it is 100.
 */
import type { Writer } from './writer.ts';

/** From this many bytes on Buffer is faster than the loop (bench/codec.ts prints both). */
const NATIVE_FROM = 256;
/** Bytes of a chunk, and characters: whole groups of three and four, small enough for V8's young space. */
const CHUNK = 0x6000;
const TEXT_CHUNK = 0x8000;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const ENCODE = Buffer.from(ALPHABET);
/** Value of a character, or 64 for one that is none. */
const DECODE = new Uint8Array(256).fill(64);
for (let i = 0; i < 64; i++) DECODE[ALPHABET.charCodeAt(i)] = i;
DECODE['-'.charCodeAt(0)] = 62;
DECODE['_'.charCodeAt(0)] = 63;

/** Writes `from[start..stop)` as base64 text, padded. */
export function writeBase64(out: Writer, from: Uint8Array, start: number, stop: number): void {
  const length = stop - start;
  const whole = Math.ceil(length / 3) * 4;
  out.ensure(whole);
  if (length >= NATIVE_FROM) {
    writeNative(out, from, start, length);
    return;
  }
  const to = out.bytes;
  let p = out.pos;
  let i = start;
  for (const last = stop - 2; i < last; i += 3, p += 4) {
    const bits = (from[i]! << 16) | (from[i + 1]! << 8) | from[i + 2]!;
    to[p] = ENCODE[bits >> 18]!;
    to[p + 1] = ENCODE[(bits >> 12) & 63]!;
    to[p + 2] = ENCODE[(bits >> 6) & 63]!;
    to[p + 3] = ENCODE[bits & 63]!;
  }
  if (i < stop) {
    const bits = (from[i]! << 16) | (i + 1 < stop ? from[i + 1]! << 8 : 0);
    to[p] = ENCODE[bits >> 18]!;
    to[p + 1] = ENCODE[(bits >> 12) & 63]!;
    to[p + 2] = i + 1 < stop ? ENCODE[(bits >> 6) & 63]! : 0x3d;
    to[p + 3] = 0x3d;
  }
  out.pos += whole;
}

/** Through Buffer, a chunk at a time; the caller has made room in `out`. */
function writeNative(out: Writer, from: Uint8Array, start: number, length: number): void {
  const bytes = Buffer.from(from.buffer, from.byteOffset + start, length);
  for (let at = 0; at < length; at += CHUNK) {
    out.pos += out.bytes.write(bytes.toString('base64', at, Math.min(length, at + CHUNK)), out.pos, 'latin1');
  }
}

/** How many bytes the text `from[start..stop)` stands for by its length and padding, or -1. */
export function base64Length(from: Uint8Array, start: number, stop: number): number {
  const digits = digitsOf(from, start, stop);
  const padding = stop - start - digits;
  const rest = digits & 3;
  if (rest === 1 || (padding > 0 && ((digits + padding) & 3) !== 0)) return -1;
  return (digits >> 2) * 3 + (rest === 0 ? 0 : rest - 1);
}

/** Length without the one or two `=` at the end. */
function digitsOf(from: Uint8Array, start: number, stop: number): number {
  let digits = stop - start;
  if (digits > 0 && from[start + digits - 1] === 0x3d) digits--;
  if (digits > 0 && from[start + digits - 1] === 0x3d) digits--;
  return digits;
}

/**
 * Writes the bytes that the text stands for.
 * @returns false if it is no base64; `out.pos` is then as it was
 */
export function readBase64(out: Writer, from: Uint8Array, start: number, stop: number): boolean {
  const length = base64Length(from, start, stop);
  if (length < 0) return false;
  out.ensure(length);
  const digits = digitsOf(from, start, stop);
  const isGood =
    length >= NATIVE_FROM ? readNative(out, from, start, digits, length) : readLoop(out, from, start, digits);
  if (!isGood || !endsClean(from, start, digits)) return false;
  out.pos += length;
  return true;
}

/** Through Buffer, which skips foreign characters in silence: the result is then shorter than the text promised. */
function readNative(out: Writer, from: Uint8Array, start: number, digits: number, length: number): boolean {
  const text = Buffer.from(from.buffer, from.byteOffset + start, digits);
  let left = length;
  for (let at = 0; at < digits; at += TEXT_CHUNK) {
    const wanted = Math.min(left, CHUNK);
    const chunk = text.toString('latin1', at, Math.min(digits, at + TEXT_CHUNK));
    if (out.bytes.write(chunk, out.pos + length - left, wanted, 'base64') !== wanted) return false;
    left -= wanted;
  }
  return true;
}

function readLoop(out: Writer, from: Uint8Array, start: number, digits: number): boolean {
  const to = out.bytes;
  let p = out.pos;
  let seen = 0;
  const end = start + digits;
  let i = start;
  for (; i + 3 < end; i += 4, p += 3) {
    const a = DECODE[from[i]!]!;
    const b = DECODE[from[i + 1]!]!;
    const c = DECODE[from[i + 2]!]!;
    const d = DECODE[from[i + 3]!]!;
    seen |= a | b | c | d;
    to[p] = (a << 2) | (b >> 4);
    to[p + 1] = (b << 4) | (c >> 2);
    to[p + 2] = (c << 6) | d;
  }
  if (i < end) {
    const a = DECODE[from[i]!]!;
    const b = DECODE[from[i + 1]!]!;
    const c = i + 2 < end ? DECODE[from[i + 2]!]! : 0;
    seen |= a | b | c;
    to[p] = (a << 2) | (b >> 4);
    if (i + 2 < end) to[p + 1] = (b << 4) | (c >> 2);
  }
  return seen < 64;
}

/** Whether the bits of the last digit that reach no byte are zero: else two texts would stand for the same bytes. */
function endsClean(from: Uint8Array, start: number, digits: number): boolean {
  const rest = digits & 3;
  if (rest === 0) return true;
  const last = DECODE[from[start + digits - 1]!]!;
  return (last & (rest === 2 ? 15 : 3)) === 0;
}
