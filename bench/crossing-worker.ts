/**
 * The other side of the crossing bench: touches its bytes and answers with as many.
 * In: a batch in a shared slot. Out: a moved block. Never: any work beside that.
 */
import { parentPort, workerData as bareData } from 'node:worker_threads';
import { move, workerData } from 'piscina';

interface Task {
  readonly slot: number;
  readonly length: number;
}

interface Data {
  readonly slots: readonly SharedArrayBuffer[];
  /** Without Piscina. */
  readonly isBare?: boolean;
}

// Piscina wraps what its workers are given; without it the first is undefined.
const data = (workerData ?? bareData) as Data;
const slots = data.slots.map((slot) => new Uint8Array(slot));

function answer({ slot, length }: Task): ArrayBuffer {
  const block = new Uint8Array(length);
  block.set(slots[slot]!.subarray(0, length));
  return block.buffer;
}

/** What Piscina calls. */
export default function run(task: Task): unknown {
  return move(answer(task));
}

if (data.isBare === true) {
  parentPort!.on('message', (task: Task) => {
    const block = answer(task);
    parentPort!.postMessage(block, [block]);
  });
}
