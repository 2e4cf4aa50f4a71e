/** The bytes of a session record: all of it comes back, and nothing else is taken for one. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  emptyRecord,
  readRecord,
  RecordError,
  type SessionRecord,
  wipeRecord,
  writeRecord,
} from '../../src/account/record.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { membersShown } from '../../src/commands/sessions-show.ts';
import { readPortable, writePortable } from '../../src/formats/portable.ts';
import { fullRecords, recordWith } from '../support/session-records.ts';

function bytesOf(record: SessionRecord): Buffer {
  const out = new Writer();
  writeRecord(out, record);
  return out.written();
}

test('the keys that were read are zeroed by a wipe', () => {
  const [key, other] = [Buffer.alloc(256, 1), Buffer.alloc(256, 2)];
  const keys = [
    { dc: 2, key },
    { dc: 4, key: other },
  ];
  const read = readRecord(bytesOf({ ...emptyRecord(2, false), keys, temporary: { key, until: 5 } }));
  wipeRecord(read);
  for (const { key: wiped } of [...read.keys, read.temporary as { key: Uint8Array }])
    assert.deepEqual(Buffer.from(wiped), Buffer.alloc(256));
});

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

/** As the first version wrote it; its key, 256 sevens, left out. */
const FIRST = [
  '6d6a0100e303000002000000bb010000033a3a31015800000100000002000000',
  '03000000fcffffff05000000000000000000f83f2a00000000000000060000000100000001000000020000000300000004000000' +
    '01000000ffffffff000000000000224001000000020000000300000004000000',
];
const OF_FIRST: SessionRecord = {
  ...emptyRecord(2, true),
  host: '::1',
  port: 443,
  keys: [{ dc: 2, key: new Uint8Array(256).fill(7) }],
  sessionLow: 3,
  sessionHigh: -4,
  lastSeqNo: 5,
  timeOffset: 1.5,
  userId: 42n,
  isBot: true,
  apiId: 6,
  salts: [{ since: 1, until: 2, low: 3, high: 4 }],
  floods: [{ method: -1, until: 9 }],
  updates: { pts: 1, qts: 2, date: 3, seq: 4 },
  lost: 'X',
};

test('a record of the first version is read, and one without the later fields is written as the first', () => {
  const bytes = Buffer.from(FIRST.join('07'.repeat(256)), 'hex');
  assert.deepEqual(readRecord(bytes), OF_FIRST);
  assert.deepEqual(bytesOf(OF_FIRST), bytes);
  for (const later of [{ isResident: true }, { initText: '{"api_id":6}' }])
    assert.equal(bytesOf({ ...OF_FIRST, ...later }).readUInt16LE(2), 2, JSON.stringify(later));
});

test('a temporary key that is there has its end; one that is not, the time before which none is made', () => {
  const key = Uint8Array.from({ length: 256 }, (_, i) => i);
  for (const temporary of [
    { key, until: 5 },
    { key: undefined, notBefore: 5 },
  ]) {
    const record = { ...emptyRecord(2, false), temporary };
    const bytes = bytesOf(record);
    assert.deepEqual(readRecord(bytes).temporary, temporary);
    assert.equal(bytes.includes(Buffer.from(key)), temporary.key !== undefined);
    assert.deepEqual(readPortable(writePortable(record)).temporary, temporary);
  }
  const unbound = { v: 1, dc: 2, temporary_key: { key: Buffer.from(key).toString('base64'), until: 5, bound: false } };
  assert.deepEqual(readPortable(JSON.stringify(unbound)).temporary, { key: undefined, notBefore: 0 });
});

test('what is membersShown of a session says which of the two', () => {
  const of = (temporary: SessionRecord['temporary']): unknown[] => {
    const record = bytesOf({ ...emptyRecord(2, false), temporary });
    const all = membersShown({ name: 'me', record, owner: undefined, writtenAt: 0 });
    return [all['temporary_key_until'], all['no_temporary_key_before']];
  };
  assert.deepEqual(of({ key: new Uint8Array(256).fill(7), until: 1 }), ['1970-01-01T00:00:01.000Z', undefined]);
  assert.deepEqual(of({ key: undefined, notBefore: 1 }), [undefined, '1970-01-01T00:00:01.000Z']);
  assert.deepEqual(of({ key: undefined, notBefore: 0 }), [undefined, undefined]);
});

test('bytes that are cut, longer, foreign or newer are none', () => {
  const salts = [{ since: 1, until: 2, low: 3, high: 4 }];
  const bytes = bytesOf(recordWith({ userId: 1n, apiId: 2, salts, initText: '{"api_id":2}' }));
  for (let length = 0; length < bytes.length; length++)
    assert.throws(() => readRecord(bytes.subarray(0, length)), RecordError, String(length));
  assert.throws(() => readRecord(Buffer.concat([bytes, Buffer.alloc(1)])), /longer than it should be/);
  assert.throws(() => readRecord(Buffer.alloc(64)), /no session record/);
  const newer = Buffer.from(bytes);
  for (const version of [0, 3, 0xffff]) {
    newer.writeUInt16LE(version, 2);
    assert.throws(() => readRecord(newer), new RegExp(`has version ${version}, this program reads 1 to 2$`));
  }
});

test('counts that lie make nothing', () => {
  const empty = bytesOf(emptyRecord(1, false));
  // Where the counts of keys, salts and floods stand in a record without anything else.
  for (const at of [16, 40, 44]) {
    assert.equal(empty.readInt32LE(at), 0);
    for (const count of [1, 1_000_000, 0x7fff_ffff, -1, -0x8000_0000]) {
      const lying = Buffer.from(empty);
      lying.writeInt32LE(count, at);
      assert.throws(() => readRecord(lying), RecordError, `${count} at ${at}`);
    }
  }
});

test('any bytes are a record or a RecordError', () => {
  const head = bytesOf(emptyRecord(1, false)).subarray(0, 4);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (rest) => {
      try {
        readRecord(Buffer.concat([head, rest]));
      } catch (error) {
        assert.ok(error instanceof RecordError, String(error));
      }
    }),
  );
});
