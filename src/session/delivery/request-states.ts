/**
 * Asking: asks the server what became of requests that nothing was heard of, and notices that nobody is there
 * (protocol: Delivery). In: a state, the time. Out: one `msgs_state_req` and a ping, at most one question out on a
 * connection; whether the connection is dead. Never: a timer.
 *
 * A question and its ping go in one packet. A server that answers neither, and says nothing else, is not there. One that
 * answers pings but no questions is: it is asked ever more rarely. Nothing goes again but on its word: an old id does no
 * harm twice in the session that knows it, and only the server's answer tells that this one has not begun anew meanwhile.
 */
import type { Pending } from '../state/pending.ts';
import { askAt, inStep, RAREST_MS, SILENT_MS } from '../state/state-requests.ts';
import type { ConnectionState } from '../state/state.ts';

/** No byte for so long after a question: the connection is presumed dead. Longer where everybody may be coming back at once. */
const PATIENCE_MS = 2_500;
const FIRST_PATIENCE_MS = 5_000;
/** Bytes may wait in this machine's own buffers while the gateway itself was held up: one more look. */
const GRACE_MS = 250;

/** A connection stands: the server is asked about all that went over another, and whether it is there at all. */
export function askAfterReconnect(s: ConnectionState, now: number): void {
  const { stateRequests } = s;
  const sent = s.pending.sent().filter((pending) => !pending.hasOwnId);
  stateRequests.unanswered = 0;
  stateRequests.isAnswerLost = false;
  stateRequests.asked = [];
  s.outbox.forgetResends();
  stateRequests.about(sent, now);
  stateRequests.dueAt = inStep(now + SILENT_MS);
  stateRequests.out(s.link, now, FIRST_PATIENCE_MS);
  s.outbox.isPingDue = true;
}

/** When `lookForSilence` has something to do. */
export function stateRequestAt(s: ConnectionState): number {
  if (s.stateRequests.isAnswerLost) return 0;
  if (isOut(s)) return s.stateRequests.outUntil;
  return s.pending.sentCount === 0 ? Infinity : s.stateRequests.dueAt;
}

/** One that only asked whether anybody is there is answered by the first byte. */
function isOut(s: ConnectionState): boolean {
  const { outUntil, asked, wanted } = s.stateRequests;
  return outUntil !== Infinity && (s.link.isSilent || asked.length > 0 || wanted.length > 0);
}

/** Asks what is due, or judges the question that is out. @returns false: the connection is to be dropped */
export function lookForSilence(s: ConnectionState, now: number): boolean {
  if (s.stateRequests.isAnswerLost) return false;
  if (stateRequestAt(s) > now) return true;
  if (isOut(s)) return isThere(s, now);
  askWhatIsDue(s, now);
  return true;
}

function askWhatIsDue(s: ConnectionState, now: number): void {
  const { stateRequests } = s;
  const due: Pending[] = [];
  let next = Infinity;
  for (const pending of s.pending.sent()) {
    const at = askAt(pending);
    if (at <= now) due.push(pending);
    else if (at < next) next = at;
  }
  if (due.length > 0) {
    stateRequests.about(due, now);
    stateRequests.out(s.link, now, PATIENCE_MS);
    s.outbox.isPingDue = true;
  }
  for (const pending of due) next = Math.min(next, askAt(pending));
  stateRequests.dueAt = inStep(next);
}

/** Patience with a question has ended. */
function isThere(s: ConnectionState, now: number): boolean {
  const { stateRequests } = s;
  if (!s.link.isSilent) {
    stateRequests.outUntil = Infinity;
    stateRequests.silences = 0;
    const pause = Math.min(RAREST_MS, SILENT_MS * 2 ** Math.min(stateRequests.unanswered++, 8));
    stateRequests.dueAt = Math.max(stateRequests.dueAt, inStep(now + pause));
    return true;
  }
  if (!stateRequests.isLastLook) {
    stateRequests.isLastLook = true;
    stateRequests.outUntil = now + GRACE_MS;
    return true;
  }
  stateRequests.outUntil = Infinity;
  stateRequests.silences++;
  return false;
}
