/**
 * Salts and refused messages: bad_server_salt, bad_msg_notification, future_salts (protocol: Salts; Refused messages).
 * In: bodies. Out: the messages they name put back to go again under new ids, or given up.
 * Never: believes a notification about a message this session has not sent (threats: The network).
 */
import type { Reader } from '../../bytes/reader.ts';
import { abandon } from '../delivery/abandoned.ts';
import { answer, notify } from '../answers/answers.ts';
import { leaveLink } from '../link/hang-up.ts';
import { isAfter } from '../state/message-ids.ts';
import { Stage, type Pending } from '../state/pending.ts';
import { refusal } from '../answers/refusals.ts';
import { repeatOrRefuse } from '../delivery/repeat.ts';
import type { State } from '../state/state.ts';
import { bindAgain } from '../link/temporary.ts';

/** Containers are left out for so long after code 64. */
const ALONE_MS = 60_000;

/** msg_seqno too low, and too high. */
const TOO_LOW = 32;
const TOO_HIGH = 33;
/** So often in a row numbers go on higher or lower: the first time may have hit the wrong message. */
const MOST_MENDS = 2;

/** What follows from a code. */
interface Reaction {
  /** Take the clock from the notification. */
  readonly clock?: true;
  /** A new session_id: ids or numbering cannot be mended. */
  readonly renew?: true;
  /** Ids made so far lie in the future: start below them. */
  readonly fromScratch?: true;
  /** The server cannot tell whether it had the message. */
  readonly unknown?: true;
  readonly alone?: true;
}

const reactions = new Map<number, Reaction>([
  [16, { clock: true }],
  [17, { clock: true, renew: true, fromScratch: true }],
  [18, { renew: true }],
  // The server has a message under that id: it may be this very one, sent a second time by somebody else.
  [19, { renew: true, unknown: true }],
  [20, { unknown: true }],
  [34, { renew: true }],
  [35, { renew: true }],
  [64, { renew: true, alone: true }],
]);

/** `bad_server_salt bad_msg_id bad_msg_seqno error_code new_server_salt`. */
export function handleBadServerSalt(s: State, _low: number, _high: number, r: Reader, now: number): void {
  r.skip(4);
  const badLow = r.int32();
  const badHigh = r.int32();
  r.skip(8);
  const concerned = s.pending.concerned(badLow, badHigh);
  if (concerned.length === 0 && !s.outbox.isRecent(badLow, badHigh)) return;
  s.salts.set(r.int32(), r.int32(), s.serverSeconds(now));
  s.saltRefusals++;
  const isDoubtful = (pending: Pending): boolean => pending.stage === Stage.ASKED || concerned.includes(pending);
  goAgain(s, concerned, now);
  s.questions.about(s.pending.sent().filter(isDoubtful), now);
}

/** `bad_msg_notification bad_msg_id bad_msg_seqno error_code`. */
export function handleBadMsg(s: State, low: number, high: number, r: Reader, now: number): void {
  r.skip(4);
  const badLow = r.int32();
  const badHigh = r.int32();
  r.skip(4);
  const code = r.int32();
  const concerned = s.pending.concerned(badLow, badHigh);
  if (concerned.length === 0 && !s.outbox.isRecent(badLow, badHigh)) return;
  s.sink.log(40, 'bad_msg_notification', { code });
  if (code === TOO_LOW || code === TOO_HIGH) return renumber(s, code, badLow, badHigh, concerned, now);
  react(s, reactions.get(code) ?? { renew: true }, low, high, concerned, now);
}

function react(
  s: State,
  reaction: Reaction,
  low: number,
  high: number,
  concerned: readonly Pending[],
  now: number,
): void {
  if (reaction.clock) s.ids.setClock(high, low, now);
  if (reaction.alone) s.outbox.aloneUntil = now + ALONE_MS;
  if (reaction.unknown) giveUp(s, concerned);
  if (reaction.renew) renew(s, reaction.unknown ? [] : concerned, reaction.fromScratch === true, now);
  else if (!reaction.unknown) doubt(s, concerned, now);
  if (!reaction.unknown) goAgain(s, concerned, now);
}

/**
 * Numbers go on higher or lower in the same session. If that is said again and again, of messages that were numbered
 * since, and none of these was taken, then nothing but another session helps. What was refused may be no request: those that were
 * sent with it are judged one by one, and until then nobody can say they were not carried out.
 */
function renumber(
  s: State,
  code: number,
  badLow: number,
  badHigh: number,
  concerned: readonly Pending[],
  now: number,
): void {
  if (concerned.length === 0 && s.pending.sentCount > 0) return;
  const isNews = isAfter(badLow, badHigh, s.mendedLow, s.mendedHigh);
  if (isNews && s.mends >= MOST_MENDS) return react(s, { renew: true }, 0, 0, concerned, now);
  for (const pending of concerned) pending.seqNoGiven = -1;
  if (isNews) mend(s, code, concerned);
  react(s, {}, 0, 0, concerned, now);
}

/** One mending for all that was refused for the same reason before it. */
function mend(s: State, code: number, refused: readonly Pending[]): void {
  let taken = s.lastSeqNo;
  for (const one of s.pending.sent()) if (!refused.includes(one)) taken = Math.max(taken, one.seqNo);
  if (code === TOO_LOW) s.ids.raise(taken);
  else s.ids.lower(taken);
  s.mendedLow = s.ids.low;
  s.mendedHigh = s.ids.high;
  s.mends++;
}

/** More than one packet carried its id: that one was refused says nothing of the others. */
function isDoubled(pending: Pending): boolean {
  return pending.copies > 1;
}

/** The server takes an id no more that it may have taken before: only if it has not, another will do. */
function doubt(s: State, concerned: readonly Pending[], now: number): void {
  const doubted = concerned.filter(isDoubled);
  for (const pending of doubted) pending.isIdRefused = true;
  if (doubted.length > 0) s.questions.about(doubted, now);
}

/** Back to the queue, for new ids. What carries its own id inside is made anew by whoever made it. */
function goAgain(s: State, concerned: readonly Pending[], now: number): void {
  s.pending.requeue(concerned.filter((pending) => !pending.hasOwnId && !isDoubled(pending)));
  if (concerned.some((pending) => pending.hasOwnId)) bindAgain(s, now);
}

/** Codes 19 and 20: what does no harm goes again; the rest is the caller's to judge. */
function giveUp(s: State, concerned: readonly Pending[]): void {
  for (const pending of concerned) repeatOrRefuse(s, pending, refusal('DeliveryUnknown'));
}

/** Answers to what else was sent in the old session will not come in the new one. */
function renew(s: State, refused: readonly Pending[], fromScratch: boolean, now: number): void {
  const others = s.pending.sent().filter((pending) => !refused.includes(pending) || isDoubled(pending));
  // What the server has yet to say in the old session it says over its connection: the new one gets another.
  if (abandon(s, now)) leaveLink(s, now);
  s.renewSession(fromScratch);
  for (const pending of others) repeatOrRefuse(s, pending, refusal('SessionReset'));
  if (s.lived) notify(s, refusal('UpdatesDropped'));
}

/** `future_salts req_msg_id now salts:vector<future_salt>`: ours, or the answer to a client's own question. */
export function handleFutureSalts(s: State, _low: number, _high: number, r: Reader, now: number): void {
  const at = r.skip(4);
  const low = r.int32();
  const high = r.int32();
  const pending = s.pending.find(low, high);
  if (pending !== undefined) {
    r.pos = at;
    return answer(s, pending, 'object', r, now);
  }
  if (low !== s.outbox.saltsLow || high !== s.outbox.saltsHigh) return;
  r.skip(4);
  const count = r.count(16);
  s.salts.clearFuture();
  for (let i = 0; i < count; i++) s.salts.add(r.int32(), r.int32(), r.int32(), r.int32());
  s.salts.advance(s.serverSeconds(now));
}
