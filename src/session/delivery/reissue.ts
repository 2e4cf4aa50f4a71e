/**
 * Reissue: what becomes of a request when nobody can say whether the server carried it out (protocol: Delivery).
 * In: a sent request. Out: it goes again, under its own msg_id (resend) or a new one (reissue), or its client is told.
 * Never: a second execution that does harm.
 */
import type { Refusal } from '../../dialect/dialect.ts';
import { refuse } from '../answers/answers.ts';
import type { Pending } from '../state/pending.ts';
import { refusal } from '../answers/refusals.ts';
import { isIdempotent } from './idempotent.ts';
import type { ConnectionState } from '../state/state.ts';

/** Whether doing a call twice does no harm: it reads, or Telegram drops the second by its `random_id`. */
export function mayReissue(s: ConnectionState, pending: Pending): boolean {
  const name = s.env.codec.nameOf(pending.method);
  return s.env.codec.hasRandomId(pending.method) || (name !== undefined && isIdempotent(name));
}

/** Sends a request once more under its own id; what must not be done twice is safe as long as the server remembers that id. */
export function resend(s: ConnectionState, pending: Pending, now: number): void {
  if (!mayReissue(s, pending)) s.resentAt = now;
  s.outbox.resend(pending);
}

/** Puts a sent request back if doing it twice does no harm, else ends it with the refusal. */
export function reissueOrRefuse(s: ConnectionState, pending: Pending, refused: Refusal): void {
  if (mayReissue(s, pending)) {
    s.pending.reissue([pending]);
  } else {
    s.pending.remove(pending);
    refuse(s, pending, refused);
  }
}

/** Reissues or ends every sent request: called before a session is renewed, in which they would get no answer. */
export function endSent(s: ConnectionState): void {
  for (const pending of s.pending.sent()) reissueOrRefuse(s, pending, refusal('SessionReset'));
}
