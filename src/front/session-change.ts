/**
 * Session change: the body of `PATCH /v1/sessions/{name}` becomes the line that changes the session.
 * In: bytes of a body. Out: one line, or why there is none. Never: another attribute of a session than those that may be changed here.
 *
 * The body is read by the reader that lanes have, so it is refused as a line with these attributes would be. The value goes into the line
 * as it came: the lane judges it.
 */
import { jsonComplaint, ONE_LINE } from '../bytes/json-complaint.ts';
import { END, JsonTape, KIND, NEXT, NODE, NULL, OBJECT, START, type JsonFault } from '../bytes/json-tape.ts';
import type { ErrorName } from '../errors.ts';
import type { NoticeFields } from '../main/front.ts';
import type { Unserved } from './http-ask.ts';
import { firstByte } from './method-line.ts';

/** Longest body of a change, bytes: it is read in the main thread. */
const LONGEST_CHANGE = 1024;
const CHANGE = 'the body is {"resident":true} or {"resident":false}';
const RESIDENT = Buffer.from('resident');

/** The line of `{"resident":true}` or `false`, the one thing there is to change. */
export function changeLine(name: string, body: Buffer): Buffer | Unserved {
  if (body.length > LONGEST_CHANGE) return refused('InvalidRequest', `at most ${LONGEST_CHANGE} bytes`);
  const start = firstByte(body);
  if (start === body.length) return refused('InvalidRequest', 'this one is empty');
  const tape = new JsonTape();
  const fault = tape.read(body, start, body.length);
  if (fault !== undefined) return faulty(body, start, fault);
  const { cells } = tape;
  if (cells[KIND] !== OBJECT) return refused('InvalidRequest', `not ${tape.kindName(0)}`, { got: tape.kindName(0) });
  for (let m = NODE; m < cells[NEXT]!; m = cells[m + NEXT]!)
    if (!tape.hasKey(m, RESIDENT)) return stranger(tape.keyText(m));
  // Nothing else and no key twice: it is the first member, if there is one. `null` is not there, as in a line.
  if (cells[NEXT] === NODE || cells[NODE + KIND] === NULL) return refused('InvalidRequest', 'this one changes nothing');
  const value = body.toString('utf8', cells[NODE + START], cells[NODE + END]);
  return Buffer.from(`{"id":1,"session":{"name":${JSON.stringify(name)},"existing":true,"resident":${value}}}`);
}

function refused(error: ErrorName, why: string, fields: NoticeFields = {}): Unserved {
  return { refused: error, fields: { msg: `${CHANGE}; ${why}`, ...fields } };
}

function stranger(key: string): Unserved {
  const path = `session.${key}`;
  return refused('InvalidSession', `${path} is not changed here`, { path, got: key });
}

/** As a lane refuses a line with the same fault; positions count in the body. */
function faulty(body: Buffer, start: number, { code, pos, limit, key, path }: JsonFault): Unserved {
  return refused(code, code === 'JSONDecodeError' ? complaint(body, start, pos) : WHY[code], {
    pos: start + pos,
    ...(limit !== 0 && { limit }),
    ...(key !== undefined && { key, path: `session.${path}` }),
  });
}

/** What is said of a line that ends too early, or of two, is no advice for a body. */
function complaint(body: Buffer, start: number, pos: number): string {
  const said = jsonComplaint(body, start, body.length, pos);
  if (!said.startsWith(ONE_LINE)) return said;
  return start + pos === body.length ? 'this one ends before it is whole' : 'something stands behind it';
}

const WHY: Readonly<Record<Exclude<JsonFault['code'], 'JSONDecodeError'>, string>> = {
  InvalidUTF8: 'this one is not UTF-8',
  DepthExceeded: 'this one is nested too deeply',
  TooManyElements: 'this one has too many values',
  NumberTooLong: 'this one has a number that is too long',
  DuplicateKey: 'this one has a key twice',
};
