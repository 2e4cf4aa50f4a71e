/**
 * Session worker: what Piscina calls on a lane's thread.
 * In: a batch in one of the lane's shared slots. Out: one moved block. Never: awaits: order within a lane rests on it.
 */
import { move, workerData } from 'piscina';
import type { LaneData, LaneTask } from '../src/batch/lane-task.ts';
import { makeEnv, type LaneSettings } from './lane-env.ts';
import { LaneSessions } from './lane-sessions.ts';

const data = workerData as LaneData;
// A view of a growable block without a length of its own grows with it.
const slots = data.slots.map((slot) => new Uint8Array(slot));
const sessions = new LaneSessions(makeEnv(data.lane, data.settings as LaneSettings));

/** Runs the records in a slot. @returns a block of records, moved to the main thread */
export default function runBatch(task: LaneTask): unknown {
  if (task.spare !== undefined) sessions.reuse(task.spare);
  const block = sessions.run(slots[task.slot]!, task.to, task.now, task.from);
  return move(block.buffer as ArrayBuffer);
}
