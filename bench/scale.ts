/**
 * Many sessions, each with its own connection to the DC: what they cost while little is asked.
 * In: how many at most; whether they make their keys. Out: memory a session, CPU a call, latency at a fixed rate.
 * Never: latency from when a request could be sent: it counts from when it was due.
 */
import { numberOption, type Bench, type Context } from './bench.ts';
import { FIRST, NEAREST_DC } from './calls.ts';
import { rowOf, type Report } from './report.ts';
import { Rig } from './rig.ts';
import type { Child } from './process.ts';

const STEPS = [10, 100, 1000, 3000, 5000, 9000];
/** Requests a second of all sessions together. */
const RATE = 2000;
const OPENING = 16;

type Figures = Record<string, number>;

async function steps(context: Context, rig: Rig, most: number): Promise<{ name: string; runs: Figures[] }[]> {
  const isFresh = context.options['keys'] === 'fresh';
  const empty = (await rig.emptyMemory()).own;
  const { load } = await rig.open({ clients: 0, setUp: [], opening: 1 });
  const done: { name: string; runs: Figures[] }[] = [];
  const sessions = isFresh ? [] : await rig.sessions(most, true);
  let openSeconds = 0;
  for (const count of STEPS.filter((step) => step <= most)) {
    context.progress(`opening ${count} sessions`);
    const before = rig.cpu;
    openSeconds += await rig.openMore(load, { clients: count, setUp: [FIRST], sessions, opening: OPENING });
    const openCpu = rig.cpu - before;
    const grown = (await rig.settledMemory()).own - empty;
    const fixed = { open: openSeconds, openCpu, memory: grown / count / 1024 };
    const runs = await ask(context, rig, load, count, fixed);
    const after = ((await rig.settledMemory()).own - empty) / count / 1024;
    done.push({ name: `${count} sessions`, runs: runs.map((one) => ({ ...one, after })) });
  }
  return done;
}

async function ask(context: Context, rig: Rig, load: Child, count: number, fixed: Figures): Promise<Figures[]> {
  const runs: Figures[] = [];
  for (let i = 0; i <= context.runs; i++) {
    context.progress(`${count} sessions, ${i === 0 ? 'warm-up' : `run ${i}`}`);
    const run = await rig.run(load, {
      ...NEAREST_DC,
      inFlight: 16,
      rate: RATE,
      seconds: context.seconds / (i === 0 ? 2 : 1),
    });
    const { p50, p99, p999 } = run.latency;
    if (i > 0)
      runs.push({
        ...fixed,
        rate: run.requests / run.seconds,
        cpu: (run.gateway / run.requests) * 1e6,
        p50,
        p99,
        p999,
      });
  }
  return runs;
}

async function run(context: Context): Promise<Report> {
  const most = numberOption(context, 'most', 5000);
  const rig = await Rig.start();
  try {
    const done = await steps(context, rig, most);
    return {
      bench: 'scale',
      about: `sessions with a DC connection each, ${RATE} calls a second over all of them`,
      columns: [
        { key: 'open', title: 'opened in s', better: 'less' },
        { key: 'memory', title: 'KiB/session', better: 'less' },
        { key: 'after', title: 'after calls', better: 'less' },
        { key: 'rate', title: 'calls/s', better: 'none' },
        { key: 'cpu', title: 'gateway us/call', better: 'less' },
        { key: 'p50', title: 'p50 ms', better: 'less' },
        { key: 'p99', title: 'p99 ms', better: 'less' },
        { key: 'p999', title: 'p99.9 ms', better: 'less' },
      ],
      rows: done.map(({ name, runs }) => rowOf(name, runs)),
      notes: [
        context.options['keys'] === 'fresh'
          ? 'Every session made its own key.'
          : 'Sessions were handed in with keys; --keys fresh makes them.',
        'KiB/session: memory no other process shares, beyond the empty gateway, once it stands still; before and after the calls. Latency counts from when a request was due.',
      ],
    };
  } finally {
    await rig.stop();
  }
}

export const scale: Bench = {
  name: 'scale',
  about: 'many sessions: memory each, CPU a call, latency',
  options: { most: 'sessions at most (5000; up to 9000)', keys: 'fresh: every session makes its own key' },
  run,
};
