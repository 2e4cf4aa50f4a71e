/**
 * Shown: what of a kept session is told to whoever asks which there are.
 * In: the bytes of a record, secret. Out: a record with that alone. Never: a key.
 *
 * A list of thousands of names with all that is kept of each would take a lane long to read, and would take keys to where
 * nobody needs them.
 */
import { emptyRecord, readRecord, wipeRecord, writeRecord } from '../account/record.ts';
import { Writer } from '../bytes/writer.ts';

/** @returns a copy; of no bytes if these are no record */
export function shownOf(bytes: Uint8Array): Uint8Array {
  const out = new Writer(64);
  try {
    const record = readRecord(bytes);
    wipeRecord(record);
    const { dc, test, userId, isBot, lost } = record;
    writeRecord(out, { ...emptyRecord(dc, test), userId, isBot, lost });
  } catch {
    return new Uint8Array(0);
  }
  return out.written();
}
