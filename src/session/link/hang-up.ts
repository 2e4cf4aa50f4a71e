/**
 * Hang up: how a connection to a data centre ends, and what that leaves of the session (protocol: Delivery; Transports).
 * In: why, the time. Out: the connection ended, a pause before the next, the fate of open requests. Never: dials.
 */
import type { Refusal } from '../../dialect/dialect.ts';
import { notify, refuse } from '../answers/answers.ts';
import { noteLostExchange } from './fall-back.ts';
import { markLost } from '../stored/store.ts';
import { refusal } from '../answers/refusals.ts';
import type { ConnectionState } from '../state/state.ts';
import { noteTrouble } from './trouble.ts';

/** Ends the connection, with no entry in the log and no pause before the next. */
export function hangUp(s: ConnectionState): void {
  s.sink.hangUp(s.linkNumber);
  s.link.dropped();
}

/** Ends a connection that is sound, and lets the next one be dialled at once. */
export function leaveLink(s: ConnectionState, now: number): void {
  if (s.link.stage === 'down') return;
  hangUp(s);
  s.link.redialAt = now;
}

/** Ends a connection that is at fault; the session dials again after a pause. @param why in words, for the log and for clients */
export function dropLink(s: ConnectionState, now: number, why: string): void {
  if (s.link.stage === 'down') return;
  noteLostExchange(s, now);
  noteTrouble(s, why, now);
  hangUp(s);
  comeBack(s, now);
}

/** Counts a failure, and sets the pause after which the session dials again with its key and open requests. */
export function comeBack(s: ConnectionState, now: number): void {
  s.backOff.failed();
  pause(s, now);
}

/** Lets nothing dial before the back-off is over. */
export function pause(s: ConnectionState, now: number): void {
  const wait = s.backOff.delay((s.env.random32() >>> 0) / 2 ** 32);
  s.link.redialAt = now + wait;
  if (s.role === 'home') s.sink.waiting(wait);
}

/** Refuses every open request; of those that were sent it says `delivered: unknown`. */
export function endAll(s: ConnectionState, refused: Refusal): void {
  for (const pending of s.pending.clear())
    refuse(s, pending, pending.wasSent ? { ...refused, delivered: 'unknown', retryable: false } : refused);
}

/** The server does not know the key (second -404 in a row): ends the session for good. A key that may be signed in is never replaced. */
export function loseKey(s: ConnectionState): void {
  hangUp(s);
  s.isLost = true;
  const isExpected = s.session.stored?.isForgetting === true;
  if (s.role === 'home') markLost(s, 'AUTH_KEY_UNKNOWN');
  endAll(s, refusal('AuthKeyInvalid'));
  if (!isExpected) notify(s, refusal('AuthKeyInvalid', { fatal: true }));
}
