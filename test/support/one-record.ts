/**
 * One record: a cursor on a record by itself, as its reader meets it in a block, and the same record cut short.
 * In: flags, ticket and bytes. Out: cursors. Never: a byte of the record behind its end: those are 0xee, so that a reader that
 * goes past it is seen.
 */
import { RecordCursor, writeHeader } from '../../src/batch/batch.ts';
import { HEADER_LENGTH, padded } from '../../src/batch/records.ts';

/** Bytes that stand behind the record. */
const BEHIND = 64;

/** The record whose bytes are the first `length` of these. */
export function oneRecord(bytes: Uint8Array, flags = 0, ticket = 0, length = bytes.length): RecordCursor {
  const block = Buffer.alloc(HEADER_LENGTH + padded(length) + BEHIND, 0xee);
  writeHeader(new DataView(block.buffer, block.byteOffset, block.length), 0, 1, 0, flags, 1, ticket, length);
  block.set(bytes.subarray(0, length), HEADER_LENGTH);
  const cursor = new RecordCursor(block, 0, block.length);
  cursor.next();
  return cursor;
}
