import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { BatchWriter, BLOCK_HEAD, blockHead, RecordCursor, writeHeader } from '../../src/batch/batch.ts';
import { HEADER_LENGTH, padded } from '../../src/batch/records.ts';

const record = fc.record({
  kind: fc.integer({ min: 0, max: 255 }),
  link: fc.integer({ min: 0, max: 255 }),
  flags: fc.integer({ min: 0, max: 65_535 }),
  session: fc.integer({ min: 0, max: 0xffffffff }),
  ticket: fc.integer({ min: 0, max: 0xffffffff }),
  bytes: fc.uint8Array({ maxLength: 300 }),
});

type Row = { kind: number; link: number; flags: number; session: number; ticket: number; bytes: Uint8Array };

function rows(cursor: RecordCursor): Row[] {
  const found: Row[] = [];
  while (cursor.next()) {
    const { kind, link, flags, session, ticket } = cursor;
    found.push({
      kind,
      link,
      flags,
      session,
      ticket,
      bytes: Uint8Array.from(cursor.bytes.subarray(cursor.start, cursor.stop)),
    });
  }
  return found;
}

test('records walk out of a block as they were written in, in order', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), (records) => {
      const batch = new BatchWriter(64);
      for (const r of records) {
        batch.begin(r.kind, r.link, r.flags, r.session, r.ticket).raw(r.bytes);
        batch.end();
      }
      const block = batch.finish(12.5, 64);
      const head = blockHead(block);
      assert.equal(head.wakeAt, 12.5);
      assert.deepEqual(
        rows(new RecordCursor(block, BLOCK_HEAD, head.length)),
        records.map((r) => ({ ...r })),
      );
    }),
  );
});

test('a record taken back leaves no trace', () => {
  const batch = new BatchWriter(64);
  batch.begin(1, 0, 0, 7, 1).ascii('kept');
  batch.end();
  batch.begin(2, 0, 0, 7, 2).ascii('dropped');
  batch.drop();
  const block = batch.finish(Infinity, 64);
  const found = rows(new RecordCursor(block, BLOCK_HEAD, blockHead(block).length));
  assert.deepEqual(
    found.map((row) => row.kind),
    [1],
  );
});

test('headers written into a slot are read back; a length past the end throws', () => {
  const slot = new Uint8Array(64);
  writeHeader(new DataView(slot.buffer), 0, 2, 3, 0xfff1, 0xfffffffe, 9, 5);
  slot.set([1, 2, 3, 4, 5], HEADER_LENGTH);
  const end = HEADER_LENGTH + padded(5);
  assert.deepEqual(rows(new RecordCursor(slot, 0, end)), [
    { kind: 2, link: 3, flags: 0xfff1, session: 0xfffffffe, ticket: 9, bytes: Uint8Array.from([1, 2, 3, 4, 5]) },
  ]);
  assert.throws(() => new RecordCursor(slot, 0, end - 1).next(), RangeError);
});
