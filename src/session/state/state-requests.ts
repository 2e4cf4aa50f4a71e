/**
 * StateRequests: what the server is asked about requests that nothing was heard of, and what it was asked last.
 * In: requests as they leave, the time. Out: ids for one `msgs_state_req`; when the next one is due. Never: a timer or an
 * object for a request; decides (`delivery/request-states.ts` does).
 */
import type { Link } from './link.ts';
import { Stage, type Pending } from './pending.ts';

/** Neither answered nor acknowledged for so long: it may be lost, ms. */
export const SILENT_MS = 1_500;
/** Acknowledged, but not answered: the server works on it, or its answer was lost. */
const WORKING_MS = 5_000;
/** The same request is asked about after twice the time, and again twice, up to this. */
export const RAREST_MS = 60_000;
/** The most that a question waits for a sign of life, ms. */
const MOST_PATIENCE_MS = 15_000;
/** A slow line is given time for what is on its way up: 32 KiB a second. */
const BYTES_A_MS = 32;
/** Sessions of a lane are woken together. */
const STEP_MS = 250;

export class StateRequests {
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
  /** StateRequests in a row that nothing at all was heard after; and those that all but their answer was heard after. */
  silences = 0;
  unanswered = 0;
  /** An answer was made and did not come: on another connection the server sends again what was not acknowledged. */
  isAnswerLost = false;

  /** A request is leaving. @param isFirst no other is on its way */
  left(pending: Pending, now: number, isFirst: boolean): void {
    pending.askedAt = now;
    const at = askAt(pending);
    if (isFirst || at < this.dueAt) this.dueAt = inStep(at);
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
    this.#references(requests);
  }

  /** What each of them is judged by, behind all of them. */
  #references(requests: readonly Pending[]): void {
    let [low, high] = [0, 0];
    for (const one of requests) {
      if (!hasReference(one) || (one.referenceLow === low && one.referenceHigh === high)) continue;
      [low, high] = [one.referenceLow, one.referenceHigh];
      this.wanted.push(low, high);
    }
  }

  /** Something was heard of a request that may want the next question sooner. */
  sooner(pending: Pending): void {
    const at = askAt(pending);
    if (at < this.dueAt) this.dueAt = inStep(at);
  }

  /** A question goes out now. @param patience with a connection that has carried nothing since, ms */
  out(link: Link, now: number, patience: number): void {
    const upload = link.unheardBytes / BYTES_A_MS;
    link.isSilent = true;
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
function hasReference(pending: Pending): boolean {
  return pending.referenceHigh !== 0;
}

/**
 * Whether the server's "not received" can be believed: it still knows a message from before this one, so it has not begun
 * the session anew since (that notice may be late, or lost). `states[i]` is of the message `asked[2i], asked[2i+1]`.
 */
export function isBelievable(pending: Pending, asked: readonly number[], states: Uint8Array): boolean {
  if (pending.isFromLostThread) return true;
  if (!hasReference(pending)) return false;
  for (let i = states.length - 1; i >= 0; i--)
    if (asked[i * 2] === pending.referenceLow && asked[i * 2 + 1] === pending.referenceHigh)
      return (states[i]! & 7) >= 4;
  return false;
}

/** When a sent request is to be asked about, if nothing is heard of it, Unix ms. */
export function askAt(pending: Pending): number {
  if (pending.hasOwnId) return Infinity;
  const first = pending.isAcknowledged && !pending.isAnswerMade ? WORKING_MS : SILENT_MS;
  return pending.askedAt + Math.min(RAREST_MS, first * 2 ** pending.asks);
}

/** The end of the step that a time falls in, ms. */
export function inStep(at: number): number {
  return Math.ceil(at / STEP_MS) * STEP_MS;
}
