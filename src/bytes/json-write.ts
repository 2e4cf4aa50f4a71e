/**
 * JSON text written as bytes: strings, numbers, base64.
 * In: ranges of UTF-8 or raw bytes, numbers. Out: JSON in a Writer.
 * Never: escapes what need not be, or writes bytes that are no UTF-8.
 */
import { writeBase64 } from './base64.ts';
import { utf8End } from './utf8.ts';
import { Piece, type Writer } from './writer.ts';

const PLAIN = 0;
const HIGH = 1;
const ESCAPE = 2;
/** What a byte of a string is: plain ASCII, part of a longer UTF-8 sequence, or one that must be escaped. */
const CLASS = new Uint8Array(256);
CLASS.fill(ESCAPE, 0, 0x20);
CLASS.fill(HIGH, 0x80);
CLASS[0x22] = ESCAPE;
CLASS[0x5c] = ESCAPE;

/** The letter behind the backslash, or 0 where only `\u00xx` will do. */
const SHORT_ESCAPE = new Uint8Array(256);
for (const [code, letter] of [
  [0x22, '"'],
  [0x5c, '\\'],
  [0x08, 'b'],
  [0x0c, 'f'],
  [0x0a, 'n'],
  [0x0d, 'r'],
  [0x09, 't'],
] as const) {
  SHORT_ESCAPE[code] = letter.charCodeAt(0);
}
const HEX = Buffer.from('0123456789abcdef');

const BYTES_OPEN = new Piece('{"_bytes":"');
const BYTES_CLOSE = new Piece('"}');

/** Writes `from[start..stop)` as a JSON string; bytes that are no UTF-8 as `{"_bytes":"<base64>"}` (wire.md 4). */
export function writeString(out: Writer, from: Uint8Array, start: number, stop: number): void {
  out.ensure(stop - start + 2);
  const to = out.bytes;
  let p = out.pos;
  to[p++] = 0x22;
  let i = start;
  while (i < stop) {
    const c = from[i]!;
    if (CLASS[c] !== PLAIN) break;
    to[p++] = c;
    i++;
  }
  if (i === stop) {
    to[p++] = 0x22;
    out.pos = p;
  } else if (utf8End(from, i, stop) === stop) {
    out.pos = p;
    writeRest(out, from, i, stop);
  } else {
    out.piece(BYTES_OPEN);
    writeBase64(out, from, start, stop);
    out.piece(BYTES_CLOSE);
  }
}

/** The rest of a string that is known to be UTF-8, and the quote. */
function writeRest(out: Writer, from: Uint8Array, start: number, stop: number): void {
  let to = out.bytes;
  let p = out.pos;
  for (let i = start; i < stop; i++) {
    const c = from[i]!;
    if (CLASS[c] !== ESCAPE) {
      to[p++] = c;
      continue;
    }
    out.pos = p;
    out.ensure(stop - i + 8);
    to = out.bytes;
    p = putEscape(to, p, c);
  }
  to[p++] = 0x22;
  out.pos = p;
}

function putEscape(to: Uint8Array, at: number, code: number): number {
  let p = at;
  to[p++] = 0x5c;
  const letter = SHORT_ESCAPE[code]!;
  if (letter !== 0) {
    to[p++] = letter;
    return p;
  }
  to[p++] = 0x75;
  to[p++] = 0x30;
  to[p++] = 0x30;
  to[p++] = HEX[code >> 4]!;
  to[p++] = HEX[code & 15]!;
  return p;
}

/** A JavaScript string as a JSON string: for texts of the gateway's own. Lone surrogates become U+FFFD. */
export function writeText(out: Writer, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  writeString(out, bytes, 0, bytes.length);
}

/** Bytes as a JSON string of base64. */
export function writeBytes(out: Writer, from: Uint8Array, start: number, stop: number): void {
  out.byte(0x22);
  writeBase64(out, from, start, stop);
  out.byte(0x22);
}
