/**
 * One thread's part of every cut.
 * In: `CutsTask` as workerData. Out: `CutsDone`, now and then and at the end. Never: a cut of another's part.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { cutOnce, everyCut } from '../../support/every-cut.ts';
import type { CutsDone, CutsTask } from './cuts.ts';

const KEPT = 50;
const TELL_EVERY = 50;

const { step, parts, part } = workerData as CutsTask;
const counts: Record<string, number> = {};
const wrong: string[] = [];
let broken = 0;
let number = 0;
let total = 0;

for await (const cut of everyCut(step)) {
  if (number++ % parts !== part) continue;
  const name = `${cut.direction} ${cut.manner}`;
  counts[name] = (counts[name] ?? 0) + 1;
  const sentences = await cutOnce(cut);
  if (sentences.length > 0) broken++;
  if (wrong.length < KEPT) wrong.push(...sentences);
  if (++total % TELL_EVERY === 0) tell(false);
}
tell(true);

function tell(isEnd: boolean): void {
  parentPort!.postMessage({ counts, broken, wrong, isEnd } satisfies CutsDone);
}
