/**
 * Line members, found without parsing: where the value of a key of one JSON line begins.
 * In: a line's bytes, a key. Out: places. Never: judges the line; finds a key that is written with escapes.
 */

/** How far into a line a key is looked for, in bytes. */
export const FAR = 4096;
/** A double quote. */
export const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The object has ended, and has no such member. */
export const NO_MEMBER = -1;
/** It has not ended, or one of its keys is written with escapes, and may be the one. */
const NOT_FOUND = -2;

/**
 * Where the value of a member of the object at `start` begins, if it is found before `end`; else `NO_MEMBER`, or another number below 0 if
 * there may be one. @param other another key, by which there may be one
 */
export function memberValue(
  bytes: Uint8Array,
  start: number,
  end: number,
  key: Uint8Array,
  other: Uint8Array = NO_KEY,
): number {
  let depth = 0;
  let at = start;
  let none = NO_MEMBER;
  while (at < end) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      const close = stringEnd(bytes, at + 1, end);
      if (depth === 1 && isKey(bytes, close, end)) {
        if (isText(bytes, at + 1, close, key)) return skipSpace(bytes, skipSpace(bytes, close + 1, end) + 1, end);
        if (isText(bytes, at + 1, close, other) || hasEscape(bytes, at + 1, close)) none = NOT_FOUND;
      }
      at = close;
    } else if (byte === 0x7b || byte === 0x5b) depth++;
    else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return none;
    at++;
  }
  return NOT_FOUND;
}

const NO_KEY = new Uint8Array(0);

/** Whether the string whose closing quote stands at `close` is a key. */
function isKey(bytes: Uint8Array, close: number, end: number): boolean {
  return bytes[skipSpace(bytes, close + 1, end)] === 0x3a;
}

function isText(bytes: Uint8Array, from: number, to: number, key: Uint8Array): boolean {
  return to - from === key.length && key.length > 0 && isAt(bytes, from, key);
}

function hasEscape(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === BACKSLASH) return true;
  return false;
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
