/**
 * From start to listening, and from connecting to the first answer of a fresh session, key creation included.
 * In: nothing. Out: medians over process starts. Never: a start with a cold build: `npm run bench` has built everything.
 */
import { performance } from 'node:perf_hooks';
import type { Bench, Context } from './bench.ts';
import { FIRST } from './calls.ts';
import { rowOf, type Report } from './report.ts';
import { Rig, startGateway } from './rig.ts';

/** Fresh sessions on each gateway, one after the other; the first one also finds cold code. */
const SESSIONS = 5;

async function once(rig: Rig): Promise<Record<string, number>> {
  const from = performance.now();
  const gateway = await startGateway(rig.folder, rig.dc);
  const started = performance.now() - from;
  try {
    const port = Number(gateway.match[1]);
    const answers: number[] = [];
    for (let i = 0; i < SESSIONS; i++) answers.push(await firstAnswer(rig, port));
    const [first, ...later] = answers as [number, ...number[]];
    return { started, first, later: later.toSorted((a, b) => a - b)[later.length >> 1]! };
  } finally {
    await gateway.stop();
  }
}

async function firstAnswer(rig: Rig, port: number): Promise<number> {
  const { load, seconds } = await rig.open({ clients: 1, setUp: [FIRST], opening: 1 }, port);
  await rig.close(load);
  return seconds * 1000;
}

async function run(context: Context): Promise<Report> {
  const rig = await Rig.start();
  const runs: Record<string, number>[] = [];
  try {
    for (let i = 0; i <= context.runs; i++) {
      context.progress(`start ${i} of ${context.runs}`);
      const figures = await once(rig);
      // The first one warms the files.
      if (i > 0) runs.push(figures);
    }
  } finally {
    await rig.stop();
  }
  return {
    bench: 'start',
    about: 'process start to listening; connection to first answer of a fresh session',
    columns: [
      { key: 'started', title: 'listening ms', better: 'less' },
      { key: 'first', title: 'first session ms', better: 'less' },
      { key: 'later', title: 'later session ms', better: 'less' },
    ],
    rows: [rowOf('gateway', runs)],
    notes: [`First and later: of ${SESSIONS} fresh sessions one after the other, key creation included.`],
  };
}

export const start: Bench = {
  name: 'start',
  about: 'start to listening, and the first answer of a fresh session',
  run,
};
