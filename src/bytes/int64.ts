/**
 * 64-bit integers as decimal text, exact, without BigInt: a number is two int32 halves.
 * In: digits, or halves. Out: halves, or digits in a Writer.
 * Never: rounds, allocates, or takes what 64 bits cannot hold.
 */
import type { Writer } from './writer.ts';

const TWO_32 = 0x1_0000_0000;

/** A 64-bit integer; reused by whoever parses. */
export class Int64 {
  low = 0;
  high = 0;
}

/**
 * Reads `-?(0|[1-9][0-9]*)` as a whole.
 * @returns whether it is an integer from -2^63 to 2^64-1; those from 2^63 on wrap to the negative with the same bits
 */
export function parseInt64(bytes: Uint8Array, start: number, stop: number, into: Int64): boolean {
  let p = start;
  const isNegative = bytes[p] === 0x2d && p < stop;
  if (isNegative) p++;
  const length = stop - p;
  if (length < 1 || length > 20 || (bytes[p] === 0x30 && length > 1)) return false;
  if (length <= 15) {
    const value = decimal(bytes, p, stop);
    if (value < 0) return false;
    setMagnitude(into, Math.floor(value / TWO_32), value % TWO_32, isNegative);
    return true;
  }
  // At most ten digits in front of the last ten: both exact as doubles, and so are all products below.
  const front = decimal(bytes, p, stop - 10);
  const back = decimal(bytes, stop - 10, stop);
  if (front < 0 || back < 0) return false;
  if (front > 1_844_674_407 || (front === 1_844_674_407 && back > 3_709_551_615)) return false;
  const upper = Math.floor(front / 0x10000) * 1e10;
  const lower = (front % 0x10000) * 1e10 + back;
  const low = (upper % 0x10000) * 0x10000 + (lower % TWO_32);
  const high = Math.floor(upper / 0x10000) + Math.floor(lower / TWO_32) + (low >= TWO_32 ? 1 : 0);
  if (isNegative && (high > 0x8000_0000 || (high === 0x8000_0000 && low % TWO_32 !== 0))) return false;
  setMagnitude(into, high, low % TWO_32, isNegative);
  return true;
}

/** Up to 15 digits as a double, or -1. */
function decimal(bytes: Uint8Array, start: number, stop: number): number {
  let value = 0;
  for (let i = start; i < stop; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function setMagnitude(into: Int64, high: number, low: number, isNegative: boolean): void {
  if (isNegative) {
    into.low = -low | 0;
    into.high = (~high + (low === 0 ? 1 : 0)) | 0;
  } else {
    into.low = low | 0;
    into.high = high | 0;
  }
}

/** Reads a decimal integer of at most 15 digits (`-?(0|[1-9][0-9]*)`), or gives NaN. The caller checks its range. */
export function parseInteger(bytes: Uint8Array, start: number, stop: number): number {
  let p = start;
  const isNegative = bytes[p] === 0x2d && p < stop;
  if (isNegative) p++;
  const length = stop - p;
  if (length < 1 || length > 15 || (bytes[p] === 0x30 && length > 1)) return Number.NaN;
  const value = decimal(bytes, p, stop);
  if (value < 0) return Number.NaN;
  return isNegative && value > 0 ? -value : value;
}

/** Writes the digits of a signed 64-bit integer: at most 20 bytes. */
export function writeInt64(out: Writer, low: number, high: number): void {
  out.ensure(24);
  let lo = low >>> 0;
  let hi = high >>> 0;
  if (high < 0) {
    out.bytes[out.pos++] = 0x2d;
    hi = (~high + (low === 0 ? 1 : 0)) >>> 0;
    lo = -low >>> 0;
  }
  if (hi === 0 && lo <= 0x7fffffff) out.pos = putDigits(out.bytes, out.pos, lo | 0);
  else out.pos = putMagnitude(out.bytes, out.pos, hi, lo);
}

/** Divides by 10^6 in two steps, each exact in a double; what is left has at most 14 digits. */
function putMagnitude(to: Uint8Array, at: number, hi: number, lo: number): number {
  const quotientHigh = Math.floor(hi / 1_000_000);
  const rest = (hi - quotientHigh * 1_000_000) * TWO_32 + lo;
  const quotientLow = Math.floor(rest / 1_000_000);
  const last6 = rest - quotientLow * 1_000_000;
  const quotient = quotientHigh * TWO_32 + quotientLow;
  if (quotient <= 0x7fffffff) return putFixed(to, putDigits(to, at, quotient | 0), last6 | 0, 6);
  const first = Math.floor(quotient / 10_000_000);
  const middle7 = quotient - first * 10_000_000;
  return putFixed(to, putFixed(to, putDigits(to, at, first | 0), middle7 | 0, 7), last6 | 0, 6);
}

/** Writes a signed 32-bit integer. */
export function writeInt32(out: Writer, value: number): void {
  out.ensure(16);
  if (value >= 0) {
    out.pos = putDigits(out.bytes, out.pos, value);
  } else if (value === -0x8000_0000) {
    out.ascii('-2147483648');
  } else {
    out.bytes[out.pos++] = 0x2d;
    out.pos = putDigits(out.bytes, out.pos, -value);
  }
}

/** Writes a number from 0 to 2^31-1 with as many digits as it takes. @returns the place behind */
function putDigits(to: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    to[at] = 0x30 + value;
    return at + 1;
  }
  return putFixed(to, at, value, countDigits(value));
}

function countDigits(value: number): number {
  if (value < 100_000) {
    if (value < 100) return 2;
    if (value < 1000) return 3;
    return value < 10_000 ? 4 : 5;
  }
  if (value < 10_000_000) return value < 1_000_000 ? 6 : 7;
  if (value < 100_000_000) return 8;
  return value < 1_000_000_000 ? 9 : 10;
}

/** Writes exactly `count` digits, zeros in front. @returns the place behind */
function putFixed(to: Uint8Array, at: number, value: number, count: number): number {
  let left = value | 0;
  for (let p = at + count - 1; p >= at; p--) {
    const tenth = (left / 10) | 0;
    to[p] = 0x30 + left - tenth * 10;
    left = tenth;
  }
  return at + count;
}
