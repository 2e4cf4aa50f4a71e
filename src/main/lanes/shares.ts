/**
 * Shares: what each session has put into the slot that fills.
 * In: records before they are written. Out: whether there is room for one in its session's share.
 * Never: a look at who put what while all of it together is less than one share: then nobody has too much.
 */
import { RecordCursor } from '../../batch/batch.ts';
import type { Slot } from './slot.ts';
import { costOf } from './turns.ts';

/**
 * Cost of one session's records in a batch before the others of it wait for their turn: four reads of a DC's socket, or
 * 430 small calls. With less, a file of half a MiB takes a lane a batch for every read.
 */
export const SHARE = 264 * 1024;

/** Counts, for one slot at a time, what each session has put into it. */
export class Shares {
  /** What the whole slot may cost. */
  readonly #mark: number;
  #total = 0;
  /** By session; counted once the slot holds more than one share. */
  readonly #bySession = new Map<number, number>();

  constructor(mark: number) {
    this.#mark = mark;
  }

  /** @param slot the records so far @returns whether a record of `length` bytes may be written; it is counted then */
  take(slot: Slot, session: number, length: number): boolean {
    const cost = costOf(length);
    const total = this.#total + cost;
    if (total > SHARE) {
      if (total > this.#mark) return false;
      if (this.#bySession.size === 0) this.#count(slot);
      const share = (this.#bySession.get(session) ?? 0) + cost;
      if (share > SHARE) return false;
      this.#bySession.set(session, share);
    }
    this.#total = total;
    return true;
  }

  #count(slot: Slot): void {
    const record = new RecordCursor(slot.written, 0, slot.length);
    while (record.next()) {
      const share = this.#bySession.get(record.session) ?? 0;
      this.#bySession.set(record.session, share + costOf(record.stop - record.start));
    }
  }

  /** Begins anew with an empty slot. */
  clear(): void {
    this.#total = 0;
    if (this.#bySession.size > 0) this.#bySession.clear();
  }
}
