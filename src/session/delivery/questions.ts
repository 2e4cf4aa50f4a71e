/**
 * Questions: asks the server what became of requests that nothing was heard of, and notices that nobody is there
 * (protocol: Delivery). In: requests as they leave, the time. Out: ids for one `msgs_state_req` and a ping, at most one
 * question out on a connection; whether the connection is dead. Never: a timer or an object for a request.
 *
 * A question and its ping go in one packet. A server that answers neither, and says nothing else, is not there. One that
 * answers pings but no questions is: it is asked ever more rarely. Nothing goes again but on its word: an old id does no
 * harm twice in the session that knows it, and only the server's answer tells that this one has not begun anew meanwhile.
 */
import { Stage, type Pending } from '../state/pending.ts';
import type { State } from '../state/state.ts';

/** Neither answered nor acknowledged for so long: it may be lost. */
const SILENT_MS = 1_500;
/** Acknowledged, but not answered: the server works on it, or its answer was lost. */
const WORKING_MS = 5_000;
/** The same request is asked about after twice the time, and again twice, up to this. */
const RAREST_MS = 60_000;
/** No byte for so long after a question: the connection is presumed dead. Longer where everybody may be coming back at once. */
const PATIENCE_MS = 2_500;
const FIRST_PATIENCE_MS = 5_000;
const MOST_PATIENCE_MS = 15_000;
/** A slow line is given time for what is on its way up: 32 KiB a second. */
const BYTES_A_MS = 32;
/** Bytes may wait in this machine's own buffers while the gateway itself was held up: one more look. */
const GRACE_MS = 250;
/** Sessions of a lane are woken together. */
const STEP_MS = 250;

export class Questions {
  /** low, high, … of requests that the next packet asks about. */
  wanted: number[] = [];
  /** The question that was sent last: its id, and the ids it names. */
  low = 0;
  high = 0;
  asked: number[] = [];
  /** No request is to be asked about before this; may be too early, never too late. */
  dueAt = Infinity;
  /** When patience with the question that is out ends; Infinity: none is out. */
  outUntil = Infinity;
  /** Patience has ended once: one more look is left. */
  isLastLook = false;
  /** Questions in a row that nothing at all was heard after; and those that all but their answer was heard after. */
  silences = 0;
  unanswered = 0;
  /** An answer was made and did not come: on another connection the server sends again what was not acknowledged. */
  isAnswerLost = false;

  /** A request is leaving. Before it counts among the sent. */
  left(s: State, pending: Pending, now: number): void {
    pending.askedAt = now;
    const at = askAt(pending);
    if (s.pending.sentCount === 0 || at < this.dueAt) this.dueAt = inStep(at);
  }

  /** These are to be asked about with the next packet, in place of whoever was. */
  about(requests: readonly Pending[], now: number): void {
    this.wanted = [];
    for (const one of requests) {
      one.stage = Stage.ASKED;
      one.askedAt = now;
      one.asks++;
      this.wanted.push(one.msgIdLow, one.msgIdHigh);
    }
    this.#witnesses(requests);
  }

  /** What each of them is judged by, behind all of them. */
  #witnesses(requests: readonly Pending[]): void {
    let [low, high] = [0, 0];
    for (const one of requests) {
      if (!hasWitness(one) || (one.knownLow === low && one.knownHigh === high)) continue;
      [low, high] = [one.knownLow, one.knownHigh];
      this.wanted.push(low, high);
    }
  }

  /** Something was heard of a request that may want the next question sooner. */
  sooner(pending: Pending): void {
    const at = askAt(pending);
    if (at < this.dueAt) this.dueAt = inStep(at);
  }

  /** A question goes out now. */
  out(s: State, now: number, patience: number): void {
    const upload = s.link.unheardBytes / BYTES_A_MS;
    s.link.isSilent = true;
    this.outUntil = inStep(now + Math.min(MOST_PATIENCE_MS, patience * 2 ** Math.min(this.silences, 8) + upload));
    this.isLastLook = false;
  }

  /** The server has answered one. */
  answered(): void {
    this.outUntil = Infinity;
    this.silences = 0;
    this.unanswered = 0;
  }

  /** The session they were asked in is over. */
  forget(): void {
    this.wanted = [];
    this.asked = [];
  }
}

/** Whether anything was answered before it was sent. */
function hasWitness(pending: Pending): boolean {
  return pending.knownHigh !== 0;
}

/**
 * Whether the server's "not received" can be believed: it still knows a message from before this one, so it has not begun
 * the session anew since (that notice may be late, or lost). `states[i]` is of the message `asked[2i], asked[2i+1]`.
 */
export function isBelievable(pending: Pending, asked: readonly number[], states: Uint8Array): boolean {
  if (pending.isFromLostThread) return true;
  if (!hasWitness(pending)) return false;
  for (let i = states.length - 1; i >= 0; i--)
    if (asked[i * 2] === pending.knownLow && asked[i * 2 + 1] === pending.knownHigh) return (states[i]! & 7) >= 4;
  return false;
}

/** When a sent request is to be asked about, if nothing is heard of it. */
function askAt(pending: Pending): number {
  if (pending.hasOwnId) return Infinity;
  const first = pending.acknowledged && !pending.isAnswerMade ? WORKING_MS : SILENT_MS;
  return pending.askedAt + Math.min(RAREST_MS, first * 2 ** pending.asks);
}

function inStep(at: number): number {
  return Math.ceil(at / STEP_MS) * STEP_MS;
}

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
  questions.out(s, now, FIRST_PATIENCE_MS);
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
    questions.out(s, now, PATIENCE_MS);
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
