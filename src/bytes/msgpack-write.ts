/**
 * Heads of msgpack values: what stands before the content (or is the whole value).
 * In: lengths, counts, numbers. Out: bytes in a Writer, in their shortest form, but for `long`, which is int64 always.
 * Never: content; whoever has it copies it behind.
 */
import type { Writer } from './writer.ts';

/** Writes the head of a string of `length` bytes. */
export function packString(out: Writer, length: number): void {
  if (length < 32) out.byte(0xa0 | length);
  else packLength(out, 0xd9, length);
}

/** Writes the head of `length` raw bytes. */
export function packBinary(out: Writer, length: number): void {
  packLength(out, 0xc4, length);
}

/** `first` and its two neighbours take a length of 1, 2 and 4 bytes. */
function packLength(out: Writer, first: number, length: number): void {
  out.byte(length < 0x100 ? first : length < 0x10000 ? first + 1 : first + 2);
  if (length >= 0x1000000) out.byte(length >>> 24);
  else if (length >= 0x10000) out.byte(0);
  if (length >= 0x10000) out.byte((length >>> 16) & 255);
  if (length >= 0x100) out.byte((length >>> 8) & 255);
  out.byte(length & 255);
}

/** Writes the head of an array of `count` items. */
export function packArray(out: Writer, count: number): void {
  if (count < 16) {
    out.byte(0x90 | count);
    return;
  }
  out.byte(count < 0x10000 ? 0xdc : 0xdd);
  if (count >= 0x10000) {
    out.byte(count >>> 24);
    out.byte((count >>> 16) & 255);
  }
  out.byte((count >>> 8) & 255);
  out.byte(count & 255);
}

/** Writes a signed integer of 32 bits: one byte from -32 to 127, else int32. */
export function packInt32(out: Writer, value: number): void {
  if (value < 0x80 && value >= -0x20) {
    out.byte(value & 255);
    return;
  }
  out.ensure(5);
  out.bytes[out.pos] = 0xd2;
  out.view.setInt32(out.pos + 1, value);
  out.pos += 5;
}

/** Writes an unsigned integer of 32 bits, as uint32 whatever the value. */
export function packUint32(out: Writer, value: number): void {
  out.ensure(5);
  out.bytes[out.pos] = 0xce;
  out.view.setUint32(out.pos + 1, value);
  out.pos += 5;
}

/** Writes 64 bits from their halves, as int64 whatever the value: a client reads one type. */
export function packInt64(out: Writer, low: number, high: number): void {
  out.ensure(9);
  const at = out.pos;
  out.bytes[at] = 0xd3;
  out.view.setInt32(at + 1, high);
  out.view.setInt32(at + 5, low);
  out.pos = at + 9;
}

/** Writes a double from the halves of its bits, as they are. */
export function packDouble(out: Writer, low: number, high: number): void {
  packInt64(out, low, high);
  out.bytes[out.pos - 9] = 0xcb;
}
