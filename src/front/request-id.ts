/**
 * Request ids, found without parsing: the `id` attribute of one JSON line.
 * In: a line's bytes. Out: the id's JSON text. Never: judges the line; the lane does.
 *
 * Only used when a lane was lost with the request in it (`WorkerCrashed` has to carry the id), but read when the
 * request comes, because the line is gone later. So it is cheap for `{"id":7,...`, and bounded for all others.
 */
import type { IdText } from './front.ts';

/** How far into a line the id is looked for, in bytes. */
const FAR = 4096;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The id as it stands in the line; `1` if it has none (wire.md 2); `-3` if it could not be found near the front. */
export function requestId(bytes: Buffer, start: number, stop: number): IdText {
  const end = Math.min(stop, start + FAR);
  let depth = 0;
  let at = start;
  while (at < end) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      const close = stringEnd(bytes, at + 1, end);
      if (depth === 1 && close === at + 3 && bytes[at + 1] === 0x69 && bytes[at + 2] === 0x64) {
        const colon = skipSpace(bytes, close + 1, end);
        if (bytes[colon] === 0x3a) return valueText(bytes, skipSpace(bytes, colon + 1, end), end);
      }
      at = close;
    } else if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) depth--;
    at++;
  }
  return end < stop ? '-3' : '1';
}

/** Where the closing quote stands. */
function stringEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

function skipSpace(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0d)) at++;
  return at;
}

function valueText(bytes: Buffer, from: number, end: number): IdText {
  if (bytes[from] === QUOTE) return stringText(bytes, from, stringEnd(bytes, from + 1, end) + 1);
  let at = from;
  while (at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39) at++;
  // Echoed only if it is an id by the contract: what the lane would have refused is not repeated.
  return at > from && at - from <= 40 && bytes[from] !== 0x30 ? bytes.toString('latin1', from, at) : '-3';
}

function stringText(bytes: Buffer, from: number, stop: number): IdText {
  const text = bytes.toString('utf8', from, stop);
  return isShortString(text) ? text : '-3';
}

function isShortString(text: string): boolean {
  try {
    return Buffer.byteLength(JSON.parse(text) as string) <= 128;
  } catch {
    return false;
  }
}
