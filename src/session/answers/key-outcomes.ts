/**
 * Key outcomes: how a request with an idempotency key ended, as the main thread stores it (wire: Idempotency keys).
 * In: a request and its end. Out: an OUTCOME record, before the answer. Never: anything for a request without a key, or twice for one.
 */
import type { Reader } from '../../bytes/reader.ts';
import type { Fate } from '../../dialect/dialect.ts';
import type { Delivered } from '../../errors.ts';
import type { Pending } from '../state/pending.ts';
import type { RpcError } from '../state/rpc-error.ts';
import type { ConnectionState } from '../state/state.ts';

/** The result came: whoever asks with the key again gets it. */
export function tellKeyResult(s: ConnectionState, pending: Pending, r: Reader): void {
  if (!take(pending)) return;
  s.sink.outcome(pending.ticket, 'result', 0, r.bytes, r.pos, r.end);
}

/**
 * The server has refused the call: that is the outcome, unless it asked for patience (the call may go again), or had a fault of its
 * own (nobody knows). @returns what the client is told: there is no hope where the same key brings nothing new
 */
export function tellKeyError(
  s: ConnectionState,
  pending: Pending,
  { code, text }: Pick<RpcError, 'code' | 'text'>,
  fate: Fate,
): Fate {
  if (!take(pending)) return fate;
  const isToGoAgain = fate.delivered === 'no' || fate.retryAfter !== undefined;
  if (isToGoAgain) s.sink.keyEnded(pending.ticket, 'free');
  else if (fate.delivered === 'yes') s.sink.outcome(pending.ticket, 'error', code, text, 0, text.length);
  else s.sink.keyEnded(pending.ticket, 'unknown');
  return fate.delivered === 'unknown' ? { ...fate, retryable: false } : fate;
}

/** It ended without an answer. @param delivered whether Telegram may have carried it out */
export function tellKeyEnd(s: ConnectionState, pending: Pending, delivered: Delivered | undefined): void {
  if (take(pending)) s.sink.keyEnded(pending.ticket, delivered === 'no' ? 'free' : 'unknown');
}

function take(pending: Pending): boolean {
  const { hasKey } = pending;
  pending.hasKey = false;
  return hasKey;
}
