/**
 * JsonTape: one JSON text (RFC 8259) cut into a flat list of its values, once.
 * In: the bytes of one line. Out: a tape (`tape.ts`), or the fault with its position.
 * Never: builds a string or an object per value, scans a nested value twice, or takes more than linear time.
 *
 * The limits of wire: Errors (depth, values, digits, duplicate keys, UTF-8) are held here, so that whatever comes
 * later may trust the text. After a fault the tape still holds the values that were whole before it.
 */
import { ESCAPES, HEX, unescape } from './json-escapes.ts';
import { isUtf8 } from 'node:buffer';
import {
  COUNT,
  FALSE,
  hashName,
  INTEGER,
  KIND,
  MAX_DIGITS,
  MAX_ELEMENTS,
  NODE,
  NULL,
  NUMBER,
  OBJECT,
  START,
  END,
  STRING,
  STRING_ESCAPED,
  Tape,
  TRUE,
  type JsonFault,
} from './tape.ts';
import { utf8End } from './utf8.ts';
import { passed, plainEnd, viewOf } from './words.ts';

export * from './tape.ts';

/** Strings are searched byte by byte up to this many bytes, then four at a time: base64 of 512 KiB in 230 us, not 1000. */
const SHORT = 24;

/** A tape that is filled from one line of JSON; used again for each. */
export class JsonTape extends Tape {
  /** All bytes of all strings, or-ed: tells whether there is anything but ASCII. */
  #high = 0;
  #scratch = new Uint8Array(1024);

  /** Reads `bytes[start..end)`; node 0 is then the root. The block must stay as it is while the tape is in use. */
  read(bytes: Uint8Array, start: number, end: number): JsonFault | undefined {
    this.begin(bytes, start, end);
    this.#high = 0;
    const whole = this.#values() >= 0;
    // Broken UTF-8 is named first: a byte of it outside of a string would else be called bad JSON.
    if ((!whole || this.#high > 0x7f) && !isUtf8(bytes.subarray(start, end))) {
      return this.faultAt('InvalidUTF8', utf8End(bytes, start, end));
    }
    return whole ? undefined : this.fault();
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
        if (this.depth === 0) return p === end ? p : this.fail('JSONDecodeError', p);
        const c = p < end ? this.bytes[p]! : 0;
        const parent = this.open[this.depth - 1]!;
        const isObject = this.cells[parent + KIND] === OBJECT;
        this.cells[parent + COUNT]!++;
        if (c === 0x2c) {
          p = this.#space(p + 1);
          if (isObject) p = this.#key(p);
          else this.push();
          break;
        }
        if (c !== (isObject ? 0x7d : 0x5d)) return this.fail('JSONDecodeError', p);
        p = this.close(p + 1);
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

  /** One scalar, or the beginning of a container up to its first value. Fills the node pushed last. */
  #value(p: number): number {
    if (this.depth === 0) this.push();
    const node = this.used - NODE;
    const c = p < this.end ? this.bytes[p]! : 0;
    if (this.used > MAX_ELEMENTS * NODE) return this.fail('TooManyElements', p);
    if (c === 0x22) return this.#string(node, p);
    if (c === 0x7b || c === 0x5b) return this.#firstOf(node, p, c === 0x7b);
    if (c === 0x2d || (c >= 0x30 && c <= 0x39)) return this.#number(node, p);
    if (c === 0x74) return this.#literal(node, p, TRUE, LITERAL_TRUE);
    if (c === 0x66) return this.#literal(node, p, FALSE, LITERAL_FALSE);
    if (c === 0x6e) return this.#literal(node, p, NULL, LITERAL_NULL);
    return this.fail('JSONDecodeError', p);
  }

  #literal(node: number, p: number, kind: number, text: Uint8Array): number {
    const b = this.bytes;
    for (let i = 0; i < text.length; i++) {
      if (p + i >= this.end || b[p + i] !== text[i]) return this.fail('JSONDecodeError', p + i);
    }
    return this.done(node, kind, p, p + text.length);
  }

  /** Opens a container, and goes to its first value; an empty one is closed at once. */
  #firstOf(node: number, at: number, isObject: boolean): number {
    if (!this.openContainer(node, at, isObject)) return -1;
    let p = this.#space(at + 1);
    const c = p < this.end ? this.bytes[p]! : 0;
    if (c === (isObject ? 0x7d : 0x5d)) return this.close(p + 1);
    if (isObject) p = this.#key(p);
    else this.push();
    return p < 0 ? p : this.#value(p);
  }

  /** A member's key and its colon; pushes the member's node. */
  #key(at: number): number {
    const b = this.bytes;
    const end = this.end;
    if (at >= end || b[at] !== 0x22) return this.fail('JSONDecodeError', at);
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
    if (p >= end || b[p] !== 0x22) return this.fail('JSONDecodeError', p);
    return this.#colon(this.member(start, p, hash, p + 1));
  }

  #escapedKey(start: number, firstEscape: number): number {
    const stop = this.#escapedEnd(firstEscape);
    if (stop < 0) return stop;
    const at = this.namesUsed;
    if (at + stop - start > this.names.length) {
      const grown = new Uint8Array((at + stop - start) * 2);
      grown.set(this.names);
      this.names = grown;
    }
    this.namesUsed = Math.abs(unescape(this.bytes, start, stop, this.names, at));
    return this.#colon(this.member(~at, this.namesUsed, hashName(this.names, at, this.namesUsed), stop + 1));
  }

  /** Steps over a member's colon. */
  #colon(after: number): number {
    if (after < 0) return after;
    const p = this.#space(after);
    if (p >= this.end || this.bytes[p] !== 0x3a) return this.fail('JSONDecodeError', p);
    return this.#space(p + 1);
  }

  #string(node: number, at: number): number {
    const b = this.bytes;
    const end = this.end;
    const short = Math.min(end, at + SHORT);
    let high = 0;
    let p = at + 1;
    for (; p < short; p++) {
      const c = b[p]!;
      if (c === 0x22 || c === 0x5c || c < 0x20) break;
      high |= c;
    }
    if (p === short) p = this.#longString(p);
    this.#high |= high;
    if (p < end && b[p] === 0x22) return this.done(node, STRING, at, p + 1);
    if (p >= end || b[p] !== 0x5c) return this.fail('JSONDecodeError', p);
    const stop = this.#escapedEnd(p);
    return stop < 0 ? stop : this.done(node, STRING_ESCAPED, at, stop + 1);
  }

  /** The rest of a long string, up to what cannot stand in it as it is. */
  #longString(at: number): number {
    const b = this.bytes;
    const end = this.end;
    let p = plainEnd(viewOf(b), at, end);
    if (passed.bits !== 0) this.#high = 0x80;
    for (; p < end; p++) {
      const c = b[p]!;
      if (c === 0x22 || c === 0x5c || c < 0x20) break;
      this.#high |= c;
    }
    return p;
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
          if (p + i >= end || HEX[b[p + i]!]! < 0) return this.fail('JSONDecodeError', Math.min(p + i, end));
        p += 4;
      } else if (ESCAPES[kind] === 0) break;
      p++;
    }
    return this.fail('JSONDecodeError', p);
  }

  #number(node: number, at: number): number {
    const b = this.bytes;
    let p = b[at] === 0x2d ? at + 1 : at;
    let signs = p - at;
    let kind = INTEGER;
    let stop = this.#digits(p);
    if (stop < 0) return stop;
    if (b[p] === 0x30 && stop > p + 1) return this.fail('JSONDecodeError', p + 1);
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
    if (p - at - signs > MAX_DIGITS) return this.fail('NumberTooLong', at);
    return this.done(node, kind, at, p);
  }

  /** Steps over digits, one at least. */
  #digits(at: number): number {
    const b = this.bytes;
    const end = this.end;
    let p = at;
    while (p < end && b[p]! >= 0x30 && b[p]! <= 0x39) p++;
    return p > at ? p : this.fail('JSONDecodeError', p);
  }

  /** As `Tape.text`; what has backslashes is unescaped. -1 for a surrogate without its other half. */
  override text(node: number): number {
    const t = this.cells;
    if (t[node + KIND] === STRING) return super.text(node);
    const start = t[node + START]! + 1;
    const stop = t[node + END]! - 1;
    if (this.#scratch.length < stop - start) this.#scratch = new Uint8Array((stop - start) * 2);
    this.textBytes = this.#scratch;
    this.textStart = 0;
    const length = unescape(this.bytes, start, stop, this.#scratch, 0);
    this.textEnd = Math.max(0, length);
    return length < 0 ? -1 : length;
  }
}

const LITERAL_TRUE = Buffer.from('true');
const LITERAL_FALSE = Buffer.from('false');
const LITERAL_NULL = Buffer.from('null');
