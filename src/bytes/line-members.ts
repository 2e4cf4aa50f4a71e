/**
 * Line members, found without parsing: where the value of a key of one JSON line begins.
 * In: a line's bytes, a key. Out: places. Never: judges the line; finds a key that is written with escapes.
 */

/** How far into a line a key is looked for, in bytes. */
export const FAR = 4096;
/** A double quote. */
export const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where the value of a member of the object at `start` begins; -1 if it is not found before `end`. Keys with escapes are not found. */
export function memberValue(bytes: Uint8Array, start: number, end: number, key: Uint8Array): number {
  let depth = 0;
  let at = start;
  while (at < end) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      const close = stringEnd(bytes, at + 1, end);
      if (depth === 1 && close === at + 1 + key.length && isAt(bytes, at + 1, key)) {
        const colon = skipSpace(bytes, close + 1, end);
        if (bytes[colon] === 0x3a) return skipSpace(bytes, colon + 1, end);
      }
      at = close;
    } else if (byte === 0x7b || byte === 0x5b) depth++;
    else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return -1;
    at++;
  }
  return -1;
}

function isAt(bytes: Uint8Array, at: number, key: Uint8Array): boolean {
  for (let i = 0; i < key.length; i++) if (bytes[at + i] !== key[i]) return false;
  return true;
}

/** Where the closing quote of a string stands that begins at `from`; `end` or behind it if there is none. */
export function stringEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

/** White space of JSON; line ends too, because an HTTP body may be printed over several lines. */
function skipSpace(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isSpace(bytes[at]!)) at++;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
