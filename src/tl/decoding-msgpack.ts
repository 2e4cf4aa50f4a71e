/**
 * What generated packers call: one value of each TL form, from TL bytes to msgpack.
 * In: a Reader. Out: msgpack in a Writer, or a DecodeFailure / TlReadError. What is read, and how it is judged, is
 * `decoding.ts`. Never: an object per value, base64, a number rounded.
 */
import {
  packArray,
  packBinary,
  packDouble,
  packInt32,
  packInt64,
  packString,
  packUint32,
} from '../bytes/msgpack-write.ts';
import { utf8End } from '../bytes/utf8.ts';
import type { Writer } from '../bytes/writer.ts';
import { BOOL_FALSE, BOOL_TRUE, Decoding, VECTOR } from './decoding.ts';

const FALSE = 0xc2;
const TRUE = 0xc3;
/** `{"_cons":"true"}` */
const TRUE_OBJECT = Buffer.from('\x81\xa5_cons\xa4true', 'latin1');

/** The `r` of generated packers. */
export class MsgpackDecoding extends Decoding {
  override int(): void {
    packInt32(this.out, this.from.int32());
  }

  override long(): void {
    const low = this.from.int32();
    packInt64(this.out, low, this.from.int32());
  }

  override double(): void {
    const low = this.from.int32();
    packDouble(this.out, low, this.from.int32());
  }

  /** As a string if it is UTF-8, else as the bytes it is. */
  override string(): void {
    const from = this.from;
    const length = from.string();
    const isText = utf8End(from.bytes, from.start, from.stop) === from.stop;
    if (isText) packString(this.out, length);
    else packBinary(this.out, length);
    this.out.raw(from.bytes, from.start, from.stop);
  }

  override bytes(): void {
    const from = this.from;
    packBinary(this.out, from.string());
    this.out.raw(from.bytes, from.start, from.stop);
  }

  override fixed(size: number): void {
    const at = this.from.skip(size);
    packBinary(this.out, size);
    this.out.raw(this.from.bytes, at, at + size);
  }

  override bool(): void {
    const crc = this.from.int32();
    if (crc === BOOL_TRUE) this.out.byte(TRUE);
    else if (crc === BOOL_FALSE) this.out.byte(FALSE);
    else this.strange(crc);
  }

  override always(): void {
    if (this.flagsAsBool) this.out.byte(TRUE);
    else this.out.raw(TRUE_OBJECT);
  }

  override vector(isBoxed: boolean, smallest: number): number {
    if (isBoxed) {
      const crc = this.from.int32();
      if (crc !== VECTOR) this.strange(crc);
    }
    this.enter();
    const count = this.from.count(smallest);
    packArray(this.out, count);
    return count;
  }

  override endVector(): void {
    this.depth--;
  }

  /** `field` is the key as msgpack, a character a byte. */
  override strayFlags(field: string, flags: number): void {
    this.out.ascii(field);
    packUint32(this.out, flags >>> 0);
  }

  protected override writeUnknown(crc: string): void {
    const { from, out } = this;
    out.ascii(`\x83\xa5_cons\xa8_unknown\xa3crc${String.fromCharCode(0xa0 | crc.length)}${crc}\xa3raw`);
    packBinary(out, from.end - from.pos);
    out.raw(from.bytes, from.pos, from.end);
  }

  protected override closeOpen(start: number): void {
    closeContainers(this.out, start);
  }
}

/**
 * Sets the count of every container that was begun and not finished to what is in it. Knows only what is written
 * here; happens once for an answer of a newer layer.
 */
function closeContainers(out: Writer, start: number): void {
  const b = out.bytes;
  const open: { at: number; promised: number; seen: number }[] = [];
  for (let p = start; p < out.pos;) {
    const { next, items } = headOf(b, p);
    const outer = open.at(-1);
    if (outer !== undefined) outer.seen++;
    if (items >= 0) open.push({ at: p, promised: items, seen: 0 });
    p = next;
    while (open.length > 0 && open.at(-1)!.seen === open.at(-1)!.promised) open.pop();
  }
  for (const { at, seen } of open) patchCount(out, at, seen);
}

/** Where a value's content or first item begins after it; `items` of a container, keys counted, else -1. */
function headOf(b: Uint8Array, p: number): { next: number; items: number } {
  const first = b[p]!;
  if (first < 0x80 || first >= 0xe0) return { next: p + 1, items: -1 };
  if (first < 0x90) return { next: p + 1, items: (first & 15) * 2 };
  if (first < 0xa0) return { next: p + 1, items: first & 15 };
  if (first < 0xc0) return { next: p + 1 + (first & 31), items: -1 };
  const size = SIZES[first]!;
  if (first === 0xc4 || first === 0xd9) return { next: p + 2 + number(b, p + 1, 1), items: -1 };
  if (first === 0xc5 || first === 0xda) return { next: p + 3 + number(b, p + 1, 2), items: -1 };
  if (first === 0xc6 || first === 0xdb) return { next: p + 5 + number(b, p + 1, 4), items: -1 };
  if (first === 0xdc || first === 0xdd) return { next: p + 1 + size, items: number(b, p + 1, size) };
  if (first === 0xde) return { next: p + 3, items: number(b, p + 1, 2) * 2 };
  return { next: p + 1 + size, items: -1 };
}

/** Bytes behind the first one, of what is written here. */
const SIZES: Readonly<Record<number, number>> = {
  0xc2: 0,
  0xc3: 0,
  0xcb: 8,
  0xce: 4,
  0xd2: 4,
  0xd3: 8,
  0xdc: 2,
  0xdd: 4,
};

function number(b: Uint8Array, p: number, size: number): number {
  let value = 0;
  for (let i = p; i < p + size; i++) value = value * 256 + b[i]!;
  return value;
}

/** Writes `seen` items, keys counted, into the head at `at`; it keeps its length. */
function patchCount(out: Writer, at: number, seen: number): void {
  const first = out.bytes[at]!;
  const count = first < 0x90 || first === 0xde ? seen / 2 : seen;
  if (first < 0xa0) out.bytes[at] = (first & 0xf0) | count;
  else if (first === 0xdd) out.view.setUint32(at + 1, count);
  else out.view.setUint16(at + 1, count);
}
