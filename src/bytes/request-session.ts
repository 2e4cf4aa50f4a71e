/**
 * Request session, found without parsing: the stored session that one JSON line is for, or that it names.
 * In: a line's bytes. Out: a name; undefined if the line certainly gives none; null if only the lane can tell. Never: judges the line;
 * the lane does.
 */
import { FAR, memberValue, NO_MEMBER, QUOTE, stringEnd } from './line-members.ts';

/** Bytes of the longest name of a session, and its quote. */
const LONGEST_NAME = 257;
const AS = Buffer.from('as');
const SESSION = Buffer.from('session');
const NAME = Buffer.from('name');
const BRACE = 0x7b;
const TAKEOVER = Buffer.from('takeover');

/**
 * The stored session that a line is for (`as`), so that it goes to that session's lane at once. A name that is not found here, as one
 * that is written with escapes, is found by the lane, which sends the line back. One with `session` may take its connection, and what comes
 * behind it, to another session.
 */
export function requestAs(bytes: Buffer, start: number, stop: number): string | null | undefined {
  const as = memberValue(bytes, start, Math.min(stop, start + FAR), AS, SESSION);
  return as === NO_MEMBER ? undefined : textOf(bytes, as, stop);
}

/**
 * The session that a body is for, which it gives beside `as` or in `session`. One beside a `takeover`, whatever its value, is left to the
 * lane: who has the name is asked in another way then, before the line is read.
 */
export function requestSessionName(bytes: Buffer, start: number, stop: number): string | null | undefined {
  const end = Math.min(stop, start + FAR);
  const as = memberValue(bytes, start, end, AS);
  if (as !== NO_MEMBER) return textOf(bytes, as, stop);
  const session = memberValue(bytes, start, end, SESSION);
  if (session === NO_MEMBER) return undefined;
  if (session < 0 || bytes[session] !== BRACE) return null;
  if (memberValue(bytes, session, end, TAKEOVER) !== NO_MEMBER) return null;
  return textOf(bytes, memberValue(bytes, session, end, NAME), stop);
}

/** The string whose opening quote stands at `at`; null for another value, none, one with escapes, or a long one. */
function textOf(bytes: Buffer, at: number, stop: number): string | null {
  if (at < 0 || bytes[at] !== QUOTE) return null;
  const end = stringEnd(bytes, at + 1, stop);
  if (end - at > LONGEST_NAME || end >= stop) return null;
  const text = bytes.toString('utf8', at + 1, end);
  return text.includes('\\') ? null : text;
}
