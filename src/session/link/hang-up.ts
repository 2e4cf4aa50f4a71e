/**
 * Hang up: how a connection to a data centre ends, and what that leaves of the session (protocol: Delivery; Transports).
 * In: why, the time. Out: the connection ended, a pause before the next, the fate of open requests. Never: dials.
 */
import type { Refusal } from '../../dialect/dialect.ts';
import { notify, refuse } from '../answers/answers.ts';
import { noteLostExchange } from './fall-back.ts';
import { markLost } from '../stored/persist.ts';
import { refusal } from '../answers/refusals.ts';
import type { ConnectionState } from '../state/state.ts';
import { noteTrouble } from './trouble.ts';

/** Ends the connection; nothing is said of it to anybody. */
export function hangUp(s: ConnectionState): void {
  s.sink.hangUp(s.linkNumber);
  s.link.dropped();
}

/** Another connection, at once: nothing is wrong with this one, and no pause is due for a failure nobody had. */
export function leaveLink(s: ConnectionState, now: number): void {
  if (s.link.stage === 'down') return;
  hangUp(s);
  s.link.redialAt = now;
}

/** Something about this connection is wrong: away with it, and again later. The session goes on. @param why in words */
export function dropLink(s: ConnectionState, now: number, why: string): void {
  if (s.link.stage === 'down') return;
  noteLostExchange(s, now);
  noteTrouble(s, why, now);
  hangUp(s);
  comeBack(s, now);
}

/** The session keeps its key and its open requests, and comes back after a pause. */
export function comeBack(s: ConnectionState, now: number): void {
  s.backOff.failed();
  pause(s, now);
}

/** Not before the back-off is over, whoever asks. */
export function pause(s: ConnectionState, now: number): void {
  s.link.redialAt = now + s.backOff.delay((s.env.random32() >>> 0) / 2 ** 32);
}

/** What was sent before may have been carried out, whatever ends it now. */
export function endAll(s: ConnectionState, refused: Refusal): void {
  for (const pending of s.pending.clear())
    refuse(s, pending, pending.wasSent ? { ...refused, delivered: 'unknown', retryable: false } : refused);
}

/** The second -404 in a row: the server does not know the key. A key that may be signed in is never replaced. */
export function loseKey(s: ConnectionState): void {
  hangUp(s);
  s.isLost = true;
  const isExpected = s.session.stored?.isForgetting === true;
  if (s.role === 'home') markLost(s, 'AUTH_KEY_UNKNOWN');
  endAll(s, refusal('AuthKeyInvalid'));
  if (!isExpected) notify(s, refusal('AuthKeyInvalid', { fatal: true }));
}
