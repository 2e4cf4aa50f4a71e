/**
 * Request keys, looked for without parsing: whether one JSON line may have an idempotency key.
 * In: a line's bytes. Out: a boolean. Never: judges the line, or says which key.
 */
import { memberValue, NO_MEMBER } from './line-members.ts';

const KEY = Buffer.from('key');
const ESCAPE = Buffer.from('\\');

/** Whether a line may have an idempotency key: also where only the lane could tell. */
export function requestMayHaveKey(bytes: Buffer, start: number, stop: number): boolean {
  const line = bytes.subarray(start, stop);
  // Most have neither the word nor an escape, and such a search is fast however long the line is.
  if (!line.includes(KEY) && !line.includes(ESCAPE)) return false;
  return memberValue(bytes, start, stop, KEY) !== NO_MEMBER;
}
