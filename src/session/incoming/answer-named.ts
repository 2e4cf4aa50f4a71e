/**
 * Answer named: service messages that answer the client's own service call, which they name by its msg_id.
 * In: that msg_id, the reader right behind it. Out: the client's answer. Never: an answer to a call of the gateway's own.
 */
import type { Reader } from '../../bytes/reader.ts';
import { answer } from '../answers/answers.ts';
import type { ConnectionState } from '../state/state.ts';

/** Constructor number and msg_id, with which such a body begins, bytes. */
const HEAD = 12;

/** Answers the client's open call with the whole body, if one has this msg_id. @returns whether one has */
export function answerNamed(s: ConnectionState, low: number, high: number, r: Reader, now: number): boolean {
  const pending = s.pending.find(low, high);
  if (pending === undefined) return false;
  r.pos -= HEAD;
  answer(s, pending, 'object', r, now);
  return true;
}
