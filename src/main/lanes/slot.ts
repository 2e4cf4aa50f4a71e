/**
 * Slot: one shared block that records are written into on their way to a lane.
 * In: records. Out: a block the lane's thread sees too. Never: shrinks (shared memory cannot), or goes over its maximum.
 */
import { type PutRecord, writeHeader } from '../../batch/batch.ts';
import { HEADER_LENGTH, In, padded } from '../../batch/records.ts';

const FIRST = 64 * 1024;
const MOST = 32 * 1024 * 1024;

/** A growing `SharedArrayBuffer` of records; one side writes, the lane's thread reads. */
export class Slot {
  readonly shared = new SharedArrayBuffer(FIRST, { maxByteLength: MOST });
  length = 0;
  /** The slot holds records that have waited for their turn. */
  hasTurn = false;
  /** A session's key stands in the slot. */
  #isSecret = false;
  #bytes = new Uint8Array(this.shared, 0, FIRST);
  #view = new DataView(this.shared, 0, FIRST);

  /** The bytes that were written; readable after the death of the lane's thread. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /** Empties the slot; zeroes what is secret. */
  clear(): void {
    if (this.#isSecret) this.#bytes.fill(0, 0, this.length);
    this.#isSecret = false;
    this.hasTurn = false;
    this.length = 0;
  }

  /** Copies one record in. @returns false if the slot has no room for it, grown as far as it may */
  readonly put: PutRecord = (kind, link, flags, session, ticket, from, start, stop) => {
    const at = this.length;
    const size = HEADER_LENGTH + padded(stop - start);
    if (at + size > this.#bytes.length && !this.#grow(at + size)) return false;
    // Both carry keys: what was saved of a session, and the record of a stored one.
    if (kind === In.RESUME || kind === In.NAMED) this.#isSecret = true;
    writeHeader(this.#view, at, kind, link, flags, session, ticket, stop - start);
    copy(from, start, stop, this.#bytes, at + HEADER_LENGTH);
    this.length = at + size;
    return true;
  };

  #grow(needed: number): boolean {
    if (needed > MOST) return false;
    const size = Math.min(MOST, Math.max(needed, this.#bytes.length * 2));
    this.shared.grow(size);
    // Views that track the length of the shared block would grow by themselves, but V8 is slower on those.
    this.#bytes = new Uint8Array(this.shared, 0, size);
    this.#view = new DataView(this.shared, 0, size);
    return true;
  }
}

/** Below some 48 bytes a loop beats the call into TypedArray.prototype.set. */
function copy(from: Uint8Array, start: number, stop: number, to: Uint8Array, at: number): void {
  if (stop - start < 48) for (let i = start, p = at; i < stop; i++, p++) to[p] = from[i]!;
  else to.set(start === 0 && stop === from.length ? from : from.subarray(start, stop), at);
}
