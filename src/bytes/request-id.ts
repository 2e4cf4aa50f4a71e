/**
 * Request ids, found without parsing: the `id` attribute of one JSON line.
 * In: a line's bytes. Out: the id's JSON text. Never: judges the line; the lane does.
 *
 * The id is needed when a lane was lost with the request in it (`WorkerCrashed` has to carry it), but it is read when
 * the request comes, because the line is gone later. So reading is cheap for `{"id":7,...`, and bounded for all others.
 * Where a line is refused before its id was reached, `givenId` looks in all of it.
 */
import { FAR, memberValue, QUOTE, stringEnd } from './line-members.ts';

/** What is handed on for an id that could not be found, or is none by the contract. */
export const UNKNOWN_ID = '-3';
const USUAL = '1';

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
