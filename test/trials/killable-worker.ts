/**
 * A lane's worker that can be killed, on command or by a request: the product's own, behind switches that the product
 * does not have. In: batches; a shared cell a lane that says how to die. Out: blocks, or a death. Never: part of a
 * gateway that serves.
 */
import { workerData } from 'piscina';
import { RecordCursor } from '../../src/batch/batch.ts';
import type { LaneData, LaneTask } from '../../src/batch/lane-task.ts';
import { In } from '../../src/batch/records.ts';
import runBatch from '../../workers/session-worker.ts';
import { DEADLY, DEADLY_TEXT, Death, KILL_CELLS } from './deaths.ts';

const data = workerData as LaneData;
const settings = data.settings as Record<string, unknown>;
const cells = new Int32Array(settings[KILL_CELLS] as SharedArrayBuffer);
const deadly = settings[DEADLY] === true ? Buffer.from(DEADLY_TEXT) : undefined;

export default function killable(task: LaneTask): unknown {
  const how = Atomics.exchange(cells, data.lane, Death.NONE);
  if (how === Death.BEFORE) process.exit(7);
  if (how === Death.HANG) for (;;);
  if (how === Death.HOARD || isDeadly(task)) hoard();
  const block = runBatch(task);
  // The batch was run, and nobody will ever see what it said.
  if (how === Death.AFTER) process.exit(7);
  return block;
}

/** Until V8 ends the thread. */
function hoard(): never {
  const kept: number[][] = [];
  for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => i + 0.5));
}

function isDeadly(task: LaneTask): boolean {
  if (deadly === undefined) return false;
  const record = new RecordCursor(new Uint8Array(data.slots[task.slot]!), task.from, task.to);
  while (record.next()) {
    if (record.kind !== In.REQUEST && record.kind !== In.AGAIN) continue;
    if (Buffer.from(record.bytes.subarray(record.start, record.stop)).includes(deadly)) return true;
  }
  return false;
}
