/** What is held of a session for another thread: secret, bounded, and gone when it is over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordCursor, writeHeader } from '../../../src/batch/batch.ts';
import { HEADER_LENGTH, Out } from '../../../src/batch/records.ts';
import { COUNTERS_LENGTH } from '../../../src/batch/save-records.ts';
import { SavedSession } from '../../../src/main/sessions/saved-session.ts';

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

test('a session that was saved is zeroed where it came from, when another is saved, and at the end', (t) => {
  const made: Buffer[] = [];
  const allocate = Buffer.allocUnsafeSlow.bind(Buffer);
  t.mock.method(Buffer, 'allocUnsafeSlow', (length: number) => {
    made.push(allocate(length));
    return made.at(-1)!;
  });
  const saved = new SavedSession();
  const first = Buffer.from('the key of the first');
  saved.takeSession(first);
  assert.ok(isZero(first));
  assert.equal(made[0]!.toString(), 'the key of the first');
  saved.takeSession(Buffer.from('the second'));
  assert.ok(isZero(made[0]!));
  assert.equal(made[1]!.toString(), 'the second');
  assert.ok(saved.resume().includes('the second'));
  saved.wipe();
  assert.ok(isZero(made[1]!));
  assert.equal(saved.isEmpty, true);
});

/** A SAVE record with so many ids behind its counters, counted on from the last. */
function counters(ids: number, from: number): RecordCursor {
  const length = COUNTERS_LENGTH + ids * 8;
  const bytes = new Uint8Array(HEADER_LENGTH + length);
  const view = new DataView(bytes.buffer);
  writeHeader(view, 0, Out.SAVE, 0, 0, 1, 0, length);
  for (let i = 0; i < ids; i++) view.setUint32(HEADER_LENGTH + COUNTERS_LENGTH + i * 8, from + i, true);
  const cursor = new RecordCursor(Buffer.from(bytes.buffer), 0, bytes.length);
  cursor.next();
  return cursor;
}

test('of ids that came the newest are kept, 256 at most', () => {
  const saved = new SavedSession();
  let last = 0;
  for (const count of [1, 20, 100, 100, 100, 1, 1, 255, 300]) {
    saved.takeCounters(counters(count, last + 1));
    last += count;
    const bytes = saved.resume();
    const ids = bytes.subarray(8 + COUNTERS_LENGTH);
    assert.ok(ids.length <= 256 * 8, `${ids.length} bytes`);
    assert.ok(ids.length >= Math.min(last, 200) * 8, `${ids.length} bytes`);
    const read = Array.from({ length: ids.length / 8 }, (_, i) => ids.readUInt32LE(i * 8));
    assert.deepEqual(
      read,
      read.map((_, i) => last - read.length + 1 + i),
    );
  }
});
