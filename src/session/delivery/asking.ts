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
import { askAt, inStep, RAREST_MS, SILENT_MS } from '../state/questions.ts';
import type { State } from '../state/state.ts';

/** No byte for so long after a question: the connection is presumed dead. Longer where everybody may be coming back at once. */
const PATIENCE_MS = 2_500;
const FIRST_PATIENCE_MS = 5_000;
/** Bytes may wait in this machine's own buffers while the gateway itself was held up: one more look. */
const GRACE_MS = 250;

/** A connection stands: the server is asked about all that went over another, and whether it is there at all. */
export function askAfterReconnect(s: State, now: number): void {
  const { questions } = s;
  const sent = s.pending.sent().filter((pending) => !pending.hasOwnId);
  questions.unanswered = 0;
  questions.isAnswerLost = false;
  questions.asked = [];
  s.outbox.forgetAgain();
  questions.about(sent, now);
  questions.dueAt = inStep(now + SILENT_MS);
  questions.out(s.link, now, FIRST_PATIENCE_MS);
  s.outbox.pingDue = true;
}

/** When `lookForSilence` has something to do. */
export function questionAt(s: State): number {
  if (s.questions.isAnswerLost) return 0;
  if (isOut(s)) return s.questions.outUntil;
  return s.pending.sentCount === 0 ? Infinity : s.questions.dueAt;
}

/** One that only asked whether anybody is there is answered by the first byte. */
function isOut(s: State): boolean {
  const { outUntil, asked, wanted } = s.questions;
  return outUntil !== Infinity && (s.link.isSilent || asked.length > 0 || wanted.length > 0);
}

/** Asks what is due, or judges the question that is out. @returns false: the connection is to be dropped */
export function lookForSilence(s: State, now: number): boolean {
  if (s.questions.isAnswerLost) return false;
  if (questionAt(s) > now) return true;
  if (isOut(s)) return isThere(s, now);
  askWhatIsDue(s, now);
  return true;
}

function askWhatIsDue(s: State, now: number): void {
  const { questions } = s;
  const due: Pending[] = [];
  let next = Infinity;
  for (const pending of s.pending.sent()) {
    const at = askAt(pending);
    if (at <= now) due.push(pending);
    else if (at < next) next = at;
  }
  if (due.length > 0) {
    questions.about(due, now);
    questions.out(s.link, now, PATIENCE_MS);
    s.outbox.pingDue = true;
  }
  for (const pending of due) next = Math.min(next, askAt(pending));
  questions.dueAt = inStep(next);
}

/** Patience with a question has ended. */
function isThere(s: State, now: number): boolean {
  const { questions } = s;
  if (!s.link.isSilent) {
    questions.outUntil = Infinity;
    questions.silences = 0;
    const pause = Math.min(RAREST_MS, SILENT_MS * 2 ** Math.min(questions.unanswered++, 8));
    questions.dueAt = Math.max(questions.dueAt, inStep(now + pause));
    return true;
  }
  if (!questions.isLastLook) {
    questions.isLastLook = true;
    questions.outUntil = now + GRACE_MS;
    return true;
  }
  questions.outUntil = Infinity;
  questions.silences++;
  return false;
}
