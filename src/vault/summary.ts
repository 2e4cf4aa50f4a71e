/**
 * Summary: the part of a session record that a list of names shows.
 * In: the bytes of a record, secret. Out: the bytes of a record with data centre, user, loss, residence and initConnection alone. Never: a key.
 *
 * A list of thousands of names with whole records would take a lane long to read, and would bring keys to a lane that does not
 * need them.
 */
import { emptyRecord, readRecord, wipeRecord, writeRecord } from '../account/record.ts';
import { Writer } from '../bytes/writer.ts';

/** The bytes of a new record that has only what may be shown; no bytes if the given ones are no record. */
export function summaryOf(bytes: Uint8Array): Uint8Array {
  const out = new Writer(64);
  try {
    const record = readRecord(bytes);
    wipeRecord(record);
    const { dc, test, userId, isBot, lost, isResident, initText } = record;
    writeRecord(out, { ...emptyRecord(dc, test), userId, isBot, lost, isResident, initText });
  } catch {
    return new Uint8Array(0);
  }
  return out.written();
}

const RESIDENT = Uint8Array.of(1);
const NONE = new Uint8Array(0);

/** One byte for the record of a session that the gateway opens at its own start; none for any other, or for one whose account is lost. */
export function residentMark(bytes: Uint8Array): Uint8Array {
  try {
    const record = readRecord(bytes);
    wipeRecord(record);
    return record.isResident && record.lost === undefined ? RESIDENT : NONE;
  } catch {
    return NONE;
  }
}
