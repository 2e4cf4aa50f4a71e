/**
 * Abandoned: sessions at the server that this side has left for another (protocol: Delivery, `destroy_session`).
 * In: the session that is left, the time. Out: `destroy_session` for it, at once or when it can do no harm.
 * Never: a session destroyed while the server may yet get an old packet of it that holds what it has carried out.
 *
 * A server that is told to destroy a session forgets which ids it has carried out in it. A packet that is late begins
 * that session anew, and what was sent a second time under its own id, and carried out, is carried out again: seen in the
 * soak, 2 of 260,000 requests. Once every id of the session is too old to be taken, nothing in it can run any more.
 */
import { destroySession } from '../../tl/service.ts';
import { TOO_NEW_SECONDS, TOO_OLD_SECONDS } from '../state/message-ids.ts';
import type { ConnectionState } from '../state/state.ts';

/** No id made before this is taken any more, were it ahead of the server's clock. */
const SPENT_MS = (TOO_OLD_SECONDS + TOO_NEW_SECONDS) * 1_000;
/** The oldest are left to the server's own forgetting. */
const MOST = 16;

/** Whether the server may get a packet of this session with a request that it has carried out from another one. */
function mayRunAgain(s: ConnectionState, now: number): boolean {
  return now - s.resentAt < SPENT_MS;
}

/** Leaves the session in force for good: before it is renewed. @returns whether it lives on at the server for a while */
export function leaveSession(s: ConnectionState, now: number): boolean {
  const livesOn = mayRunAgain(s, now);
  if (livesOn) destroyLater(s, s.sessionLow, s.sessionHigh, now);
  else s.outbox.say(destroySession(s.sessionLow, s.sessionHigh));
  return livesOn;
}

/** A session of this key that somebody has left behind, who knows what was on its way. */
export function destroyLater(s: ConnectionState, low: number, high: number, now: number): void {
  if (s.keys.inForce === undefined) return;
  const { idLow: keyLow, idHigh: keyHigh } = s.keys.inForce;
  const left = { low, high, keyLow, keyHigh, at: now + SPENT_MS };
  s.staleSessions = [...s.staleSessions, left].slice(-MOST);
}

/** When `destroyStale` has something to do. */
export function staleAt(s: ConnectionState): number {
  return s.staleSessions.length === 0 ? Infinity : s.staleSessions[0]!.at;
}

/** Destroys those that can do no harm any more; those of another key went with it. */
export function destroyStale(s: ConnectionState, now: number): void {
  for (const { low, high, keyLow, keyHigh, at } of s.staleSessions)
    if (at <= now && s.keys.inForce?.idLow === keyLow && s.keys.inForce.idHigh === keyHigh)
      s.outbox.say(destroySession(low, high));
  s.staleSessions = s.staleSessions.filter(({ at }) => at > now);
}
