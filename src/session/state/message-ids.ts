/**
 * Message ids: msg_id and seq_no of what a client sends, and the server's clock (protocol: Message ids; Refused messages).
 * In: the time, given. Out: ids as int32 halves, strictly increasing. Never: reads a clock.
 *
 * Times are Unix milliseconds on a monotonic base, so the local clock may be set by anyone without harm.
 */

const FRACTION = 2 ** 32;
/** Random bits that may be mixed in; the last two of an id are 0 and so none of them. */
const BLUR = 0x3ffff8;
const FIRST_BIT = 4;
/** A server id this far below its request's shows that the offset was learnt wrong (protocol: Refused messages). */
const OFFSET_RESET_SECONDS = 15;

/** Neither side takes a message whose id is older than this, or further ahead (protocol: Receiving, step 9; Refused messages, codes 16 and 17). */
export const TOO_OLD_SECONDS = 300;
export const TOO_NEW_SECONDS = 30;

/** By how many messages the numbering goes on higher or lower where the server asks for it, as other clients do. */
const RAISE = 32;
const LOWER = 8;

/** Makes msg_ids and seq_nos, and learns the server's clock from the ids it is told. */
export class MessageIds {
  /** The id made last. */
  low = 0;
  high = 0;
  /** Content-related messages made so far: seq_no is twice this, plus one for such a message. */
  contentCount = 0;
  /** Seq_nos must not fall below that of the newest container or service message: the server may have it. */
  #least = 0;
  /** Server time minus local time, milliseconds. */
  offset: number;
  /** Whether `offset` came from the server of this session. */
  isSynchronised = false;

  constructor(offset = 0) {
    this.offset = offset;
  }

  /** Goes on after the last number that the server has of a session begun elsewhere. */
  continueAfter(lastSeqNo: number): void {
    this.contentCount = (lastSeqNo + 1) >> 1;
  }

  /** Server time now, milliseconds. */
  serverTime(now: number): number {
    return now + this.offset;
  }

  /**
   * Makes the next id: the server's time as seconds and their fraction, the last two bits 0. Read it from `low`, `high`.
   * @param random an int32: 22 bits of it (a millisecond) blur the fraction, as TDLib does, so that it is never empty
   */
  next(now: number, random: number): void {
    const at = this.serverTime(now) / 1000;
    const seconds = Math.floor(at);
    const high = seconds | 0;
    const low = ((Math.floor((at - seconds) * FRACTION) & ~3) ^ (random & BLUR)) | FIRST_BIT;
    if (isAfter(low, high, this.low, this.high)) {
      this.low = low;
      this.high = high;
    } else {
      this.#step();
    }
  }

  /** The clock has not moved on (a batch shares one `now`): the smallest id that is larger. */
  #step(): void {
    this.low = (this.low + 4) | 0;
    if (this.low === 0) this.high = (this.high + 1) | 0;
  }

  /** Next seq_no; content-related messages are the ones the server must acknowledge (API calls, as TDLib has it). */
  seqNo(isContentRelated: boolean): number {
    if (isContentRelated) return this.contentCount++ * 2 + 1;
    this.#least = this.contentCount;
    return this.contentCount * 2;
  }

  /** The server finds a number too low: it goes on higher. @param taken the highest number that the server has */
  raise(taken: number): void {
    this.contentCount = Math.max(this.contentCount + RAISE, (taken + 1) >> 1);
  }

  /** The server finds a number too high: it goes on lower, but above what it may have. @param taken the highest number of these */
  lower(taken: number): void {
    this.contentCount = Math.max(this.contentCount - LOWER, this.#least, (taken + 1) >> 1);
  }

  /**
   * Learns the clock from a server msg_id: delay only makes the difference smaller, so the largest counts.
   * @param high its high half: whole seconds of server time
   */
  learn(high: number, low: number, now: number): void {
    const seen = ((high >>> 0) + (low >>> 0) / FRACTION) * 1000 - now;
    if (!this.isSynchronised || seen > this.offset) this.offset = seen;
    this.isSynchronised = true;
  }

  /** An answer whose id lies far below its request's id: the offset was too large. */
  learnFromAnswer(answerHigh: number, answerLow: number, requestHigh: number, now: number): void {
    if ((answerHigh >>> 0) + OFFSET_RESET_SECONDS < requestHigh >>> 0) this.isSynchronised = false;
    this.learn(answerHigh, answerLow, now);
  }

  /** Codes 16 and 17: the notification's own id is the server's clock. */
  setClock(high: number, low: number, now: number): void {
    this.isSynchronised = false;
    this.learn(high, low, now);
  }

  /** Starts a new session's numbering; ids stay increasing unless the clock was ahead (`isFromScratch`). */
  restart(isFromScratch: boolean): void {
    this.contentCount = 0;
    this.#least = 0;
    if (!isFromScratch) return;
    this.low = 0;
    this.high = 0;
  }
}

/** Whether id a is larger than id b; halves are int32, ids unsigned. */
export function isAfter(aLow: number, aHigh: number, bLow: number, bHigh: number): boolean {
  if (aHigh !== bHigh) return aHigh >>> 0 > bHigh >>> 0;
  return aLow >>> 0 > bLow >>> 0;
}
