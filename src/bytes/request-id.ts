/**
 * Request ids, found without parsing: the `id` attribute of one JSON line, and the session that it names.
 * In: a line's bytes. Out: the id's JSON text; a name. Never: judges the line; the lane does.
 *
 * The id is needed when a lane was lost with the request in it (`WorkerCrashed` has to carry it), but it is read when
 * the request comes, because the line is gone later. So reading is cheap for `{"id":7,...`, and bounded for all others.
 * Where a line is refused before its id was reached, `givenId` looks in all of it.
 */
/** How far into a line the id is looked for, in bytes. */
const FAR = 4096;
/** What is handed on for an id that could not be found, or is none by the contract. */
export const UNKNOWN_ID = '-3';
const USUAL = '1';
/** Bytes of the longest name of a session, and its quote. */
const LONGEST_NAME = 257;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The id as it stands in the line; `1` if it has none (wire: Requests and answers); `-3` if it could not be found near the front. */
export function requestId(bytes: Buffer, start: number, stop: number): string {
  return idWithin(bytes, start, Math.min(stop, start + FAR)) ?? (start + FAR < stop ? UNKNOWN_ID : USUAL);
}

/** The id that a line gives, however far into it; undefined if it gives none. */
export function givenId(bytes: Uint8Array, start: number, stop: number): string | undefined {
  const id = idWithin(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), start, stop);
  return id === UNKNOWN_ID ? undefined : id;
}

/** What stands as `id`, `UNKNOWN_ID` if it is none; undefined if nothing does. */
function idWithin(bytes: Buffer, start: number, end: number): string | undefined {
  const at = memberValue(bytes, start, end, ID);
  return at < 0 ? undefined : valueText(bytes, at, end);
}

const ID = Buffer.from('id');
const AS = Buffer.from('as');
const SESSION = Buffer.from('session');
const NAME = Buffer.from('name');

/** Where the value of a member of the object at `start` begins; -1 if it is not found before `end`. Keys with escapes are not found. */
function memberValue(bytes: Uint8Array, start: number, end: number, key: Uint8Array): number {
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

/**
 * The stored session that a line is for (`as`), so that it goes to that session's lane at once. A name that is not found here, as one
 * that is written with escapes, is found by the lane, which sends the line back.
 */
export function requestAs(bytes: Buffer, start: number, stop: number): string | undefined {
  return textOf(bytes, memberValue(bytes, start, Math.min(stop, start + FAR), AS), stop);
}

/** The name in `session` of a line, found as `requestAs` finds one. */
export function requestSessionName(bytes: Buffer, start: number, stop: number): string | undefined {
  const end = Math.min(stop, start + FAR);
  const session = memberValue(bytes, start, end, SESSION);
  return session < 0 ? undefined : textOf(bytes, memberValue(bytes, session, end, NAME), stop);
}

/** The string whose opening quote stands at `at`; undefined for another value, one with escapes, or a long one. */
function textOf(bytes: Buffer, at: number, stop: number): string | undefined {
  if (at < 0 || bytes[at] !== QUOTE) return undefined;
  const end = stringEnd(bytes, at + 1, stop);
  if (end - at > LONGEST_NAME || end >= stop) return undefined;
  const text = bytes.toString('utf8', at + 1, end);
  return text.includes('\\') ? undefined : text;
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

function valueText(bytes: Buffer, from: number, end: number): string {
  if (bytes[from] === QUOTE) return stringText(bytes, from, stringEnd(bytes, from + 1, end) + 1);
  let at = from;
  while (at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39) at++;
  // Echoed only if it is an id by the contract: what the lane would have refused is not repeated.
  return at > from && at - from <= 40 && bytes[from] !== 0x30 ? bytes.toString('latin1', from, at) : UNKNOWN_ID;
}

function stringText(bytes: Buffer, from: number, stop: number): string {
  const text = bytes.toString('utf8', from, stop);
  return isShortString(text) ? text : UNKNOWN_ID;
}

function isShortString(text: string): boolean {
  try {
    return Buffer.byteLength(JSON.parse(text) as string) <= 128;
  } catch {
    return false;
  }
}
