/** What a session is told of itself when it goes on after a lost thread: nothing of what was so is forgotten. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stage } from '../../src/session/state/pending.ts';
import { takeAgain } from '../../src/session/resume.ts';
import { EntryFlag } from '../../src/batch/save-records.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { AnswerBy } from '../../src/session/state/pending.ts';
import { at, Lone, NOW } from '../support/lone-state.ts';

/** A lone session that reads any line as one request. */
function reading(): Lone {
  const lone = new Lone();
  Object.assign(lone.s.env, {
    call: new Writer(16),
    request: { id: Buffer.from('1'), hasMessage: true, timeout: 60_000, seqNo: -1 },
    sessionFields: {},
  });
  Object.assign(lone.s.dialect, {
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
  takeAgain(lone.s, 1, bytes, 0, bytes.length, false);
}

test('a request that was sent, be it twice, is known as such: it is asked about, and never called undelivered', () => {
  for (const [flags, copies] of [
    [EntryFlag.SENT, 1],
    [EntryFlag.SENT | EntryFlag.DOUBLED, 2],
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
