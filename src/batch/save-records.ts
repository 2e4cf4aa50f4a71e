/**
 * Save records: how SAVE, RESUME and AGAIN are laid out: what of a session survives its thread.
 * In: where requests stand, what was saved of a session. Out: flags and bytes of these records, and what they said.
 * Never: knows what the rest of a session (SAVE_SESSION) means: only `src/session` does; reads past the end of a record.
 *
 * SAVE: counters, `COUNTERS_LENGTH` bytes (`writeCounters`) | as many entries of `ENTRY_LENGTH` bytes as `ticket` says | msg_ids received
 * since, 8 bytes each. An entry, that a request was taken, or where it stands now:
 *   0 ticket u32 | 4 attachment u32 | 8 flags u32 (`EntryFlag`) | 12 msg_id | 20 seq_no | 24 msg_id of the container, or, if
 *   TIMED, Unix ms f64 until which it waits | 32 deadline f64, Unix ms
 * AGAIN: an entry from its flags on | the client's line.
 * RESUME: length u32 | SAVE_SESSION's bytes | length u32 | counters and all msg_ids; both padded to 4.
 */
import { Reader } from '../bytes/reader.ts';
import type { Writer } from '../bytes/writer.ts';
import type { RecordCursor } from './batch.ts';
import { padded } from './records.ts';

export const ENTRY_LENGTH = 40;
/** An entry without its ticket and attachment: what AGAIN begins with. */
const PLACE_LENGTH = ENTRY_LENGTH - 8;

const FORGETS_IDS = 1;

/** The flags of a SAVE record. @param forgetsIds the msg_ids received before belong to another session_id */
export function saveFlags(forgetsIds: boolean): number {
  return forgetsIds ? FORGETS_IDS : 0;
}

/** Whether the msg_ids that were received before a SAVE record belong to another session_id. */
export function areIdsForgotten(flags: number): boolean {
  return (flags & FORGETS_IDS) !== 0;
}

/** What of a session changes all the time, but for its requests and the msg_ids it received. */
export interface SavedCounters {
  /** The newest msg_id of its own, and how many of its messages had content. */
  msgIdLow: number;
  msgIdHigh: number;
  contentCount: number;
  /** The highest seq_no of a request that the server has acknowledged. */
  lastSeqNo: number;
  /** ms, server minus local. */
  clockOffset: number;
  saltLow: number;
  saltHigh: number;
  /** Unix seconds, server time, until which the salt is sure. */
  saltUntil: number;
  /** `unique_id` of the `new_session_created` that came last. */
  uniqueLow: number;
  uniqueHigh: number;
  /** The session's own (`snapshot-flags.ts`). */
  flags: number;
}

/** Bytes that `writeCounters` writes. */
export const COUNTERS_LENGTH = 48;

/** Writes the counters that a SAVE record begins with. */
export function writeCounters(out: Writer, counters: Readonly<SavedCounters>): void {
  out.long(counters.msgIdLow, counters.msgIdHigh);
  out.int32(counters.contentCount);
  out.int32(counters.lastSeqNo);
  out.double(counters.clockOffset);
  out.long(counters.saltLow, counters.saltHigh);
  out.int32(counters.saltUntil);
  out.long(counters.uniqueLow, counters.uniqueHigh);
  out.int32(counters.flags);
}

/** Reads the counters of a RESUME record; the msg_ids stand behind them. @throws TlReadError for bytes that end before their end */
export function readCounters(r: Reader): SavedCounters {
  return {
    msgIdLow: r.int32(),
    msgIdHigh: r.int32(),
    contentCount: r.int32(),
    lastSeqNo: r.int32(),
    clockOffset: r.double(),
    saltLow: r.int32(),
    saltHigh: r.int32(),
    saltUntil: r.int32(),
    uniqueLow: r.int32(),
    uniqueHigh: r.int32(),
    flags: r.int32(),
  };
}

/**
 * Flags of an entry. STAGE: where the request stands (`Stage` of the session). SENT: a server may have it, the one flag the main
 * thread understands. WRAPPED: it left inside an `initConnection` of the gateway's. RESENT: more than one packet carried
 * its msg_id. TIMED: it waits until a time.
 */
export const EntryFlag = { STAGE: 7, SENT: 8, WRAPPED: 16, RESENT: 32, TIMED: 64 } as const;

/** Where a request stands. */
export interface RequestPlace {
  msgIdLow: number;
  msgIdHigh: number;
  seqNo: number;
  containerLow: number;
  containerHigh: number;
  /** Until when a TIMED one waits, Unix ms. */
  notBefore: number;
  /** Unix ms. */
  deadline: number;
}

/** Writes an entry of SAVE. @param attachment whose request it is @param flags `EntryFlag`: if TIMED, `notBefore` is written, else the container */
export function writeEntry(
  out: Writer,
  ticket: number,
  attachment: number,
  flags: number,
  place: Readonly<RequestPlace>,
): void {
  out.int32(ticket);
  out.int32(attachment);
  out.int32(flags);
  out.long(place.msgIdLow, place.msgIdHigh);
  out.int32(place.seqNo);
  if ((flags & EntryFlag.TIMED) !== 0) out.double(place.notBefore);
  else out.long(place.containerLow, place.containerHigh);
  out.double(place.deadline);
}

/** Where the msg_ids of a SAVE record begin, bytes behind its start. @throws RangeError for one that its entries run past the end of */
export function idsFrom(record: RecordCursor): number {
  const from = COUNTERS_LENGTH + record.ticket * ENTRY_LENGTH;
  if (from > record.stop - record.start) throw new RangeError('a SAVE record is cut short');
  return from;
}

/** The ticket of the entry that begins `at` bytes behind a SAVE record's start. */
export function entryTicket(record: RecordCursor, at: number): number {
  return record.int32(at) >>> 0;
}

/** Whose request the entry is about that begins `at` bytes behind a SAVE record's start. */
export function entryAttachment(record: RecordCursor, at: number): number {
  return record.int32(at + 4) >>> 0;
}

/** An entry as the main thread saves it: 32-bit words as they came, of which it reads the flags alone. Plain fields: no block a request. */
export interface SavedEntry {
  flags: number;
  msgIdLow: number;
  msgIdHigh: number;
  seqNo: number;
  containerLow: number;
  containerHigh: number;
  deadlineLow: number;
  deadlineHigh: number;
}

/** Saves the entry that begins `at` bytes behind a SAVE record's start; `idsFrom` has said that it is there. */
export function saveEntry(saved: SavedEntry, record: RecordCursor, at: number): void {
  saved.flags = record.int32(at + 8);
  saved.msgIdLow = record.int32(at + 12);
  saved.msgIdHigh = record.int32(at + 16);
  saved.seqNo = record.int32(at + 20);
  saved.containerLow = record.int32(at + 24);
  saved.containerHigh = record.int32(at + 28);
  saved.deadlineLow = record.int32(at + 32);
  saved.deadlineHigh = record.int32(at + 36);
}

/** The bytes of an AGAIN record: the entry that was saved, and the request's line `line[start..stop)`. */
export function writeAgain(saved: Readonly<SavedEntry>, line: Uint8Array, start: number, stop: number): Buffer {
  const bytes = Buffer.allocUnsafe(PLACE_LENGTH + stop - start);
  bytes.writeInt32LE(saved.flags, 0);
  bytes.writeInt32LE(saved.msgIdLow, 4);
  bytes.writeInt32LE(saved.msgIdHigh, 8);
  bytes.writeInt32LE(saved.seqNo, 12);
  bytes.writeInt32LE(saved.containerLow, 16);
  bytes.writeInt32LE(saved.containerHigh, 20);
  bytes.writeInt32LE(saved.deadlineLow, 24);
  bytes.writeInt32LE(saved.deadlineHigh, 28);
  bytes.set(line.subarray(start, stop), PLACE_LENGTH);
  return bytes;
}

/** What an AGAIN record says: where the request stood; its line begins at `lineAt` of the same block. */
export interface AgainRecord extends Readonly<RequestPlace> {
  /** `EntryFlag`. */
  readonly flags: number;
  readonly lineAt: number;
}

/** Reads an AGAIN record, `bytes[start..stop)`. @throws TlReadError for one that ends before its line */
export function readAgain(bytes: Uint8Array, start: number, stop: number): AgainRecord {
  const r = new Reader(bytes, start, stop);
  const flags = r.int32();
  const [msgIdLow, msgIdHigh, seqNo] = [r.int32(), r.int32(), r.int32()];
  const isTimed = (flags & EntryFlag.TIMED) !== 0;
  const notBefore = isTimed ? r.double() : 0;
  const [containerLow, containerHigh] = isTimed ? [0, 0] : [r.int32(), r.int32()];
  const deadline = r.double();
  return { flags, msgIdLow, msgIdHigh, seqNo, containerLow, containerHigh, notBefore, deadline, lineAt: r.pos };
}

/**
 * The bytes of a RESUME record. Secret: the caller zeroes them.
 * @param session SAVE_SESSION's bytes @param counters SAVE's, without entries and msg_ids; empty if there was none
 * @param ids all msg_ids received; there are none without counters
 */
export function writeResume(session: Uint8Array, counters: Uint8Array, ids: Uint8Array): Buffer {
  const restAt = 4 + padded(session.length);
  const rest = counters.length + ids.length;
  const bytes = Buffer.alloc(restAt + 4 + padded(rest));
  bytes.writeUInt32LE(session.length, 0);
  bytes.set(session, 4);
  bytes.writeUInt32LE(rest, restAt);
  bytes.set(counters, restAt + 4);
  bytes.set(ids, restAt + 4 + counters.length);
  return bytes;
}

/** Reads a RESUME record, `bytes[start..stop)`: cursors over its two parts, each undefined where nothing was saved. @throws TlReadError for one that is cut short */
export function readResume(
  bytes: Uint8Array,
  start: number,
  stop: number,
): { session: Reader | undefined; counters: Reader | undefined } {
  const r = new Reader(bytes, start, stop);
  const session = partOf(r);
  return { session, counters: partOf(r) };
}

/** A part with its length before it. */
function partOf(r: Reader): Reader | undefined {
  const length = r.int32();
  const at = r.skip(length);
  r.skip(padded(length) - length);
  return length === 0 ? undefined : new Reader(r.bytes, at, at + length);
}
