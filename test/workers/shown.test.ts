/** What a lane tells of its requests: how long they took, and with `--verbose` what was said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchWriter, BLOCK_HEAD, RecordCursor } from '../../src/batch/batch.ts';
import { Out } from '../../src/batch/records.ts';
import { LaneSink } from '../../workers/lane-sink.ts';
import { Mask } from '../../workers/mask.ts';
import { Shown } from '../../workers/shown.ts';
import { Times } from '../../workers/times.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

test('a request is timed until the batch in which it is answered ends', () => {
  const times = new Times();
  times.begin(NOW);
  times.taken(1, 7);
  times.taken(2, 7);
  times.end();
  times.begin(NOW + 12.345);
  assert.equal(times.msOf(1, 7), 12.3);
  assert.equal(times.msOf(1, 8), undefined);
  times.answered(1, 7);
  assert.equal(times.msOf(1, 7), 12.3, 'the answer is still to be shown');
  times.end();
  assert.deepEqual([times.msOf(1, 7), times.msOf(2, 7)], [undefined, 12.3], 'each session has tickets of its own');
  assert.equal(times.size, 1);
  times.forget(2);
  assert.equal(times.size, 0);
});

test('the sink says which requests are answered; what is shown of an answer has the time it took', () => {
  const times = new Times();
  const batch = new BatchWriter(4096);
  const sink = new LaneSink(batch, times);
  const shown = new Shown(new Mask(''), times, sink, () => undefined);
  times.begin(NOW);
  times.taken(3, 1);
  times.begin(NOW + 5);
  sink.session = 3;
  sink.reply(3, 1, false, 'result').raw(Buffer.from('{"id":9}\n'));
  sink.end();
  sink.update(0).raw(Buffer.from('{"id":0}\n'));
  sink.end();
  sink.session = 4;
  shown.answers(batch.writer, NOW + 5);
  times.end();
  assert.equal(times.size, 0);
  assert.deepEqual(linesOf(batch), [
    '{"time":"2026-01-02T03:04:05.005Z","from":"gateway","client":3,"ms":5,"object":{"id":9}}',
    '{"time":"2026-01-02T03:04:05.005Z","from":"gateway","client":3,"object":{"id":0}}',
  ]);
});

/** What a batch has to say in the log. */
function linesOf(batch: BatchWriter): string[] {
  const { bytes, pos } = batch.writer;
  const lines: string[] = [];
  const cursor = new RecordCursor(bytes, BLOCK_HEAD, pos);
  while (cursor.next())
    if (cursor.kind === Out.LOG) lines.push(Buffer.from(bytes.subarray(cursor.start, cursor.stop)).toString());
  return lines;
}
