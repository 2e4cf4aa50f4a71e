/** SAVE, AGAIN and RESUME: what a session says of a request comes back through the main thread as it was. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  areIdsForgotten,
  type SavedCounters,
  COUNTERS_LENGTH,
  ENTRY_LENGTH,
  entryAttachment,
  EntryFlag,
  entryTicket,
  idsFrom,
  saveEntry,
  type SavedEntry,
  readAgain,
  readCounters,
  readResume,
  saveFlags,
  writeAgain,
  writeCounters,
  writeEntry,
  writeResume,
} from '../../src/batch/save-records.ts';
import { Reader } from '../../src/bytes/reader.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { oneRecord } from '../support/one-record.ts';

const half = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const time = fc.oneof(fc.double({ noNaN: true }), fc.constant(Infinity));
const entry = fc.record({
  ticket: fc.integer({ min: 1, max: 0xffff_ffff }),
  attachment: fc.integer({ min: 1, max: 0xffff_ffff }),
  flags: fc.integer({ min: 0, max: 127 }),
  place: fc.record({
    msgIdLow: half,
    msgIdHigh: half,
    seqNo: half,
    containerLow: half,
    containerHigh: half,
    notBefore: time,
    deadline: time,
  }),
});

function blank(): SavedEntry {
  return {
    flags: 0,
    msgIdLow: 0,
    msgIdHigh: 0,
    seqNo: 0,
    containerLow: 0,
    containerHigh: 0,
    deadlineLow: 0,
    deadlineHigh: 0,
  };
}

test('an entry of SAVE, held by the main thread, is what AGAIN says, with the line behind it', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 4 }), fc.uint8Array({ maxLength: 30 }), (entries, ids) => {
      const out = new Writer(64);
      out.zeros(COUNTERS_LENGTH);
      for (const { ticket, attachment, flags, place } of entries) writeEntry(out, ticket, attachment, flags, place);
      out.raw(ids);
      const save = oneRecord(out.written(), 0, entries.length);
      assert.equal(idsFrom(save), out.pos - ids.length);
      for (const [i, { ticket, attachment, flags, place }] of entries.entries()) {
        const at = COUNTERS_LENGTH + i * ENTRY_LENGTH;
        assert.deepEqual([entryTicket(save, at), entryAttachment(save, at)], [ticket, attachment]);
        const kept = blank();
        saveEntry(kept, save, at);
        assert.equal(kept.flags, flags);
        const again = writeAgain(kept, Buffer.from('before{"a":1}behind'), 6, 13);
        const { lineAt, ...read } = readAgain(again, 0, again.length);
        assert.equal(again.toString('latin1', lineAt), '{"a":1}');
        const isTimed = (flags & EntryFlag.TIMED) !== 0;
        const { containerLow, containerHigh, notBefore, ...rest } = place;
        assert.deepEqual(read, {
          ...rest,
          flags,
          ...(isTimed
            ? { containerLow: 0, containerHigh: 0, notBefore }
            : { containerLow, containerHigh, notBefore: 0 }),
        });
      }
    }),
  );
});

const counters: fc.Arbitrary<SavedCounters> = fc.record(
  {
    msgIdLow: half,
    msgIdHigh: half,
    contentCount: half,
    lastSeqNo: half,
    clockOffset: time,
    saltLow: half,
    saltHigh: half,
    saltUntil: half,
    uniqueLow: half,
    uniqueHigh: half,
    flags: half,
  },
  { noNullPrototype: true },
);

test('the counters of SAVE have the length that main counts on, and come back from RESUME with the msg_ids behind them', () => {
  fc.assert(
    fc.property(counters, fc.uint8Array({ maxLength: 30 }), (saved, ids) => {
      const out = new Writer(64);
      writeCounters(out, saved);
      assert.equal(out.pos, COUNTERS_LENGTH);
      const bytes = writeResume(new Uint8Array(0), out.written(), ids);
      const rest = readResume(bytes, 0, bytes.length).counters!;
      assert.deepEqual(readCounters(rest), saved);
      assert.deepEqual([...rest.raw(rest.left)], [...ids]);
      for (let length = 0; length < COUNTERS_LENGTH; length++)
        assert.throws(() => readCounters(new Reader(out.bytes, 0, length)));
    }),
  );
});

test('SAVE: whether the msg_ids before it are forgotten', () => {
  for (const forgetsIds of [false, true]) assert.equal(areIdsForgotten(saveFlags(forgetsIds)), forgetsIds);
});

test('a SAVE whose entries run past its end, and an AGAIN that ends before its line, are refused', () => {
  const bytes = new Uint8Array(COUNTERS_LENGTH + 2 * ENTRY_LENGTH);
  for (let length = 0; length < bytes.length; length++)
    assert.throws(() => idsFrom(oneRecord(bytes, 0, 2, length)), RangeError);
  for (const flags of [0, EntryFlag.TIMED]) {
    const again = writeAgain({ ...blank(), flags }, new Uint8Array(0), 0, 0);
    for (let length = 0; length < again.length; length++) assert.throws(() => readAgain(again, 0, length));
  }
});

test('RESUME: both parts as they were saved, or none; one that is cut short is refused', () => {
  const numbers = fc.uint8Array({ minLength: COUNTERS_LENGTH, maxLength: COUNTERS_LENGTH });
  const none = fc.constant(new Uint8Array(0));
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 30 }),
      fc.oneof(fc.tuple(numbers, fc.uint8Array({ maxLength: 30 })), fc.tuple(none, none)),
      (session, [saved, ids]) => {
        const bytes = writeResume(session, saved, ids);
        const read = readResume(bytes, 0, bytes.length);
        assert.deepEqual([...(read.session?.raw(session.length) ?? [])], [...session]);
        assert.equal(read.session?.left ?? 0, 0);
        const rest = [...saved, ...ids];
        assert.deepEqual([...(read.counters?.raw(rest.length) ?? [])], rest);
        assert.equal(read.counters?.left ?? 0, 0);
        assert.deepEqual([read.session === undefined, read.counters === undefined], [!session.length, !rest.length]);
        for (let length = 0; length < bytes.length; length++) assert.throws(() => readResume(bytes, 0, length));
      },
    ),
  );
});
