/**
 * Batches: records written one behind the other into a block, and walked out of one.
 * In: a Writer, or a block and its length. Out: records. Never: keeps a block past the call.
 *
 * A block that comes out of a lane begins with 16 bytes of its own:
 *   0 wakeAt f64 (ms, the lane's earliest deadline; Infinity if none) | 8 length u32 (of the whole block) | 12 records u32
 */
import { Writer } from '../bytes/writer.ts';
import { HEADER_LENGTH, padded } from './records.ts';

export const BLOCK_HEAD = 16;

/** Writes records into a growing block: the lane's way out. */
export class BatchWriter {
  readonly writer: Writer;
  #start = 0;
  #records = 0;
  /** A record has begun and not ended. */
  isOpen = false;

  constructor(capacity: number) {
    this.writer = new Writer(capacity);
    this.writer.pos = BLOCK_HEAD;
  }

  get isEmpty(): boolean {
    return this.#records === 0;
  }

  /** Begins a record; the caller writes its bytes into the writer and calls `end`. */
  begin(kind: number, link: number, flags: number, session: number, ticket: number): Writer {
    const w = this.writer;
    this.isOpen = true;
    this.#start = w.pos;
    w.int32(kind | (link << 8) | (flags << 16));
    w.int32(session);
    w.int32(ticket);
    w.int32(0);
    return w;
  }

  /** Closes the open record: its length is known now. */
  end(): void {
    const w = this.writer;
    const length = w.pos - this.#start - HEADER_LENGTH;
    w.patchInt32(this.#start + 12, length);
    w.pad4(this.#start);
    this.isOpen = false;
    this.#records++;
  }

  /** Takes the open record back, as if it had never begun. */
  drop(): void {
    this.isOpen = false;
    this.writer.pos = this.#start;
  }

  /** Hands the whole block out and goes on with `next`, or with a new one of `capacity` bytes. */
  finish(wakeAt: number, capacity: number, next?: ArrayBuffer): Buffer {
    const w = this.writer;
    const length = w.pos;
    w.pos = 0;
    w.double(wakeAt);
    w.int32(length);
    w.int32(this.#records);
    this.#records = 0;
    const block = w.take(capacity, next);
    w.pos = BLOCK_HEAD;
    return block;
  }
}

/** One record on its way to a lane: its header but for the length, and its bytes `bytes[start..stop)`. */
export type LaneRecord = [
  kind: number,
  link: number,
  flags: number,
  session: number,
  ticket: number,
  bytes: Uint8Array,
  start: number,
  stop: number,
];
/** Takes one record. Spelled out, not an object: one is taken for each message, and none is allocated. */
export type PutRecord = (...record: LaneRecord) => boolean;

/** Writes one record's header at `at` of a slot; the lane's way in copies the bytes behind it. */
export function writeHeader(
  view: DataView,
  at: number,
  kind: number,
  link: number,
  flags: number,
  session: number,
  ticket: number,
  length: number,
): void {
  view.setUint32(at, kind | (link << 8) | (flags << 16), true);
  view.setUint32(at + 4, session, true);
  view.setUint32(at + 8, ticket, true);
  view.setUint32(at + 12, length, true);
}

/** A cursor over the records of a block: the fields are those of the record it stands on. */
export class RecordCursor {
  kind = 0;
  link = 0;
  flags = 0;
  session = 0;
  ticket = 0;
  /** The record's bytes are `bytes[start..stop)`. */
  bytes: Uint8Array;
  start = 0;
  stop = 0;
  #view: DataView;
  #next: number;
  #end: number;

  constructor(bytes: Uint8Array, from: number, end: number) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#next = from;
    this.#end = end;
  }

  /** An int32 of the record's bytes, `at` bytes behind their start. */
  int32(at: number): number {
    return this.#view.getInt32(this.start + at, true);
  }

  /** Steps to the next record; false at the end. A header that does not fit throws: both sides are ours. */
  next(): boolean {
    const at = this.#next;
    if (at >= this.#end) return false;
    const first = this.#view.getUint32(at, true);
    this.kind = first & 255;
    this.link = (first >>> 8) & 255;
    this.flags = first >>> 16;
    this.session = this.#view.getUint32(at + 4, true);
    this.ticket = this.#view.getUint32(at + 8, true);
    const length = this.#view.getUint32(at + 12, true);
    this.start = at + HEADER_LENGTH;
    this.stop = this.start + length;
    this.#next = this.start + padded(length);
    if (this.#next > this.#end) throw new RangeError(`record at ${at} runs past the block's end`);
    return true;
  }
}

/** The end of the record that begins at `at`. */
export function recordEnd(bytes: Uint8Array, at: number): number {
  const cursor = new RecordCursor(bytes, at, bytes.length);
  cursor.next();
  return cursor.start + padded(cursor.stop - cursor.start);
}

/** The head of a block that came out of a lane. */
export function blockHead(block: Uint8Array): { wakeAt: number; length: number } {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  return { wakeAt: view.getFloat64(0, true), length: view.getUint32(8, true) };
}
