/** What a session is told of itself when it goes on after a lost thread: nothing of what was so is forgotten. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stage } from '../../src/session/state/pending.ts';
import { restore, takeAgain } from '../../src/session/resume.ts';
import { Saved } from '../../src/session/snapshot.ts';
import { COUNTERS_LENGTH, EntryFlag, readCounters, writeResume } from '../../src/batch/save-records.ts';
import { Reader } from '../../src/bytes/reader.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { AnswerBy } from '../../src/session/state/pending.ts';
import { botPair } from '../support/bot-pair.ts';
import { at, Lone, NOW } from '../support/lone-state.ts';
import { assertClean, LOGIN, NEAREST, pairOf } from '../support/one-client.ts';

/** A lone session that reads any line as one request. */
function reading(): Lone {
  const lone = new Lone();
  Object.assign(lone.s.env, {
    call: new Writer(16),
    request: { id: Buffer.from('1'), hasMessage: true, timeout: 60_000, seqNo: -1 },
    sessionFields: {},
  });
  Object.assign(lone.attachment.dialect, {
    read: () => undefined,
    encodeMessage: () => ({ crcs: [1], offsets: [0], depth: 1, result: {} }),
  });
  return lone;
}

function again(lone: Lone, flags: number): void {
  const out = new Writer(64);
  out.int32(flags);
  out.long(4, at(0));
  out.int32(1);
  out.long(8, at(0));
  out.double(NOW + 1_000);
  const bytes = Buffer.from(out.written());
  takeAgain(lone.s, { ticket: 1, bytes, start: 0, stop: bytes.length, mayExport: false, attachment: lone.attachment });
}

/** What a session saves of its counters; with the session_id that `Saved` begins with it saves nothing else. */
function countersOf(lone: Lone): Buffer {
  const out = new Writer(64);
  Object.assign(lone.s.sink, { save: () => out });
  lone.s.sessionLow = lone.s.sessionHigh = 0;
  new Saved(lone.s).save(lone.s);
  return Buffer.from(out.written());
}

test('every counter is what it was', () => {
  const [before, after] = [new Lone(), new Lone()];
  const { s } = before;
  Object.assign(s.ids, { low: 4, high: 5, contentCount: 6, offset: 7.5, isSynchronised: true });
  Object.assign(s.salts, { low: 8, high: 9, until: 10 });
  Object.assign(s, { lastSeqNo: 11, uniqueLow: 12, uniqueHigh: 13, hasHistory: true, isKeyDoubted: true });
  const saved = countersOf(before);
  const { flags, ...numbers } = readCounters(new Reader(saved));
  assert.deepEqual(Object.values(numbers), [4, 5, 6, 11, 7.5, 8, 9, 10, 12, 13]);
  assert.notEqual(flags, 0);
  assert.equal(saved.length, COUNTERS_LENGTH);
  const bytes = writeResume(new Uint8Array(0), saved, new Uint8Array(0));
  restore(after.s, bytes, 0, bytes.length, NOW);
  assert.deepEqual(countersOf(after), saved);
});

test('a request that was sent, be it twice, is known as such: it is asked about, and never called undelivered', () => {
  for (const [flags, copies] of [
    [EntryFlag.SENT, 1],
    [EntryFlag.SENT | EntryFlag.RESENT, 2],
  ] as const) {
    const lone = reading();
    again(lone, Stage.SENT | flags);
    const [pending] = lone.s.pending.sent();
    const { stage, wasSent, isFromLostThread, answerBy, deadline, containerLow } = pending!;
    assert.deepEqual(
      [pending!.copies, stage, wasSent, isFromLostThread, answerBy, deadline, containerLow],
      [copies, Stage.ASKED, true, true, AnswerBy.RPC, NOW + 1_000, 8],
    );
  }
});

test('a request that waits again in the queue may have been sent before', () => {
  for (const flags of [0, EntryFlag.SENT]) {
    const lone = reading();
    again(lone, Stage.QUEUED | flags);
    assert.deepEqual(
      lone.s.pending.queue.map(({ wasSent }) => wasSent),
      [flags !== 0],
    );
  }
});

test('a key that the server has forgotten is still lost: nothing is dialled for it', async () => {
  const pair = pairOf();
  const auth_key = Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('base64');
  pair.line(1, { id: 2, session: { auth_key }, message: NEAREST });
  await pair.advance(5_000);
  pair.take(1);
  const { length } = pair.dialled;
  assert.ok(length > 0);
  pair.lose();
  pair.line(1, { id: 3, message: NEAREST });
  await pair.advance(5_000);
  const errors = pair.take(1).map(({ id, error }) => [id, error]);
  assert.deepEqual(errors, [[3, 'AuthKeyInvalid']]);
  assert.equal(pair.dialled.length, length);
});

test("a server that the client named is not taken for the operator's: its record has the address", async () => {
  const pair = pairOf({ session: { allowServer: ['127.0.0.9:442'] } });
  await pair.ask(1, { server: { host: '127.0.0.9', port: 442 }, session: { name: 'bot' } });
  await pair.ask(1, { message: LOGIN });
  assert.equal(pair.shelf.record('bot').host, '127.0.0.9');
  const { length } = pair.shelf.notes;
  pair.lose();
  await pair.ask(1, { message: NEAREST });
  assert.ok(pair.shelf.notes.length > length, 'it was stored again');
  assert.equal(pair.shelf.record('bot').host, '127.0.0.9');
  assertClean(pair);
});

test('no copy of the keys is left behind of the record that the session goes on from', async (t) => {
  const pair = await botPair();
  pair.lose();
  const made = t.mock.method(Uint8Array, 'from');
  await pair.run();
  const keys = made.mock.calls.map(({ result }) => result).filter((bytes) => bytes?.length === 256);
  assert.ok(keys.length > 0);
  for (const key of keys) assert.deepEqual(key, new Uint8Array(256));
  made.mock.restore();
  assertClean(pair);
});
