/**
 * Updates: one message pushed to many sessions at once, again and again.
 * In: nothing. Out: CPU an update delivered, and how long after the push it was there. Never: an update lost unnoticed.
 */
import { numberOption, type Bench, type Context } from './bench.ts';
import { FIRST } from './calls.ts';
import type { Child } from './process.ts';
import { rowOf, type Report } from './report.ts';
import { Rig } from './rig.ts';

/** Messages a second; each goes to every session of the user. */
const RATE = 50;

type Figures = Record<string, number>;

async function once(rig: Rig, load: Child, sessions: number, seconds: number): Promise<Figures> {
  const listening = rig.run(load, { request: '{"id":$ID}', expected: '', inFlight: 0, seconds: seconds + 0.5 });
  const pushed = await rig.push(RATE, seconds);
  const run = await listening;
  if (run.notices !== pushed * sessions) throw new Error(`${run.notices} updates came of ${pushed} x ${sessions}`);
  const { p50, p99 } = run.noticeLatency;
  const micros = (cpu: number): number => (cpu / run.notices) * 1e6;
  return {
    rate: run.notices / seconds,
    cpu: micros(run.gateway),
    main: micros(run.main),
    dc: micros(run.dc),
    p50,
    p99,
  };
}

async function run(context: Context): Promise<Report> {
  const sessions = numberOption(context, 'sessions', 100);
  const rig = await Rig.start();
  const runs: Figures[] = [];
  try {
    // All sessions are those of the demo user, each with its own key.
    const keys = await rig.sessions(sessions, false);
    const { load } = await rig.open({ clients: sessions, setUp: [FIRST], sessions: keys, opening: 8 });
    for (let i = 0; i <= context.runs; i++) {
      context.progress(i === 0 ? 'warm-up' : `run ${i}`);
      const figures = await once(rig, load, sessions, context.seconds);
      if (i > 0) runs.push(figures);
    }
  } finally {
    await rig.stop();
  }
  return {
    bench: 'updates',
    about: `${RATE} messages a second, each pushed to ${sessions} sessions at once`,
    columns: [
      { key: 'rate', title: 'updates/s', better: 'none' },
      { key: 'cpu', title: 'gateway us/update', better: 'less' },
      { key: 'main', title: 'its main us', better: 'less' },
      { key: 'dc', title: 'dc us', better: 'none' },
      { key: 'p50', title: 'p50 ms', better: 'less' },
      { key: 'p99', title: 'p99 ms', better: 'less' },
    ],
    rows: [rowOf(`${sessions} sessions`, runs)],
    notes: ['Latency: from the push in the DC to the line at the client; every update of every session was counted.'],
  };
}

export const updates: Bench = {
  name: 'updates',
  about: 'a fan of pushed updates: CPU each, latency',
  options: { sessions: 'how many sessions (100)' },
  run,
};
