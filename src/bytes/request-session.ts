/**
 * Request session, found without parsing: the stored session that one JSON line is for, or that it names.
 * In: a line's bytes. Out: a name. Never: judges the line; the lane does.
 */
import { FAR, memberValue, QUOTE, stringEnd } from './line-members.ts';

/** Bytes of the longest name of a session, and its quote. */
const LONGEST_NAME = 257;
const AS = Buffer.from('as');
const SESSION = Buffer.from('session');
const NAME = Buffer.from('name');

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
