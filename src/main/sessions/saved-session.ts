/**
 * Saved session: what the main thread holds of a session so that it can go on in another thread (decisions: lanes).
 * In: SAVE and SAVE_SESSION records, opaque. Out: the bytes of a RESUME record. Never: a key longer than the session.
 */
import type { RecordCursor } from '../../batch/batch.ts';
import { areIdsForgotten, COUNTERS_LENGTH, idsFrom, writeResume } from '../../batch/save-records.ts';

/** Received msg_ids kept, bytes: 256 of them. What the server sends again is what it has no acknowledgement of, far fewer. */
const MOST_IDS = 256 * 8;
const FIRST_IDS = 16 * 8;
const NOTHING = new Uint8Array(0);

/** The last state of one session that its lane has saved: secret, zeroed when it is replaced or over. */
export class SavedSession {
  #session: Buffer | undefined;
  #counters: Buffer | undefined;
  #ids: Buffer | undefined;
  #idsLength = 0;

  /** Nothing was saved yet: the session is as it was opened. */
  get isEmpty(): boolean {
    return this.#session === undefined && this.#counters === undefined;
  }

  /** Takes a SAVE_SESSION record: what rarely changes. Zeroes the view, since the block it came in lives on with others' bytes. */
  takeSession(view: Buffer): void {
    this.#session?.fill(0);
    this.#session = Buffer.allocUnsafeSlow(view.length);
    view.copy(this.#session);
    view.fill(0);
  }

  /** Takes a SAVE record: what changes all the time, and msg_ids received since. Its entries are the ledger's. */
  takeCounters(record: RecordCursor): void {
    const { bytes, start, stop } = record;
    const counters = (this.#counters ??= Buffer.alloc(COUNTERS_LENGTH));
    for (let i = 0; i < COUNTERS_LENGTH; i++) counters[i] = bytes[start + i]!;
    if (areIdsForgotten(record.flags)) this.#idsLength = 0;
    const from = Math.max(start + idsFrom(record), stop - MOST_IDS);
    if (from < stop) this.#takeIds(bytes, from, stop);
  }

  #takeIds(bytes: Uint8Array, start: number, stop: number): void {
    const ids = this.#room(stop - start);
    let at = this.#idsLength;
    for (let i = start; i < stop; i++) ids[at++] = bytes[i]!;
    this.#idsLength = at;
  }

  /** Makes room for so many bytes more: grows, then lets the oldest go. */
  #room(more: number): Buffer {
    const ids = (this.#ids ??= Buffer.allocUnsafeSlow(FIRST_IDS));
    const needed = this.#idsLength + more;
    if (needed <= ids.length) return ids;
    if (needed <= MOST_IDS) {
      this.#ids = Buffer.allocUnsafeSlow(Math.min(MOST_IDS, Math.max(needed, ids.length * 2)));
      ids.copy(this.#ids, 0, 0, this.#idsLength);
      return this.#ids;
    }
    const whole = ids.length === MOST_IDS ? ids : Buffer.allocUnsafeSlow(MOST_IDS);
    // An eighth more than needed goes, so that not every record moves the rest.
    const gone = Math.min(this.#idsLength, Math.max(needed - MOST_IDS, MOST_IDS / 8));
    ids.copy(whole, 0, gone, this.#idsLength);
    this.#ids = whole;
    this.#idsLength -= gone;
    return whole;
  }

  /** The bytes of a RESUME record. Secret: the caller zeroes them. */
  resume(): Buffer {
    const ids = this.#ids?.subarray(0, this.#idsLength);
    return writeResume(this.#session ?? NOTHING, this.#counters ?? NOTHING, ids ?? NOTHING);
  }

  /** Zeroes and drops all: the session is over. */
  wipe(): void {
    this.#session?.fill(0);
    this.#session = undefined;
    this.#counters = undefined;
    this.#idsLength = 0;
  }
}
