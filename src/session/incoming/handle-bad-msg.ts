/**
 * Salts and refused messages: bad_server_salt, bad_msg_notification, future_salts (protocol: Salts; Refused messages).
 * In: bodies. Out: the messages they name put back to go again under new ids, or given up.
 * Never: believes a notification about a message this session has not sent (threats: The network).
 */
import { leaveSession } from '../delivery/stale-sessions.ts';
import { notify } from '../answers/answers.ts';
import { leaveLink } from '../link/hang-up.ts';
import { isAfter } from '../state/message-ids.ts';
import { Stage, type Pending } from '../state/pending.ts';
import { refusal } from '../answers/refusals.ts';
import { reissueOrRefuse } from '../delivery/reissue.ts';
import type { ConnectionState } from '../state/state.ts';
import type { Incoming } from './incoming.ts';
import { answerNamed } from './answer-named.ts';
import { bindAgain } from '../link/temporary.ts';

/** After code 64, each message goes in a packet of its own for so long, ms. */
const ALONE_MS = 60_000;

/** Codes for a seq_no that is too low, and too high. */
const TOO_LOW = 32;
const TOO_HIGH = 33;
/** How often in a row seq_nos are raised or lowered before the session is begun anew; the first time may have hit the wrong message. */
const MOST_MENDS = 2;

/** What follows from a code. */
interface Reaction {
  /** The clock is taken from the notification. */
  readonly movesClock?: true;
  /** A new session_id: ids or numbering cannot be mended. */
  readonly renewsSession?: true;
  /** Ids made so far lie in the future: start below them. */
  readonly isFromScratch?: true;
  /** The server cannot tell whether it had the message. */
  readonly isUnknown?: true;
  /** Each message goes in a packet of its own for `ALONE_MS`. */
  readonly goesAlone?: true;
}

const reactions = new Map<number, Reaction>([
  [16, { movesClock: true }],
  [17, { movesClock: true, renewsSession: true, isFromScratch: true }],
  [18, { renewsSession: true }],
  // The server has a message under that id: it may be this very one, sent a second time by somebody else.
  [19, { renewsSession: true, isUnknown: true }],
  [20, { isUnknown: true }],
  [34, { renewsSession: true }],
  [35, { renewsSession: true }],
  [64, { renewsSession: true, goesAlone: true }],
]);

/** `bad_server_salt bad_msg_id bad_msg_seqno error_code new_server_salt`. */
export function handleBadServerSalt(s: ConnectionState, { body: r }: Incoming, now: number): void {
  r.skip(4);
  const badLow = r.int32();
  const badHigh = r.int32();
  r.skip(8);
  const named = s.pending.namedBy(badLow, badHigh);
  if (named.length === 0 && !s.outbox.isRecent(badLow, badHigh)) return;
  s.salts.set(r.int32(), r.int32(), s.serverSeconds(now));
  s.saltRefusals++;
  const isDoubtful = (pending: Pending): boolean => pending.stage === Stage.ASKED || named.includes(pending);
  reissueNamed(s, named, now);
  s.stateRequests.askAbout(s.pending.sent().filter(isDoubtful), now);
}

/** `bad_msg_notification bad_msg_id bad_msg_seqno error_code`. */
export function handleBadMsg(s: ConnectionState, { low, high, body: r }: Incoming, now: number): void {
  r.skip(4);
  const badLow = r.int32();
  const badHigh = r.int32();
  r.skip(4);
  const code = r.int32();
  const named = s.pending.namedBy(badLow, badHigh);
  if (named.length === 0 && !s.outbox.isRecent(badLow, badHigh)) return;
  s.sink.log('bad_msg_notification', { code });
  if (code === TOO_LOW || code === TOO_HIGH) return renumber(s, code, badLow, badHigh, named, now);
  react(s, reactions.get(code) ?? { renewsSession: true }, low, high, named, now);
}

function react(
  s: ConnectionState,
  reaction: Reaction,
  low: number,
  high: number,
  named: readonly Pending[],
  now: number,
): void {
  if (reaction.movesClock) s.ids.setClock(high, low, now);
  if (reaction.goesAlone) s.outbox.aloneUntil = now + ALONE_MS;
  if (reaction.isUnknown) return endUnknown(s, reaction, named, now);
  if (reaction.renewsSession) renew(s, named, reaction.isFromScratch === true, now);
  else markIdRefused(s, named, now);
  reissueNamed(s, named, now);
}

/**
 * Numbers go on higher or lower in the same session. If that is said again and again, of messages that were numbered
 * since, and none of these was taken, then nothing but another session helps. What was refused may be no request: those that were
 * sent with it are judged one by one, and until then nobody can say they were not carried out.
 */
function renumber(
  s: ConnectionState,
  code: number,
  badLow: number,
  badHigh: number,
  named: readonly Pending[],
  now: number,
): void {
  if (named.length === 0 && s.pending.sentCount > 0) return;
  const isNews = isAfter(badLow, badHigh, s.mendedLow, s.mendedHigh);
  if (isNews && s.mends >= MOST_MENDS) return react(s, { renewsSession: true }, 0, 0, named, now);
  for (const pending of named) pending.seqNoGiven = -1;
  if (isNews) mend(s, code, named);
  react(s, {}, 0, 0, named, now);
}

/** One mending for all that was refused for the same reason before it. */
function mend(s: ConnectionState, code: number, refused: readonly Pending[]): void {
  let taken = s.lastSeqNo;
  for (const one of s.pending.sent()) if (!refused.includes(one)) taken = Math.max(taken, one.seqNo);
  if (code === TOO_LOW) s.ids.raise(taken);
  else s.ids.lower(taken);
  s.mendedLow = s.ids.low;
  s.mendedHigh = s.ids.high;
  s.mends++;
}

/** Whether more than one packet carried its msg_id: that one was refused says nothing of the others. */
function wasResent(pending: Pending): boolean {
  return pending.copies > 1;
}

/** Asks about requests whose msg_id is refused now but may have been taken from an earlier packet: they get a new id only if it was not. */
function markIdRefused(s: ConnectionState, named: readonly Pending[], now: number): void {
  const resent = named.filter(wasResent);
  for (const pending of resent) pending.isIdRefused = true;
  if (resent.length > 0) s.stateRequests.askAbout(resent, now);
}

/** Puts requests back to the queue for new msg_ids; a binding, which carries its msg_id inside, is made anew. */
function reissueNamed(s: ConnectionState, named: readonly Pending[], now: number): void {
  s.pending.reissue(named.filter((pending) => !pending.hasOwnId && !wasResent(pending)));
  if (named.some((pending) => pending.hasOwnId)) bindAgain(s, now);
}

/** Codes 19 and 20: reissues what does no harm twice, and ends the rest as `DeliveryUnknown`. */
function endUnknown(s: ConnectionState, { renewsSession }: Reaction, named: readonly Pending[], now: number): void {
  for (const pending of named) reissueOrRefuse(s, pending, refusal('DeliveryUnknown'));
  if (renewsSession) renew(s, [], false, now);
}

/** Begins another session: the requests sent in the old one are reissued or ended, since their answers will not come. */
function renew(s: ConnectionState, refused: readonly Pending[], isFromScratch: boolean, now: number): void {
  const others = s.pending.sent().filter((pending) => !refused.includes(pending) || wasResent(pending));
  // What the server has yet to say in the old session it says over its connection: the new one gets another.
  if (leaveSession(s, now)) leaveLink(s, now);
  s.renewSession(isFromScratch);
  for (const pending of others) reissueOrRefuse(s, pending, refusal('SessionReset'));
  if (s.hasHistory) notify(s, refusal('UpdatesDropped'));
}

/** `future_salts req_msg_id now salts:vector<future_salt>`: answers the client's own `get_future_salts`, or the gateway's. */
export function handleFutureSalts(s: ConnectionState, { body: r }: Incoming, now: number): void {
  r.skip(4);
  const low = r.int32();
  const high = r.int32();
  if (answerNamed(s, low, high, r, now)) return;
  if (low !== s.outbox.saltsLow || high !== s.outbox.saltsHigh) return;
  r.skip(4);
  const count = r.count(16);
  s.salts.clearFuture();
  for (let i = 0; i < count; i++) s.salts.add(r.int32(), r.int32(), r.int32(), r.int32());
  s.salts.advance(s.serverSeconds(now));
}
