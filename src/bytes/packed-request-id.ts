/**
 * Request ids, found without unpacking: the `id` of one msgpack frame, as `request-id.ts` for JSON lines.
 * In: a frame's bytes. Out: the packed id, a character a byte. Never: judges the frame; the lane does.
 */
import { UNKNOWN_ID } from './request-id.ts';

/** How far into a frame the id is looked for, in bytes. */
const FAR = 4096;
const MAX_ID = 128;
const USUAL = '\x01';

/** The id as it stands in the frame; 1 if it has none (wire: Requests and answers); `-3` if it could not be found near the front. */
export function packedRequestId(bytes: Uint8Array, start: number, stop: number): string {
  return idWithin(bytes, start, Math.min(stop, start + FAR)) ?? USUAL;
}

/** The id that a frame gives, however far into it; undefined if it gives none. */
export function givenPackedId(bytes: Uint8Array, start: number, stop: number): string | undefined {
  const id = idWithin(bytes, start, stop);
  return id === UNKNOWN_ID ? undefined : id;
}

/** What stands as `id`, `UNKNOWN_ID` if it is none or not to be found; undefined if nothing does. */
function idWithin(bytes: Uint8Array, start: number, end: number): string | undefined {
  const at = memberValue(bytes, start, end, 0x69, 0x64);
  if (at === NO_MEMBER) return undefined;
  return at === NOT_FOUND ? UNKNOWN_ID : idText(bytes, at, end);
}

const NO_MEMBER = -1;
const NOT_FOUND = -2;

/**
 * The stored session that a frame is for (`as`), so that it goes to that session's lane at once; undefined if it certainly gives none, and
 * no `session`; null if only the lane can tell.
 */
export function packedRequestAs(bytes: Buffer, start: number, stop: number): string | null | undefined {
  const end = Math.min(stop, start + FAR);
  const at = memberValue(bytes, start, end, 0x61, 0x73);
  if (at === NO_MEMBER) return hasOnlyPlainKeys(bytes, start, end, 'session') ? undefined : null;
  if (at < 0) return null;
  const first = bytes[at]!;
  if (first >= 0xa0 && first <= 0xbf) return bytes.toString('utf8', at + 1, at + 1 + (first & 31));
  return first === 0xd9 ? bytes.toString('utf8', at + 2, at + 2 + bytes[at + 1]!) : null;
}

/** Where the value of a member stands whose name is these two letters; or that there is none, or none before `end`. */
function memberValue(bytes: Uint8Array, start: number, end: number, one: number, two: number): number {
  let { left, at } = membersOf(bytes, start);
  if (left < 0) return NOT_FOUND;
  for (; left > 0 && at < end; left--) {
    if (bytes[at] === 0xa2 && bytes[at + 1] === one && bytes[at + 2] === two) return at + 3;
    at = skip(bytes, skip(bytes, at, end), end);
  }
  return left === 0 ? NO_MEMBER : NOT_FOUND;
}

/** How many members a map has, and where the first stands; -1 if it is no map. */
function membersOf(bytes: Uint8Array, start: number): { left: number; at: number } {
  const first = bytes[start]!;
  const size = first === 0xde ? 2 : first === 0xdf ? 4 : 0;
  if (size === 0 && (first & 0xf0) !== 0x80) return { left: -1, at: start };
  return { left: size === 0 ? first & 15 : uint(bytes, start + 1, size), at: start + 1 + size };
}

/** Whether a frame may have an idempotency key. */
export function packedMayHaveKey(bytes: Buffer, start: number, stop: number): boolean {
  return !hasOnlyPlainKeys(bytes, start, stop, 'key');
}

/** Whether all keys of the frame stand before `end`, none of them is `but`, or has a length of more bytes than a short one needs. */
function hasOnlyPlainKeys(bytes: Buffer, start: number, end: number, but: string): boolean {
  let { left, at } = membersOf(bytes, start);
  for (; left > 0 && at < end; left--) {
    const first = bytes[at]!;
    if (first < 0xa0 || first > 0xbf || bytes.toString('latin1', at + 1, at + 1 + (first & 31)) === but) return false;
    at = skip(bytes, skip(bytes, at, end), end);
  }
  return left <= 0;
}

/** The packed id at `at`, if it is one by the contract: what the lane would have refused is not repeated. */
function idText(bytes: Uint8Array, at: number, end: number): string {
  const stop = skip(bytes, at, end);
  const first = bytes[at]!;
  const isNumber = (first > 0 && first < 0x80) || (first >= 0xcc && first <= 0xcf);
  const isString = (first >= 0xa0 && first <= 0xbf) || (first === 0xd9 && bytes[at + 1]! <= MAX_ID);
  const isSigned = first >= 0xd0 && first <= 0xd3 && bytes[at + 1]! < 0x80;
  if (stop > end || !(isNumber || isString || isSigned)) return UNKNOWN_ID;
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, stop - at).toString('latin1');
}

/** Behind the value at `at`, with all that is in it; past `end` if it does not end before. */
function skip(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  for (let values = 1; values > 0; values--) {
    if (at >= end) return end + 1;
    const first = bytes[at]!;
    if (first < 0x80 || first >= 0xe0) at++;
    else if (first < 0x90) {
      values += (first & 15) * 2;
      at++;
    } else if (first < 0xa0) {
      values += first & 15;
      at++;
    } else if (first < 0xc0) at += 1 + (first & 31);
    else {
      const [size, kind] = HEADS[first - 0xc0]!;
      const count = kind === 0 ? 0 : uint(bytes, at + 1, size);
      if (kind === CONTAINER) values += first >= 0xde ? count * 2 : count;
      else at += count + (first >= 0xc7 && first <= 0xc9 ? 1 : 0);
      at += 1 + size;
    }
  }
  return at;
}

const CONTENT = 1;
const CONTAINER = 2;
/** From 0xc0 to 0xdf: bytes behind the first, and whether they are a length of content or a count of values. */
const HEADS: readonly (readonly [size: number, kind: number])[] = [
  ...[0, 0, 0, 0].map((size) => [size, 0] as const),
  ...[1, 2, 4, 1, 2, 4].map((size) => [size, CONTENT] as const),
  ...[4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17].map((size) => [size, 0] as const),
  ...[1, 2, 4].map((size) => [size, CONTENT] as const),
  ...[2, 4, 2, 4].map((size) => [size, CONTAINER] as const),
];

function uint(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = at; i < at + size; i++) value = value * 256 + (bytes[i] ?? 0);
  return value;
}
