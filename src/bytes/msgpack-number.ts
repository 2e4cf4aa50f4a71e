/**
 * Numbers of msgpack, read where they stand.
 * In: a block and the place of a number's first byte (0x00-0x7f, 0xca-0xd3, 0xe0-0xff; whole: `msgpack-tape.ts` saw to it).
 * Out: a double, or 64 bits in two halves. Never: a BigInt, or a number rounded without saying so.
 */
import type { Int64 } from './int64.ts';
import { MOST_EXACT } from './whole-number.ts';

const TWO_32 = 0x1_0000_0000;
const scratch = new DataView(new ArrayBuffer(8));

/** The number as a double; integers past 2^53 come out as the nearest one. */
export function packedNumber(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return first;
  if (first >= 0xe0) return first - 256;
  switch (first) {
    case 0xca:
      scratch.setInt32(0, int32(bytes, at + 1));
      return scratch.getFloat32(0);
    case 0xcb:
      scratch.setInt32(0, int32(bytes, at + 1));
      scratch.setInt32(4, int32(bytes, at + 5));
      return scratch.getFloat64(0);
    case 0xcc:
      return bytes[at + 1]!;
    case 0xcd:
      return (bytes[at + 1]! << 8) | bytes[at + 2]!;
    case 0xce:
      return int32(bytes, at + 1) >>> 0;
    case 0xcf:
      return (int32(bytes, at + 1) >>> 0) * TWO_32 + (int32(bytes, at + 5) >>> 0);
    case 0xd0:
      return (bytes[at + 1]! << 24) >> 24;
    case 0xd1:
      return ((bytes[at + 1]! << 24) >> 16) | bytes[at + 2]!;
    case 0xd2:
      return int32(bytes, at + 1);
    default:
      return int32(bytes, at + 1) * TWO_32 + (int32(bytes, at + 5) >>> 0);
  }
}

/**
 * The number as 64 bits; unsigned ones from 2^63 on wrap. A float counts if it is whole and exact.
 * @returns false for a float that is neither
 */
export function packedInt64(bytes: Uint8Array, at: number, into: Int64): boolean {
  const first = bytes[at]!;
  if (first === 0xcf || first === 0xd3) {
    into.high = int32(bytes, at + 1);
    into.low = int32(bytes, at + 5);
    return true;
  }
  const value = packedNumber(bytes, at);
  if (!Number.isInteger(value) || Math.abs(value) > MOST_EXACT) return false;
  into.low = value | 0;
  into.high = Math.floor(value / TWO_32) | 0;
  return true;
}

function int32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
