/**
 * JSON escapes: what stands behind a backslash in a JSON string, and strings without it.
 * In: bytes of a string that was checked. Out: UTF-8. Never: a check of its own; an object.
 */

/** Value of a hexadecimal digit, or -1. */
export const HEX = new Int8Array(256).fill(-1);
for (const digit of '0123456789abcdefABCDEF') HEX[digit.charCodeAt(0)] = Number.parseInt(digit, 16);

/** What stands for a character behind a backslash; 0 for one that may not stand there. `u` apart. */
export const ESCAPES = new Uint8Array(256);
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
export function unescape(from: Uint8Array, start: number, stop: number, to: Uint8Array, at: number): number {
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
