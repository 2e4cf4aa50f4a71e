/**
 * MessageBook: the messages of a client that a session has received (protocol: Message ids; Delivery; Refused messages).
 * In: msg_ids in halves, sequence numbers. Out: the code of `bad_msg_notification` for a new message, the entry of a
 * known one. Never: a message's content.
 *
 * Entries stand in the order of ids: nearly every message is the newest, so adding is a push and
 * finding a binary search over at most 2 * KEPT entries.
 */
import type { Sent } from './outbox.ts';
import { compareIds } from './server-ids.ts';

/** Entries that are always remembered, the newest; ids up to those forgotten are too old (code 20). */
const KEPT = 1024;

/** A message of the client's, and what has become of it. */
export interface Received {
  readonly low: number;
  readonly high: number;
  readonly seqNo: number;
  /** The body's constructor number and length in bytes: they tell another message under the same id. */
  readonly crc: number;
  readonly length: number;
  /** `noted`: no request, or not handled yet; `running`: the answer is still to come; `dropped`: by rpc_drop_answer. */
  state: 'noted' | 'running' | 'answered' | 'dropped';
  answer: Sent | undefined;
  /** Whether the answer is an error. */
  hasFailed: boolean;
  /** The method of a request; undefined until it is read. */
  method: string | undefined;
}

/** What one session has received, in the order of msg_ids. */
export class MessageBook {
  readonly #entries: Received[] = [];
  #horizonLow = 0;
  #horizonHigh = 0;

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** The entry of a msg_id. */
  find(low: number, high: number): Received | undefined {
    const entry = this.#entries[this.#place(low, high)];
    return entry !== undefined && entry.low === low && entry.high === high ? entry : undefined;
  }

  /**
   * Whether a msg_id that is not in the book fits into it: 0, or code 20, 32 or 33.
   * 32: a message of a lower id has a higher sequence number, or the same odd one; 33: the other way round.
   */
  judge(low: number, high: number, seqNo: number): 0 | 20 | 32 | 33 {
    if (compareIds(low, high, this.#horizonLow, this.#horizonHigh) <= 0) return 20;
    const at = this.#place(low, high);
    const before = this.#entries[at - 1];
    const after = this.#entries[at];
    if (before !== undefined && (before.seqNo > seqNo || (before.seqNo === seqNo && (seqNo & 1) === 1))) return 32;
    if (after !== undefined && (after.seqNo < seqNo || (after.seqNo === seqNo && (seqNo & 1) === 1))) return 33;
    return 0;
  }

  /** Notes a message whose id is not in the book. */
  add(low: number, high: number, seqNo: number, crc: number, length: number): Received {
    const entry: Received = {
      low,
      high,
      seqNo,
      crc,
      length,
      state: 'noted',
      answer: undefined,
      hasFailed: false,
      method: undefined,
    };
    const at = this.#place(low, high);
    if (at === this.#entries.length) this.#entries.push(entry);
    else this.#entries.splice(at, 0, entry);
    if (this.#entries.length > 2 * KEPT) this.#forget();
    return entry;
  }

  /** Drops the oldest entries; ids up to the last of them are too old from then on. */
  #forget(): void {
    const last = this.#entries.splice(0, KEPT).at(-1)!;
    this.#horizonLow = last.low;
    this.#horizonHigh = last.high;
  }

  /** Requests still without an answer. */
  running(): Received[] {
    return this.#entries.filter((entry) => entry.state === 'running');
  }

  /** The byte of `msgs_state_info` for a msg_id. */
  stateOf(low: number, high: number): number {
    const entry = this.find(low, high);
    if (entry === undefined) return this.#unknown(low, high);
    const acked = (entry.seqNo & 1) === 0 ? 16 : 8;
    if (entry.state === 'noted' || entry.state === 'dropped') return 4 | acked;
    return 4 | acked | 32 | (entry.answer === undefined ? 0 : 64) | (entry.answer?.isAcked === true ? 128 : 0);
  }

  /** 1: the id is below all that are known, so it may have been forgotten; 2: not received; 3: above all that are known. */
  #unknown(low: number, high: number): 1 | 2 | 3 {
    const [oldest, newest] = [this.#entries[0], this.#entries.at(-1)];
    if (oldest === undefined || newest === undefined) return 3;
    if (compareIds(low, high, newest.low, newest.high) > 0) return 3;
    return compareIds(low, high, oldest.low, oldest.high) < 0 ? 1 : 2;
  }

  /** The index of a msg_id's entry, or where it would be inserted. */
  #place(low: number, high: number): number {
    const entries = this.#entries;
    const newest = entries.at(-1);
    if (newest === undefined || compareIds(newest.low, newest.high, low, high) < 0) return entries.length;
    let from = 0;
    let to = entries.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      const entry = entries[middle]!;
      if (compareIds(entry.low, entry.high, low, high) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
