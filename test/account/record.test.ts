/** The bytes of a session record: all of it comes back, and nothing else is taken for one. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { readRecord, RecordError, type SessionRecord, writeRecord } from '../../src/account/record.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { fullRecords, recordWith } from '../support/session-records.ts';

function bytesOf(record: SessionRecord): Buffer {
  const out = new Writer();
  writeRecord(out, record);
  return out.written();
}

test('a record comes back whole, also when its bytes are wiped afterwards', () => {
  fc.assert(
    fc.property(fullRecords, (record) => {
      const bytes = bytesOf(record);
      const read = readRecord(bytes);
      bytes.fill(0);
      assert.deepEqual(read, record);
    }),
  );
});

test('bytes that are cut, longer, foreign or newer are none', () => {
  const bytes = bytesOf(recordWith({ userId: 1n, apiId: 2, salts: [{ since: 1, until: 2, low: 3, high: 4 }] }));
  for (let length = 0; length < bytes.length; length++)
    assert.throws(() => readRecord(bytes.subarray(0, length)), RecordError, String(length));
  assert.throws(() => readRecord(Buffer.concat([bytes, Buffer.alloc(1)])), /longer than it should be/);
  assert.throws(() => readRecord(Buffer.alloc(64)), /no session record/);
  const newer = Buffer.from(bytes);
  newer.writeUInt16LE(2, 2);
  assert.throws(() => readRecord(newer), /has version 2, this program reads 1/);
});
