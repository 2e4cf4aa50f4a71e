/**
 * MsgpackTape: one msgpack value cut into the flat list that JSON is cut into too (`tape.ts`), once.
 * In: the bytes of one frame. Out: a tape, or the fault with its position.
 * Never: builds an object, takes a count at its word before the bytes for it are there, or recurses.
 *
 * Keys are strings; strings are UTF-8 (what is not goes as bytes); depth, values and duplicate keys are held to the
 * limits of wire: Errors here, so that whatever comes later may trust the tape. A string's node stands as if it had
 * quotes, one byte before and one behind, so that readers of JSON strings read it as it is.
 */
import { isUtf8 } from 'node:buffer';
import {
  BINARY,
  COUNT,
  EXTENSION,
  FALSE,
  MAX_DEPTH,
  MAX_ELEMENTS,
  NODE,
  NULL,
  OBJECT,
  PACKED_FLOAT,
  PACKED_INTEGER,
  STRING,
  Tape,
  TRUE,
  KIND,
  ARRAY,
  type JsonFault,
} from './tape.ts';
import { utf8End } from './utf8.ts';

/** The kind of value that a first byte begins; 0 for 0xc1, which begins none. */
const FORM = new Uint8Array(256);
/** Bytes of length or count behind a first byte; of a value that has neither, bytes of content. */
const HEAD = new Uint8Array(256);
form(0x00, 0x7f, PACKED_INTEGER, 0);
form(0x80, 0x8f, OBJECT, 0);
form(0x90, 0x9f, ARRAY, 0);
form(0xa0, 0xbf, STRING, 0);
form(0xc0, 0xc0, NULL, 0);
form(0xc2, 0xc2, FALSE, 0);
form(0xc3, 0xc3, TRUE, 0);
form(0xe0, 0xff, PACKED_INTEGER, 0);
for (const [at, kind, ...heads] of [
  [0xc4, BINARY, 1, 2, 4],
  [0xc7, EXTENSION, 1, 2, 4],
  [0xca, PACKED_FLOAT, 4, 8],
  [0xcc, PACKED_INTEGER, 1, 2, 4, 8, 1, 2, 4, 8],
  [0xd4, EXTENSION, 2, 3, 5, 9, 17],
  [0xd9, STRING, 1, 2, 4],
  [0xdc, ARRAY, 2, 4],
  [0xde, OBJECT, 2, 4],
] as const) {
  for (const [i, head] of heads.entries()) form(at + i, at + i, kind, head);
}

function form(first: number, last: number, kind: number, head: number): void {
  FORM.fill(kind, first, last + 1);
  HEAD.fill(head, first, last + 1);
}

/** From this many bytes on Node's check of UTF-8 is faster than the loop. */
const NATIVE_FROM = 64;

/** A tape that is filled from one frame of msgpack; used again for each. */
export class MsgpackTape extends Tape {
  /** Values still to come in each open container; of a map its members. */
  readonly #left = new Float64Array(MAX_DEPTH);

  /** Reads `bytes[start..end)`, one value and nothing behind it; node 0 is then the root. As `JsonTape.read`. */
  read(bytes: Uint8Array, start: number, end: number): JsonFault | undefined {
    this.begin(bytes, start, end);
    return this.#values() < 0 ? this.fault() : undefined;
  }

  #values(): number {
    this.push();
    let p = this.#value(this.start);
    while (p >= 0) {
      while (p >= 0 && this.depth > 0 && this.#left[this.depth - 1] === 0) p = this.close(p);
      if (p < 0) break;
      if (this.depth === 0) return p === this.end ? p : this.fail('JSONDecodeError', p);
      this.#left[this.depth - 1]!--;
      if (this.cells[this.open[this.depth - 1]! + KIND] === OBJECT) p = this.#key(p);
      else this.push();
      if (p >= 0) p = this.#value(p);
    }
    return p;
  }

  /** One scalar, or the head of a container. Fills the node pushed last. */
  #value(p: number): number {
    const node = this.used - NODE;
    if (p >= this.end) return this.fail('JSONDecodeError', this.end);
    if (this.used > MAX_ELEMENTS * NODE) return this.fail('TooManyElements', p);
    const first = this.bytes[p]!;
    const kind = FORM[first]!;
    switch (kind) {
      case PACKED_INTEGER:
      case PACKED_FLOAT:
        return this.#scalar(node, p, kind, p + 1 + HEAD[first]!);
      case STRING:
        return this.#string(node, p, first);
      case OBJECT:
      case ARRAY:
        return this.#container(node, p, first);
      case BINARY:
        return this.#binary(node, p, first);
      case EXTENSION:
        return this.#extension(node, p, first);
      case 0:
        return this.fail('JSONDecodeError', p);
      default:
        return this.done(node, kind, p, p + 1);
    }
  }

  #scalar(node: number, p: number, kind: number, end: number): number {
    return end > this.end ? this.fail('JSONDecodeError', this.end) : this.done(node, kind, p, end);
  }

  /** A big-endian length of 1, 2 or 4 bytes; -1 if the frame ends within it. */
  #length(p: number, size: number): number {
    if (p + size > this.end) return this.fail('JSONDecodeError', this.end);
    const b = this.bytes;
    let length = 0;
    for (let i = p; i < p + size; i++) length = length * 256 + b[i]!;
    return length;
  }

  #string(node: number, p: number, first: number): number {
    const size = HEAD[first]!;
    const length = size === 0 ? first & 31 : this.#length(p + 1, size);
    const start = p + 1 + size;
    if (length < 0 || start + length > this.end) return this.fail('JSONDecodeError', this.end);
    if (!this.#isText(start, start + length))
      return this.fail('InvalidUTF8', utf8End(this.bytes, start, start + length));
    this.done(node, STRING, start - 1, start + length + 1);
    return start + length;
  }

  #isText(start: number, stop: number): boolean {
    const b = this.bytes;
    if (stop - start >= NATIVE_FROM) return isUtf8(b.subarray(start, stop));
    let high = 0;
    for (let i = start; i < stop; i++) high |= b[i]!;
    return high < 0x80 || utf8End(b, start, stop) === stop;
  }

  #binary(node: number, p: number, first: number): number {
    const size = HEAD[first]!;
    const length = this.#length(p + 1, size);
    const start = p + 1 + size;
    if (length < 0 || start + length > this.end) return this.fail('JSONDecodeError', this.end);
    return this.done(node, BINARY, start, start + length);
  }

  /** Steps over an extension: no field takes one, and one that gets it says so with its path. */
  #extension(node: number, p: number, first: number): number {
    const size = HEAD[first]!;
    if (first >= 0xd4) return this.#scalar(node, p, EXTENSION, p + 1 + size);
    const length = this.#length(p + 1, size);
    return length < 0 ? length : this.#scalar(node, p, EXTENSION, p + 2 + size + length);
  }

  #container(node: number, p: number, first: number): number {
    const size = HEAD[first]!;
    const isObject = FORM[first] === OBJECT;
    const count = size === 0 ? first & 15 : this.#length(p + 1, size);
    const after = p + 1 + size;
    // Each item takes a byte at least, each member two.
    if (count < 0 || (isObject ? count * 2 : count) > this.end - after) return this.fail('JSONDecodeError', this.end);
    if (!this.openContainer(node, p, isObject)) return -1;
    this.cells[node + COUNT] = count;
    this.#left[this.depth - 1] = count;
    return after;
  }

  /** A member's key; pushes the member's node. */
  #key(p: number): number {
    const b = this.bytes;
    const first = p < this.end ? b[p]! : 0xc1;
    if (FORM[first] !== STRING) return this.fail('JSONDecodeError', Math.min(p, this.end));
    const size = HEAD[first]!;
    const length = size === 0 ? first & 31 : this.#length(p + 1, size);
    const start = p + 1 + size;
    const stop = start + length;
    if (length < 0 || stop > this.end) return this.fail('JSONDecodeError', this.end);
    let hash = 0x811c9dc5 | 0;
    let high = 0;
    for (let i = start; i < stop; i++) {
      high |= b[i]!;
      hash = Math.imul(hash ^ b[i]!, 0x01000193);
    }
    if (high >= 0x80 && !this.#isText(start, stop)) return this.fail('InvalidUTF8', utf8End(b, start, stop));
    return this.member(start, stop, hash, stop);
  }
}
