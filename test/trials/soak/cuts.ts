/**
 * Every cut: the full set of `test/support/every-cut.ts`, spread over the machine's cores.
 * In: a step; 1 for every byte. Out: the count, and what broke a rule. Never: a run left out in silence.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { lengths, SECRECY } from '../../support/every-cut.ts';

/** Sentences kept. */
const KEPT = 50;

/** What a thread has to do. */
export interface CutsTask {
  readonly step: number;
  /** Of so many parts, this one: every so-manyth cut from there on. */
  readonly parts: number;
  readonly part: number;
}

/** What a thread has done, so far or in all. */
export interface CutsDone {
  readonly counts: Readonly<Record<string, number>>;
  readonly broken: number;
  readonly wrong: readonly string[];
  readonly isEnd: boolean;
}

export async function cuts(
  step: number,
  progress: (text: string) => void,
): Promise<{ lines: string[]; wrong: string[] }> {
  const begun = performance.now();
  const parts = availableParallelism();
  const done: CutsDone[] = [];
  const told = (part: number, so: CutsDone): void => {
    done[part] = so;
    const all = Object.values(done);
    progress(`${sum(all.map(totalOf))} cuts, ${sum(all.map(({ broken }) => broken))} broken`);
  };
  await Promise.all(Array.from({ length: parts }, (_, part) => onThread({ step, parts, part }, told)));
  const counts = new Map<string, number>();
  for (const one of done)
    for (const [name, count] of Object.entries(one.counts)) counts.set(name, (counts.get(name) ?? 0) + count);
  const lines = [
    `${sum([...counts.values()])} cuts in ${((performance.now() - begun) / 1000).toFixed(0)} s (step ${step}): ${[...counts].map(([name, count]) => `${name} ${count}`).join(', ')}`,
  ];
  for (const secrecy of SECRECY) {
    const { up, down } = await lengths(secrecy);
    lines.push(`temporary keys ${secrecy}: ${up} bytes up, ${down} bytes down`);
  }
  lines.push(`${sum(done.map(({ broken }) => broken))} broke a rule`);
  return { lines, wrong: done.flatMap(({ wrong }) => wrong).slice(0, KEPT) };
}

/** Resolves when the thread has done its part; rejects if it ends before. */
function onThread(task: CutsTask, told: (part: number, done: CutsDone) => void): Promise<void> {
  const thread = new Worker(new URL('./cuts-thread.js', import.meta.url), { workerData: task });
  return new Promise((resolve, reject) => {
    thread.on('message', (done: CutsDone) => {
      told(task.part, done);
      if (done.isEnd) resolve();
    });
    thread.on('error', reject);
    thread.on('exit', () => reject(new Error(`part ${task.part} of ${task.parts} ended before its end`)));
  });
}

function totalOf({ counts }: CutsDone): number {
  return sum(Object.values(counts));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
