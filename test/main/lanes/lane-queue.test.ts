/** Which records cross in which batch: one batch at a time while it must be certain of which record a thread died. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordCursor } from '../../../src/batch/batch.ts';
import { In } from '../../../src/batch/records.ts';
import { isolatedFlags, requestFlags } from '../../../src/batch/request-flags.ts';
import { LaneQueue } from '../../../src/main/lanes/lane-queue.ts';

const BYTES = Buffer.from('{}');

/** Puts a request of session 1. */
function put(queue: LaneQueue, ticket: number, flags = 0): void {
  queue.put(In.REQUEST, 0, flags, 1, ticket, BYTES, 0, BYTES.length);
}

test('two batches are under way at once, but one while a record has to run alone', () => {
  const queue = new LaneQueue(1_000_000);
  for (const ticket of [1, 2]) {
    put(queue, ticket);
    assert.equal(queue.mayLeave, true);
    queue.leave(0);
    queue.openNext();
  }
  assert.equal(queue.mayLeave, false, 'a third');
  queue.returned();
  put(queue, 3, isolatedFlags(requestFlags(false)));
  assert.equal(queue.mayLeave, false, 'beside another that may be at fault');
  queue.returned();
  assert.equal(queue.mayLeave, true);
  queue.leave(0);
  assert.deepEqual(queue.culprit(), { kind: In.REQUEST, session: 1, ticket: 3 });
  put(queue, 4);
  assert.equal(queue.mayLeave, false);
  if (queue.returned()) queue.openNext();
  assert.equal(queue.mayLeave, true);
});

test('after a death that nobody explains every record runs alone, one batch at a time', () => {
  const queue = new LaneQueue(1_000_000);
  put(queue, 1);
  queue.leave(0);
  queue.openNext();
  queue.careful(1_000);
  put(queue, 2);
  assert.equal(queue.mayLeave, false);
  queue.returned();
  assert.equal(queue.mayLeave, true);
  queue.leave(1_000);
  assert.equal(queue.culprit()?.ticket, 2);
});

/** The next batch leaves and comes back. @returns kind and number of each of its records */
function batch(queue: LaneQueue): string[] {
  queue.takeTurn();
  const { slot, from, to } = queue.leave(0);
  const record = new RecordCursor(new Uint8Array(queue.shared[slot]!), from, to);
  const records: string[] = [];
  while (record.next()) records.push(`${record.kind} ${record.session}`);
  queue.openNext();
  queue.returned();
  return records;
}

test('what is put for those who speak in a session does not pass what the session begins with', () => {
  const queue = new LaneQueue(1_000_000_000);
  const long = Buffer.alloc(32 * 1024 * 1024 - 3_000);
  const saved = Buffer.alloc(4_000);
  const tell = (kind: number, number: number, ticket: number, bytes = BYTES): boolean =>
    queue.put(kind, 0, 0, number, ticket, bytes, 0, bytes.length);
  tell(In.OPEN, 1, 0);
  tell(In.RESUME, 1, 0, long);
  tell(In.OPEN, 2, 0);
  // The slot has no room for it: it waits, and so does all that follows.
  tell(In.RESUME, 2, 0, saved);
  for (const [attachment, session] of [
    [3, 1],
    [4, 2],
  ] as const) {
    tell(In.ATTACH, attachment, session);
    tell(In.AGAIN, attachment, attachment);
    tell(In.NAMED, session, 0);
  }
  assert.deepEqual(batch(queue), ['1 1', '7 1', '1 2']);
  const rest = [...batch(queue), ...batch(queue)];
  const place = (record: string): number => rest.indexOf(record);
  assert.ok(place('7 2') >= 0 && place('7 2') < place('12 4') && place('12 4') < place('8 4'), rest.join());
  assert.ok(place('12 3') >= 0 && place('12 3') < place('8 3'), rest.join());
});

test('each who speaks in a session has a share of its own: one with long lines holds up none of the others', () => {
  const queue = new LaneQueue(1_000_000);
  const long = Buffer.alloc(200 * 1024);
  queue.put(In.OPEN, 0, 0, 1, 0, BYTES, 0, 0);
  for (const number of [2, 3]) queue.put(In.ATTACH, 0, 0, number, 1, BYTES, 0, 0);
  for (const ticket of [1, 2, 3]) queue.put(In.REQUEST, 0, 0, 2, ticket, long, 0, long.length);
  queue.put(In.REQUEST, 0, 0, 3, 4, BYTES, 0, BYTES.length);
  const { to } = queue.leave(0);
  const record = new RecordCursor(new Uint8Array(queue.shared[0]!), 0, to);
  const asked: number[] = [];
  while (record.next()) if (record.kind === In.REQUEST) asked.push(record.ticket);
  assert.deepEqual(asked, [1, 4]);
});

test('what a client has asked is no work once it has left', () => {
  const queue = new LaneQueue(1_000_000);
  const long = Buffer.alloc(600 * 1024);
  queue.put(In.OPEN, 0, 0, 1, 0, BYTES, 0, 0);
  queue.put(In.ATTACH, 0, 0, 2, 1, BYTES, 0, 0);
  assert.equal(queue.put(In.REQUEST, 0, 0, 2, 1, long, 0, long.length), true);
  queue.put(In.DETACH, 0, 0, 2, 0, BYTES, 0, 0);
  assert.deepEqual([...batch(queue), ...batch(queue)], ['1 1', '12 2', '13 2']);
});
