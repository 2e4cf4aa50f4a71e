/**
 * JsonTape: one JSON text (RFC 8259) cut into a flat list of its values, once.
 * In: the bytes of one line. Out: a tape of eight numbers a value (below), or the fault with its position.
 * Never: builds a string or an object per value, scans a nested value twice, or takes more than linear time.
 *
 * A node is the offset of its first cell. Children follow their container at once, so:
 *   for (let m = node + NODE, end = cells[node + NEXT]; m < end; m = cells[m + NEXT]) …
 * walks the members of an object or the items of an array.
 *
 * The limits of wire.md 5 (depth, values, digits, duplicate keys, UTF-8) are held here, so that whatever comes
 * later may trust the text. After a fault the tape still holds the values that were whole before it.
 */
import { isUtf8 } from 'node:buffer';
import { utf8End } from './utf8.ts';

/** Cells of one node. */
export const NODE = 8;
export const KIND = 0;
/** First byte, absolute in the block; of a string its quote. */
export const START = 1;
/** Byte behind the last one. */
export const END = 2;
/** Node behind this value and all that is in it; 0 while the value is not whole. */
export const NEXT = 3;
/** Key of an object's member, without quotes. Below zero: an offset into the unescaped keys, inverted. */
export const KEY_START = 4;
export const KEY_END = 5;
/** `hashName` of the key, unescaped. */
export const HASH = 6;
/** Members or items of a container. */
export const COUNT = 7;

export const OBJECT = 1;
export const ARRAY = 2;
export const STRING = 3;
/** A string with at least one backslash. */
export const STRING_ESCAPED = 4;
/** A number without fraction and exponent. */
export const INTEGER = 5;
export const NUMBER = 6;
export const TRUE = 7;
export const FALSE = 8;
export const NULL = 9;

const KIND_NAMES = ['nothing', 'object', 'array', 'string', 'string', 'number', 'number', 'boolean', 'boolean', 'null'];

export const MAX_DEPTH = 64;
export const MAX_ELEMENTS = 200_000;
export const MAX_DIGITS = 40;
/** Up to so many members a new key is held against its forerunners; more are sorted by hash when the object closes. */
const FEW_MEMBERS = 32;
/** Bytes of one key that an error path shows. */
const SHOWN_KEY = 64;

export type JsonFaultCode =
  | 'JSONDecodeError'
  | 'InvalidUTF8'
  | 'DepthExceeded'
  | 'TooManyElements'
  | 'NumberTooLong'
  | 'DuplicateKey';

/** What is wrong with a line; the names are those of wire.md 5. */
export interface JsonFault {
  readonly code: JsonFaultCode;
  /** Offset in the line of the first byte that cannot stand there; the line's length if it ends too early. */
  readonly pos: number;
  /** The limit that was passed, or 0. */
  readonly limit: number;
}

const LIMITS: Record<JsonFaultCode, number> = {
  JSONDecodeError: 0,
  InvalidUTF8: 0,
  DepthExceeded: MAX_DEPTH,
  TooManyElements: MAX_ELEMENTS,
  NumberTooLong: MAX_DIGITS,
  DuplicateKey: 0,
};

/** FNV-1a over the bytes of a name: how keys and constructor names are looked up. Not secret, so compare bytes too. */
export function hashName(bytes: Uint8Array, start = 0, stop = bytes.length): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = start; i < stop; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}

export class JsonTape {
  /** The nodes. May be replaced by `read`. */
  cells = new Int32Array(256 * NODE);
  /** Cells in use. */
  used = 0;
  /** The block that was read last; positions of nodes point into it. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;

  /** Where the text made by `text` stands. */
  textBytes: Uint8Array = this.bytes;
  textStart = 0;
  textEnd = 0;

  /** Open containers, and for each the hashes seen in it, five bits of each. */
  readonly #open = new Int32Array(MAX_DEPTH);
  readonly #seen = new Int32Array(MAX_DEPTH);
  #depth = 0;
  /** All bytes of all strings, or-ed: tells whether there is anything but ASCII. */
  #high = 0;
  #code: JsonFaultCode = 'JSONDecodeError';
  #at = 0;

  #names = new Uint8Array(256);
  #namesUsed = 0;
  #scratch = new Uint8Array(1024);
  #sorted = new Float64Array(0);

  /** Reads `bytes[start..end)`; node 0 is then the root. The block must stay as it is while the tape is in use. */
  read(bytes: Uint8Array, start: number, end: number): JsonFault | undefined {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.used = 0;
    this.#depth = 0;
    this.#high = 0;
    this.#namesUsed = 0;
    const whole = this.#values() >= 0;
    // Broken UTF-8 is named first: a byte of it outside of a string would else be called bad JSON.
    if ((!whole || this.#high > 0x7f) && !isUtf8(bytes.subarray(start, end))) {
      return this.#faultAt('InvalidUTF8', utf8End(bytes, start, end));
    }
    return whole ? undefined : this.#faultAt(this.#code, this.#at);
  }

  #faultAt(code: JsonFaultCode, at: number): JsonFault {
    return { code, pos: at - this.start, limit: LIMITS[code] };
  }

  #fail(code: JsonFaultCode, at: number): -1 {
    this.#code = code;
    this.#at = at;
    return -1;
  }

  /** The whole text: one value with white space around it. Iterative, so that depth costs no stack. Below zero: a fault. */
  #values(): number {
    const end = this.end;
    let p = this.#space(this.start);
    while (p >= 0) {
      p = this.#value(p);
      // After a value: close what closes, go on to the next member, or be done.
      while (p >= 0) {
        p = this.#space(p);
        if (this.#depth === 0) return p === end ? p : this.#fail('JSONDecodeError', p);
        const c = p < end ? this.bytes[p]! : 0;
        const parent = this.#open[this.#depth - 1]!;
        const isObject = this.cells[parent + KIND] === OBJECT;
        this.cells[parent + COUNT]!++;
        if (c === 0x2c) {
          p = this.#space(p + 1);
          if (isObject) p = this.#key(p);
          else this.#push();
          break;
        }
        if (c !== (isObject ? 0x7d : 0x5d)) return this.#fail('JSONDecodeError', p);
        p = this.#close(p + 1);
      }
    }
    return p;
  }

  #space(at: number): number {
    const b = this.bytes;
    const end = this.end;
    let p = at;
    while (p < end) {
      const c = b[p]!;
      if (c > 0x20 || (c !== 0x20 && c !== 0x09 && c !== 0x0a && c !== 0x0d)) break;
      p++;
    }
    return p;
  }

  /** A new node with everything but its key still to be set. */
  #push(): number {
    const node = this.used;
    if (node + NODE > this.cells.length) {
      const grown = new Int32Array(this.cells.length * 2);
      grown.set(this.cells);
      this.cells = grown;
    }
    const t = this.cells;
    t[node + KIND] = 0;
    t[node + NEXT] = 0;
    t[node + KEY_START] = 0;
    t[node + KEY_END] = 0;
    this.used = node + NODE;
    return node;
  }

  /** One scalar, or the beginning of a container up to its first value. Fills the node pushed last. */
  #value(p: number): number {
    if (this.#depth === 0) this.#push();
    const node = this.used - NODE;
    const c = p < this.end ? this.bytes[p]! : 0;
    if (this.used > MAX_ELEMENTS * NODE) return this.#fail('TooManyElements', p);
    if (c === 0x22) return this.#string(node, p);
    if (c === 0x7b || c === 0x5b) return this.#openContainer(node, p, c === 0x7b);
    if (c === 0x2d || (c >= 0x30 && c <= 0x39)) return this.#number(node, p);
    if (c === 0x74) return this.#literal(node, p, TRUE, LITERAL_TRUE);
    if (c === 0x66) return this.#literal(node, p, FALSE, LITERAL_FALSE);
    if (c === 0x6e) return this.#literal(node, p, NULL, LITERAL_NULL);
    return this.#fail('JSONDecodeError', p);
  }

  #done(node: number, kind: number, start: number, end: number): number {
    const t = this.cells;
    t[node + KIND] = kind;
    t[node + START] = start;
    t[node + END] = end;
    t[node + NEXT] = node + NODE;
    return end;
  }

  #literal(node: number, p: number, kind: number, text: Uint8Array): number {
    const b = this.bytes;
    for (let i = 0; i < text.length; i++) {
      if (p + i >= this.end || b[p + i] !== text[i]) return this.#fail('JSONDecodeError', p + i);
    }
    return this.#done(node, kind, p, p + text.length);
  }

  /** Opens a container, and goes to its first value; an empty one is closed at once. */
  #openContainer(node: number, at: number, isObject: boolean): number {
    if (this.#depth === MAX_DEPTH) return this.#fail('DepthExceeded', at);
    const t = this.cells;
    t[node + KIND] = isObject ? OBJECT : ARRAY;
    t[node + START] = at;
    t[node + COUNT] = 0;
    this.#open[this.#depth] = node;
    this.#seen[this.#depth] = 0;
    this.#depth++;
    let p = this.#space(at + 1);
    const c = p < this.end ? this.bytes[p]! : 0;
    if (c === (isObject ? 0x7d : 0x5d)) return this.#close(p + 1);
    if (isObject) p = this.#key(p);
    else this.#push();
    return p < 0 ? p : this.#value(p);
  }

  #close(p: number): number {
    this.#depth--;
    const node = this.#open[this.#depth]!;
    const t = this.cells;
    t[node + END] = p;
    t[node + NEXT] = this.used;
    const count = t[node + COUNT]!;
    if (count > FEW_MEMBERS && t[node + KIND] === OBJECT && !this.#allDiffer(node, count)) return -1;
    return p;
  }

  /** A member's key and its colon; pushes the member's node. */
  #key(at: number): number {
    const b = this.bytes;
    const end = this.end;
    if (at >= end || b[at] !== 0x22) return this.#fail('JSONDecodeError', at);
    const start = at + 1;
    let hash = 0x811c9dc5 | 0;
    let high = 0;
    let p = start;
    for (; p < end; p++) {
      const c = b[p]!;
      if (c === 0x22) break;
      if (c < 0x20 || c === 0x5c) break;
      high |= c;
      hash = Math.imul(hash ^ c, 0x01000193);
    }
    this.#high |= high;
    if (p < end && b[p] === 0x5c) return this.#escapedKey(start, p);
    if (p >= end || b[p] !== 0x22) return this.#fail('JSONDecodeError', p);
    return this.#member(start, p, hash, p + 1);
  }

  #escapedKey(start: number, firstEscape: number): number {
    const stop = this.#escapedEnd(firstEscape);
    if (stop < 0) return stop;
    const at = this.#namesUsed;
    if (at + stop - start > this.#names.length) {
      const grown = new Uint8Array((at + stop - start) * 2);
      grown.set(this.#names);
      this.#names = grown;
    }
    this.#namesUsed = Math.abs(unescape(this.bytes, start, stop, this.#names, at));
    return this.#member(~at, this.#namesUsed, hashName(this.#names, at, this.#namesUsed), stop + 1);
  }

  /** Enters the key of a member, refuses one that was there before, steps over the colon. */
  #member(keyStart: number, keyEnd: number, hash: number, after: number): number {
    const parent = this.#open[this.#depth - 1]!;
    const node = this.#push();
    const t = this.cells;
    t[node + KEY_START] = keyStart;
    t[node + KEY_END] = keyEnd;
    t[node + HASH] = hash;
    const bit = 1 << ((hash ^ (hash >>> 16)) & 31);
    const seen = this.#seen[this.#depth - 1]!;
    this.#seen[this.#depth - 1] = seen | bit;
    if ((seen & bit) !== 0 && this.#isAmongFirst(parent, node)) {
      this.used = node;
      return this.#fail('DuplicateKey', after - 1);
    }
    const p = this.#space(after);
    if (p >= this.end || this.bytes[p] !== 0x3a) return this.#fail('JSONDecodeError', p);
    return this.#space(p + 1);
  }

  #isAmongFirst(parent: number, node: number): boolean {
    const t = this.cells;
    let left = FEW_MEMBERS;
    for (let m = parent + NODE; m < node && left > 0; m = t[m + NEXT]!, left--) {
      if (t[m + HASH] === t[node + HASH] && this.#sameKey(m, node)) return true;
    }
    return false;
  }

  #sameKey(one: number, other: number): boolean {
    const name = this.#keyBytes(other);
    return this.keyIs(one, name.bytes, name.start, name.stop);
  }

  #keyBytes(node: number): { bytes: Uint8Array; start: number; stop: number } {
    const start = this.cells[node + KEY_START]!;
    const stop = this.cells[node + KEY_END]!;
    return start < 0 ? { bytes: this.#names, start: ~start, stop } : { bytes: this.bytes, start, stop };
  }

  /** Whether a member's key is `name[start..stop)`. Hashes are the caller's to compare first. */
  keyIs(node: number, name: Uint8Array, start = 0, stop = name.length): boolean {
    let at = this.cells[node + KEY_START]!;
    const length = stop - start;
    let from = this.bytes;
    if (at < 0) {
      at = ~at;
      from = this.#names;
    }
    if (this.cells[node + KEY_END]! - at !== length) return false;
    for (let i = 0; i < length; i++) if (from[at + i] !== name[start + i]) return false;
    return true;
  }

  /**
   * Whether no two of many keys are the same: sorts hash and place in one double each (32 + 18 bits; native sort),
   * then looks at equal hashes only. A client that makes hashes collide on purpose falls through to a Set.
   */
  #allDiffer(parent: number, count: number): boolean {
    if (this.#sorted.length < count) this.#sorted = new Float64Array(Math.max(1024, count));
    const sorted = this.#sorted.subarray(0, count);
    const t = this.cells;
    let n = 0;
    for (let m = parent + NODE; n < count; m = t[m + NEXT]!) sorted[n++] = (t[m + HASH]! >>> 0) * 0x40000 + m / NODE;
    sorted.sort();
    let from = 0;
    for (let i = 1; i <= count; i++) {
      if (i < count && Math.floor(sorted[i]! / 0x40000) === Math.floor(sorted[from]! / 0x40000)) continue;
      if (i - from > 1 && !this.#allNamesDiffer(sorted.subarray(from, i))) return false;
      from = i;
    }
    return true;
  }

  #allNamesDiffer(places: Float64Array): boolean {
    const names = new Set<string>();
    for (const [i, place] of places.entries()) {
      const node = (place % 0x40000) * NODE;
      const { bytes, start, stop } = this.#keyBytes(node);
      names.add(Buffer.from(bytes.buffer, bytes.byteOffset + start, stop - start).toString('latin1'));
      if (names.size <= i) return this.#fail('DuplicateKey', this.cells[node + START]!) > 0;
    }
    return true;
  }

  #string(node: number, at: number): number {
    const b = this.bytes;
    const end = this.end;
    let high = 0;
    let p = at + 1;
    for (; p < end; p++) {
      const c = b[p]!;
      if (c === 0x22 || c === 0x5c || c < 0x20) break;
      high |= c;
    }
    this.#high |= high;
    if (p < end && b[p] === 0x22) return this.#done(node, STRING, at, p + 1);
    if (p >= end || b[p] !== 0x5c) return this.#fail('JSONDecodeError', p);
    const stop = this.#escapedEnd(p);
    return stop < 0 ? stop : this.#done(node, STRING_ESCAPED, at, stop + 1);
  }

  /** From a backslash to the closing quote, with every escape checked. */
  #escapedEnd(at: number): number {
    const b = this.bytes;
    const end = this.end;
    let p = at;
    while (p < end) {
      const c = b[p]!;
      if (c === 0x22) return p;
      if (c < 0x20) break;
      this.#high |= c;
      p++;
      if (c !== 0x5c) continue;
      const kind = p < end ? b[p]! : 0;
      if (kind === 0x75) {
        for (let i = 1; i <= 4; i++)
          if (p + i >= end || HEX[b[p + i]!]! < 0) return this.#fail('JSONDecodeError', Math.min(p + i, end));
        p += 4;
      } else if (ESCAPES[kind] === 0) break;
      p++;
    }
    return this.#fail('JSONDecodeError', p);
  }

  #number(node: number, at: number): number {
    const b = this.bytes;
    let p = b[at] === 0x2d ? at + 1 : at;
    let signs = p - at;
    let kind = INTEGER;
    let stop = this.#digits(p);
    if (stop < 0) return stop;
    if (b[p] === 0x30 && stop > p + 1) return this.#fail('JSONDecodeError', p + 1);
    p = stop;
    if (p < this.end && b[p] === 0x2e) {
      kind = NUMBER;
      signs++;
      stop = this.#digits(p + 1);
      if (stop < 0) return stop;
      p = stop;
    }
    if (p < this.end && (b[p]! | 0x20) === 0x65) {
      kind = NUMBER;
      const sign = p + 1 < this.end && (b[p + 1] === 0x2b || b[p + 1] === 0x2d) ? 2 : 1;
      signs += sign;
      stop = this.#digits(p + sign);
      if (stop < 0) return stop;
      p = stop;
    }
    if (p - at - signs > MAX_DIGITS) return this.#fail('NumberTooLong', at);
    return this.#done(node, kind, at, p);
  }

  /** At least one digit. */
  #digits(at: number): number {
    const b = this.bytes;
    const end = this.end;
    let p = at;
    while (p < end && b[p]! >= 0x30 && b[p]! <= 0x39) p++;
    return p > at ? p : this.#fail('JSONDecodeError', p);
  }

  /**
   * The content of a string node as UTF-8: sets `textBytes`, `textStart`, `textEnd`, good until the next call.
   * Without a backslash that is the line itself.
   * @returns its length in bytes, or -1 for a surrogate without its other half, which UTF-8 cannot carry
   */
  text(node: number): number {
    const t = this.cells;
    const start = t[node + START]! + 1;
    const stop = t[node + END]! - 1;
    if (t[node + KIND] === STRING) {
      this.textBytes = this.bytes;
      this.textStart = start;
      this.textEnd = stop;
      return stop - start;
    }
    if (this.#scratch.length < stop - start) this.#scratch = new Uint8Array((stop - start) * 2);
    this.textBytes = this.#scratch;
    this.textStart = 0;
    const length = unescape(this.bytes, start, stop, this.#scratch, 0);
    this.textEnd = Math.max(0, length);
    return length < 0 ? -1 : length;
  }

  /** `string`, `number`, …: for error texts. */
  kindName(node: number): string {
    return KIND_NAMES[this.cells[node + KIND]!]!;
  }

  /** A key for error paths: cut to 64 bytes. */
  keyText(node: number): string {
    const { bytes, start, stop } = this.#keyBytes(node);
    const shown = Math.min(stop, start + SHOWN_KEY);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, shown - start).toString('utf8');
    return shown < stop ? `${text}…` : text;
  }

  /** The path from `root` (called `name`) down to `node`, as `message.peer.id[3]`: walked only once there is an error. */
  path(root: number, node: number, name: string): string {
    const t = this.cells;
    let at = root;
    let path = name;
    while (at !== node) {
      let child = at + NODE;
      let index = 0;
      while (t[child + NEXT]! <= node) {
        child = t[child + NEXT]!;
        index++;
      }
      path += t[at + KIND] === OBJECT ? `.${this.keyText(child)}` : `[${index}]`;
      at = child;
    }
    return path;
  }
}

const LITERAL_TRUE = Buffer.from('true');
const LITERAL_FALSE = Buffer.from('false');
const LITERAL_NULL = Buffer.from('null');

/** Value of a hexadecimal digit, or -1. */
const HEX = new Int8Array(256).fill(-1);
for (const digit of '0123456789abcdefABCDEF') HEX[digit.charCodeAt(0)] = Number.parseInt(digit, 16);

/** What stands for a character behind a backslash; 0 for one that may not stand there. `u` apart. */
const ESCAPES = new Uint8Array(256);
for (const [name, value] of Object.entries({
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
})) {
  ESCAPES[name.charCodeAt(0)] = value.charCodeAt(0);
}

/**
 * Writes a checked JSON string's content without its escapes into `to` from `at` on; never longer than it was.
 * @returns where it ends, negated if there was a lone surrogate (written as three bytes all the same)
 */
function unescape(from: Uint8Array, start: number, stop: number, to: Uint8Array, at: number): number {
  let p = at;
  let isWhole = true;
  for (let i = start; i < stop;) {
    const c = from[i]!;
    if (c !== 0x5c) {
      to[p++] = c;
      i++;
    } else if (from[i + 1] !== 0x75) {
      to[p++] = ESCAPES[from[i + 1]!]!;
      i += 2;
    } else {
      let code = unit(from, i + 2);
      i += 6;
      if (code >= 0xd800 && code < 0xe000) {
        const low = i + 6 <= stop && from[i] === 0x5c && from[i + 1] === 0x75 ? unit(from, i + 2) : 0;
        if (code < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
          i += 6;
        } else isWhole = false;
      }
      p = putCodePoint(to, p, code);
    }
  }
  return isWhole ? p : -p;
}

function unit(from: Uint8Array, at: number): number {
  return (HEX[from[at]!]! << 12) | (HEX[from[at + 1]!]! << 8) | (HEX[from[at + 2]!]! << 4) | HEX[from[at + 3]!]!;
}

function putCodePoint(to: Uint8Array, at: number, code: number): number {
  let p = at;
  if (code < 0x80) to[p++] = code;
  else if (code < 0x800) to[p++] = 0xc0 | (code >> 6);
  else if (code < 0x10000) {
    to[p++] = 0xe0 | (code >> 12);
    to[p++] = 0x80 | ((code >> 6) & 0x3f);
  } else {
    to[p++] = 0xf0 | (code >> 18);
    to[p++] = 0x80 | ((code >> 12) & 0x3f);
    to[p++] = 0x80 | ((code >> 6) & 0x3f);
  }
  if (code >= 0x80) to[p++] = 0x80 | (code & 0x3f);
  return p;
}
