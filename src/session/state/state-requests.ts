/**
 * State requests: the `msgs_state_req` that asks the server about requests nothing was heard of, and the one it was sent last.
 * In: requests as they leave, the time (Unix ms). Out: ids for one `msgs_state_req`; when the next one is due. Never: a timer or an
 * object for a request; decides (`delivery/request-states.ts` does).
 */
import type { Link } from './link.ts';
import { Stage, type Pending } from './pending.ts';

/** A request neither answered nor acknowledged for so long is asked about, ms. */
export const SILENT_MS = 1_500;
/** A request acknowledged but not answered for so long is asked about, ms: its answer may be lost. */
const WORKING_MS = 5_000;
/** The time between two `msgs_state_req` about one request doubles up to this, ms. */
export const RAREST_MS = 60_000;
/** A connection gets at most this long to carry a byte after a `msgs_state_req`, ms. */
const MOST_PATIENCE_MS = 15_000;
/** A connection gets more time for the bytes still on their way up, at 32 bytes a ms (32 KB/s). */
const BYTES_A_MS = 32;
/** Times are rounded up to this step, ms, so that sessions of a lane wake together. */
const STEP_MS = 250;

/** The `msgs_state_req` of one connection: the one to be sent, the one that is out, and when the next is due (Unix ms). */
export class StateRequests {
  /** msg_ids that the next packet asks about: low, high, … */
  wanted: number[] = [];
  /** The `msgs_state_req` sent last: its msg_id, and the msg_ids it asks about (low, high, …). */
  low = 0;
  high = 0;
  asked: number[] = [];
  /** No request is to be asked about before this, Unix ms; may be too early, never too late. */
  dueAt = Infinity;
  /** Until when the `msgs_state_req` that is out may be unanswered, Unix ms; Infinity if none is out. */
  outUntil = Infinity;
  /** `outUntil` has passed once, and the connection has got its grace. */
  isLastLook = false;
  /** How many `msgs_state_req` in a row were followed by no byte at all; and by bytes, but no answer. */
  silences = 0;
  unanswered = 0;
  /** An answer was made and did not come: on another connection the server sends again what was not acknowledged. */
  isAnswerLost = false;

  /** A request is sent. @param isFirst no other is awaited */
  noteSent(pending: Pending, now: number, isFirst: boolean): void {
    pending.askedAt = now;
    const at = askAt(pending);
    if (isFirst || at < this.dueAt) this.dueAt = inStep(at);
  }

  /** Asks about these requests with the next packet, in place of those that were to be asked about. */
  askAbout(requests: readonly Pending[], now: number): void {
    this.wanted = [];
    for (const one of requests) {
      one.stage = Stage.ASKED;
      one.askedAt = now;
      one.stateRequestCount++;
      this.wanted.push(one.msgIdLow, one.msgIdHigh);
    }
    this.#references(requests);
  }

  /** Adds the msg_ids that the requests are judged by (`isBelievable`), behind the requests' own. */
  #references(requests: readonly Pending[]): void {
    let [low, high] = [0, 0];
    for (const one of requests) {
      if (!hasReference(one) || (one.referenceLow === low && one.referenceHigh === high)) continue;
      [low, high] = [one.referenceLow, one.referenceHigh];
      this.wanted.push(low, high);
    }
  }

  /** A request has moved on, and may have to be asked about sooner. */
  noteMoved(pending: Pending): void {
    const at = askAt(pending);
    if (at < this.dueAt) this.dueAt = inStep(at);
  }

  /** A `msgs_state_req` is sent. @param patience how long the connection may carry no byte then, ms */
  noteRequestSent(link: Link, now: number, patience: number): void {
    const upload = link.unheardBytes / BYTES_A_MS;
    link.isSilent = true;
    this.outUntil = inStep(now + Math.min(MOST_PATIENCE_MS, patience * 2 ** Math.min(this.silences, 8) + upload));
    this.isLastLook = false;
  }

  /** The server has answered the `msgs_state_req` that was out. */
  answered(): void {
    this.outUntil = Infinity;
    this.silences = 0;
    this.unanswered = 0;
  }

  /** The session at the server is left: what was asked in it gets no answer. */
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
  return pending.askedAt + Math.min(RAREST_MS, first * 2 ** pending.stateRequestCount);
}

/** A time rounded up to `STEP_MS`, Unix ms. */
export function inStep(at: number): number {
  return Math.ceil(at / STEP_MS) * STEP_MS;
}
