/**
 * Numbers: big-endian byte strings <-> BigInt, and DER around them. For cold paths (key exchange, sign-in).
 * In: bytes. Out: bytes or BigInt. Never: a secret compared by its value; use `hasSameBytes`.
 */
import { timingSafeEqual } from 'node:crypto';

/** The number that big-endian bytes stand for; zero of none. */
export function toBigInt(bytes: Uint8Array): bigint {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
  return BigInt(`0x${hex === '' ? '0' : hex}`);
}

/** Big-endian in exactly `length` bytes, zeroes first; throws RangeError if it does not fit. */
export function toBytes(value: bigint, length: number): Buffer {
  const hex = value.toString(16).padStart(length * 2, '0');
  if (value < 0n || hex.length > length * 2) throw new RangeError(`a number does not fit ${length} bytes`);
  return Buffer.from(hex, 'hex');
}

/** Big-endian without leading zeroes; zero is one byte. */
export function toMinimalBytes(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** `bytes` without leading zeroes, as a view. */
export function trim(bytes: Uint8Array): Uint8Array {
  let from = 0;
  while (from < bytes.length && bytes[from] === 0) from++;
  return bytes.subarray(from);
}

/** `bytes` as a number in exactly `length` bytes: zeroes in front are added or taken away; RangeError if longer. */
export function padLeft(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return bytes;
  const digits = trim(bytes);
  if (digits.length > length) throw new RangeError(`a number of ${digits.length} bytes does not fit ${length}`);
  const padded = new Uint8Array(length);
  padded.set(digits, length - digits.length);
  return padded;
}

/** Equal in content, in a time that depends on the lengths alone. */
export function hasSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** One DER element of at most 65535 bytes of content: its tag, its length, the parts. */
export function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const n = content.length;
  const length = n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

/** A DER INTEGER of an unsigned big-endian number. */
export function derInteger(bytes: Uint8Array): Buffer {
  const digits = trim(bytes);
  return der(0x02, digits.length === 0 || digits[0]! >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits);
}
