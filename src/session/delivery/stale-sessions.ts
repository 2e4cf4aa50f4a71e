/**
 * Stale sessions: sessions at the server that this side has left for another (protocol: Delivery, `destroy_session`).
 * In: the session that is left, the time (Unix ms). Out: `destroy_session` for it, at once or when it can do no harm.
 * Never: a session destroyed while the server may yet get an old packet of it that holds what it has carried out.
 *
 * A server that is told to destroy a session forgets which ids it has carried out in it. A packet that is late begins
 * that session anew, and what was sent a second time under its own id, and carried out, is carried out again: seen in the
 * soak, 2 of 260,000 requests. Once every id of the session is too old to be taken, nothing in it can run any more.
 */
import { destroySession } from '../../tl/service.ts';
import { TOO_NEW_SECONDS, TOO_OLD_SECONDS } from '../state/message-ids.ts';
import type { ConnectionState } from '../state/state.ts';

/** A msg_id older than this is taken by no server, ms: the oldest it takes, plus how far an id may lie ahead of its clock. */
const SPENT_MS = (TOO_OLD_SECONDS + TOO_NEW_SECONDS) * 1_000;
/** How many stale sessions are remembered; of more, the oldest are left for the server to forget. */
const MOST = 16;

/** Whether a late packet of this session may hold a request that the server has carried out from another packet. */
function mayRunAgain(s: ConnectionState, now: number): boolean {
  return now - s.resentAt < SPENT_MS;
}

/** Leaves the session in force, before it is renewed. @returns whether it lives on at the server for `SPENT_MS` */
export function leaveSession(s: ConnectionState, now: number): boolean {
  const isStillThere = mayRunAgain(s, now);
  if (isStillThere) destroyLater(s, s.sessionLow, s.sessionHigh, now);
  else s.outbox.say(destroySession(s.sessionLow, s.sessionHigh));
  return isStillThere;
}

/** Destroys a session under the key in force once its msg_ids are too old: what was on its way in it is not known. */
export function destroyLater(s: ConnectionState, low: number, high: number, now: number): void {
  if (s.keys.inForce === undefined) return;
  const { idLow: keyLow, idHigh: keyHigh } = s.keys.inForce;
  const left = { low, high, keyLow, keyHigh, at: now + SPENT_MS };
  s.staleSessions = [...s.staleSessions, left].slice(-MOST);
}

/** When `destroyStale` has something to do, Unix ms; Infinity if never. */
export function staleAt(s: ConnectionState): number {
  return s.staleSessions.length === 0 ? Infinity : s.staleSessions[0]!.at;
}

/** Destroys the stale sessions whose time has come; those under another key ended with that key. */
export function destroyStale(s: ConnectionState, now: number): void {
  for (const { low, high, keyLow, keyHigh, at } of s.staleSessions)
    if (at <= now && s.keys.inForce?.idLow === keyLow && s.keys.inForce.idHigh === keyHigh)
      s.outbox.say(destroySession(low, high));
  s.staleSessions = s.staleSessions.filter(({ at }) => at > now);
}
