/**
 * Alone: a client that wants a stored session to itself (wire: Sessions by name).
 * In: the fields of a line, who else speaks in the session, the time. Out: the line waits, or is refused; the others are told that
 * they have lost the session. Never: ends a request of theirs before they had their time.
 */
import type { Refusal, SessionFields } from '../../dialect/dialect.ts';
import { notifyOne, refuse } from '../answers/answers.ts';
import { refusal, refusalOfGivenUp } from '../answers/refusals.ts';
import type { AttachmentState } from '../state/attachment.ts';
import type { Pending } from '../state/pending.ts';
import type { ConnectionState } from '../state/state.ts';
import { detach } from './move.ts';
import { isAwaited, waitFor } from './waiting.ts';

/** On takeover, requests in flight get this long to finish, ms. */
export const LEAVE_MS = 10_000;

const BY_OTHERS = 'other connections speak in this session; takeover ends that, or leave out exclusive to share it';
const ALONE = 'another connection has this session alone; takeover ends that';

/** Why a client is not let in: another has the session alone, and this one does not take it over. */
export function refusalOfOthers(
  { session }: ConnectionState,
  to: AttachmentState,
  { takeover }: Pick<SessionFields, 'takeover'>,
): Refusal | undefined {
  const { exclusive } = session.attachments;
  if (exclusive === undefined || exclusive.client === to.client || takeover) return undefined;
  return refusal('SessionInUse', { msg: ALONE, path: 'session' });
}

/** Asks the clients to leave that stand in the way; the line waits for them. @returns undefined if there are none */
export function haveAlone(
  s: ConnectionState,
  to: AttachmentState,
  { exclusive, takeover }: SessionFields,
  now: number,
): Refusal | 'waits' | undefined {
  const others = s.session.attachments.rivals(to).filter((one) => exclusive || one.isExclusive);
  const passing = new Set(others.filter((one) => isPassing(s, one)));
  const rivals = others.filter((one) => !passing.has(one));
  if (rivals.length > 0 && !takeover) return refusal('SessionInUse', { msg: BY_OTHERS, path: 'session.exclusive' });
  for (const one of passing) shutOut(s, one);
  if (rivals.length === 0) {
    if (exclusive) takeAlone(s, to);
    return undefined;
  }
  for (const rival of rivals) rival.isLeaving = true;
  if (s.session.aloneBy === Infinity) s.session.aloneBy = now + LEAVE_MS;
  return waitFor(to, 'alone');
}

/** It has nothing open, and its client stays in no session: it stands in nobody's way. */
function isPassing({ session }: ConnectionState, one: AttachmentState): boolean {
  if (!one.isStateless || one.isWaiting || session.repeats.hasOf(one)) return false;
  return ![session.home, ...session.others].some((s) => s.pending.countOf(one) > 0);
}

/** Its next line is let in anew, or is not. */
function shutOut(s: ConnectionState, one: AttachmentState): void {
  one.isSettled = false;
  s.sink.speaks(one.number, one.manner);
}

/** Whoever wanted the session alone has gone: those who were to leave it stay. */
export function stayIfNobodyTakes({ session }: ConnectionState): void {
  if (session.aloneBy === Infinity || isAwaited(session, 'alone')) return;
  session.aloneBy = Infinity;
  for (const one of session.attachments.all()) one.isLeaving = false;
}

/** The client has the session alone from here on. */
function takeAlone(s: ConnectionState, to: AttachmentState): void {
  to.isExclusive = true;
  s.sink.speaks(to.number, to.manner);
}

/** Once no request of those who leave is open, or their time is over: they have lost the session. @returns whether that is so now */
export function endLeaving(all: readonly ConnectionState[], now: number): boolean {
  const home = all[0]!;
  const { session } = home;
  if (session.aloneBy === Infinity) return false;
  const leaving = [...session.attachments.all()].filter((one) => one.isLeaving && !one.isMoving);
  if (now < session.aloneBy && leaving.some((one) => openOf(all, one) > 0)) return false;
  session.aloneBy = Infinity;
  for (const one of leaving) loseSession(all, one, 'another connection has taken this session over');
  return true;
}

/** A client loses the session: what it has open ends, and it is told. @param msg why, in a sentence */
export function loseSession(
  all: readonly ConnectionState[],
  to: AttachmentState,
  msg: string,
  reason = 'takeover',
): void {
  const home = all[0]!;
  endRequests(all, to);
  // Who was not let in yet has nothing to lose, and may ask again.
  if (to.isSettled) notifyOne(home, to, refusal('SessionLost', { reason, msg }));
  detach(home, to, to.isSettled);
}

/** Ends what a client has open in a session that it loses or has left. @param all the connections of the session */
export function endRequests(all: readonly ConnectionState[], to: AttachmentState): void {
  const home = all[0]!;
  for (const s of all) for (const pending of s.pending.takeOf(to)) refuse(s, pending, refusalOfLeft(pending));
  for (const repeat of home.session.repeats.takeOf(to)) refuse(home, repeat, refusal('DeliveryUnknown'));
}

function openOf(all: readonly ConnectionState[], to: AttachmentState): number {
  return all.reduce((sum, s) => sum + s.pending.countOf(to), 0);
}

/** Why a request ends that is open when its client loses the session. */
function refusalOfLeft(pending: Pending): Refusal {
  if (pending.wasSent) return refusal('DeliveryUnknown');
  return refusalOfGivenUp();
}
