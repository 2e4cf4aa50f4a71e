/**
 * Method line: a body with the fields of a method becomes the line that calls the method in a kept session.
 * In: bytes of a body; a name, a method, an idempotency key. Out: one line, or why there is none.
 * Never: a value read, or a body that says more than what stands in the message.
 *
 * The body is put into the line as it came. It is walked over once, for strings and brackets alone: its outermost brackets have to
 * close at its end and not before. So whatever stands in it stands within `message`: in a line that is JSON, brackets close in
 * the order in which they were counted here, and a line that is no JSON is refused whole.
 */
import { plainEnd, viewOf } from '../bytes/words.ts';
import type { Unserved } from './http-ask.ts';

const [QUOTE, BACKSLASH, OPEN, CLOSE, OPEN_ARRAY, CLOSE_ARRAY] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** Of a string so many bytes are looked at one by one, then four at a time: a part of a file is one long string. */
const SHORT = 24;
const END = Buffer.from('}}');

/** The call that a path and headers ask for. */
export interface MethodCall {
  readonly name: string;
  readonly method: string;
  readonly key: string | undefined;
}

/** A line, and where of the body its positions lie: so many bytes further to the front. */
export interface MethodLine {
  readonly line: Buffer;
  readonly shift: number;
}

/** The line that calls a method with the fields of a body; an empty body has none. */
export function methodLine({ name, method, key }: MethodCall, body: Buffer): MethodLine | Unserved {
  const within = fieldsIn(body);
  if ('refused' in within) return within;
  const { start, stop } = within;
  const isEmpty = skipSpace(body, start, stop) === stop;
  const shown = key === undefined ? '' : `"key":${JSON.stringify(key)},`;
  const comma = isEmpty ? '' : ',';
  // The id is found at once, whoever looks for it.
  const head = `{"id":1,"as":${JSON.stringify(name)},${shown}"message":{"_cons":"${method}"${comma}`;
  const begin = Buffer.from(head);
  return { line: Buffer.concat([begin, body.subarray(start, stop), END]), shift: begin.length - start };
}

/** What stands between the brackets of the one object that a body is: `[start, stop)`. */
function fieldsIn(body: Buffer): { readonly start: number; readonly stop: number } | Unserved {
  const open = firstByte(body);
  if (open === body.length) return { start: open, stop: open };
  if (body[open] !== OPEN) return noObject(body, open);
  const close = closeOf(body, open);
  if (close === body.length) return notJson('the body ends inside an object, an array or a string', close);
  if (body[close] !== CLOSE) return notJson('the body is an object, and ends as an array', close);
  const rest = skipSpace(body, close + 1, body.length);
  if (rest < body.length) return notJson('the body is one object, and something stands behind it', rest);
  return { start: open + 1, stop: close };
}

/** Where the bracket at `open` is closed, or the length of the body if it is not. */
function closeOf(body: Buffer, open: number): number {
  let depth = 0;
  for (let at = open; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) at = stringEnd(body, at + 1);
    else if (byte === OPEN || byte === OPEN_ARRAY) depth++;
    else if ((byte === CLOSE || byte === CLOSE_ARRAY) && --depth === 0) return at;
  }
  return body.length;
}

/** Where the closing quote of a string stands, or the length of the body. */
function stringEnd(body: Buffer, from: number): number {
  let at = from;
  let run = at + SHORT;
  while (at < body.length) {
    const byte = body[at];
    if (byte === QUOTE) return at;
    at += byte === BACKSLASH ? 2 : 1;
    if (byte === BACKSLASH) run = at + SHORT;
    else if (at >= run) {
      at = plainEnd(viewOf(body), at, body.length);
      run = at + SHORT;
    }
  }
  return body.length;
}

/** Where a body begins, behind a byte order mark and white space; its length if it is blank. */
export function firstByte(body: Buffer): number {
  return skipSpace(body, BYTE_ORDER_MARK.equals(body.subarray(0, 3)) ? 3 : 0, body.length);
}

/** The first byte of `[from, stop)` that is no white space; `stop` if all are. */
export function skipSpace(body: Buffer, from: number, stop: number): number {
  let at = from;
  while (at < stop && (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09)) at++;
  return at;
}

/** Other values of JSON, by their first byte. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/\[/, 'array'],
  [/"/, 'string'],
  [/[-\d]/, 'number'],
  [/[tf]/, 'boolean'],
  [/n/, 'null'],
];

function noObject(body: Buffer, at: number): Unserved {
  const first = String.fromCharCode(body[at]!);
  const got = KINDS.find(([begin]) => begin.test(first))?.[1];
  if (got === undefined) return notJson('the body is not JSON', at);
  const msg = `the body is an object with the fields of the method, not ${got}`;
  return { refused: 'InvalidRequest', fields: { msg, got } };
}

function notJson(msg: string, pos: number): Unserved {
  return { refused: 'JSONDecodeError', fields: { msg, pos } };
}
