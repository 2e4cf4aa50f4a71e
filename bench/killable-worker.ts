/**
 * A lane's worker that can be killed on command: the product's own, behind a switch that the product does not have.
 * In: batches; a shared cell a lane that says how to die. Out: blocks, or a death. Never: part of a gateway that serves.
 */
import { workerData } from 'piscina';
import type { LaneData, LaneTask } from '../src/batch/lane-task.ts';
import runBatch from '../workers/session-worker.ts';
import { KILL_CELLS, Death } from './deaths.ts';

const data = workerData as LaneData;
const cells = new Int32Array((data.settings as Record<string, SharedArrayBuffer>)[KILL_CELLS]!);

export default function killable(task: LaneTask): unknown {
  const how = Atomics.exchange(cells, data.lane, Death.NONE);
  if (how === Death.BEFORE) process.exit(7);
  if (how === Death.HANG) for (;;);
  const block = runBatch(task);
  // The batch was run, and nobody will ever see what it said.
  if (how === Death.AFTER) process.exit(7);
  return block;
}
