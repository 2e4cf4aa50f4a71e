/**
 * The gateway whole: test DC, gateway and clients on loopback, and the same calls without it.
 * In: nothing. Out: CPU a call by process, latency, and what one call at a time takes more than made directly.
 * Never: figures of a run with a wrong answer.
 */
import { fileURLToPath } from 'node:url';
import type { Bench, Context } from './bench.ts';
import { DIALOGS, FIRST, NEAREST_DC, type Ask } from './calls.ts';
import { rowOf, type Report, type Row } from './report.ts';
import { Rig, type Measured } from './rig.ts';

interface Case {
  readonly name: string;
  readonly ask: Ask;
  readonly clients: number;
  readonly inFlight: number;
}

const CASES: readonly Case[] = [
  { name: 'small, 1 client x 64', ask: NEAREST_DC, clients: 1, inFlight: 64 },
  { name: 'small, 64 clients x 16', ask: NEAREST_DC, clients: 64, inFlight: 16 },
  { name: 'dialogs, 1 client x 8', ask: DIALOGS, clients: 1, inFlight: 8 },
  { name: 'small, one at a time', ask: NEAREST_DC, clients: 1, inFlight: 1 },
];
const MOST = Math.max(...CASES.map((one) => one.clients));

function figures(run: Measured): Record<string, number> {
  const micros = (seconds: number): number => (seconds / run.requests) * 1e6;
  return {
    rate: run.requests / run.seconds,
    gateway: micros(run.gateway),
    main: micros(run.main),
    dc: micros(run.dc),
    load: micros(run.load),
    p50: run.latency.p50,
    p99: run.latency.p99,
    p999: run.latency.p999,
  };
}

async function run(context: Context): Promise<Report> {
  const rig = await Rig.start({ dc: ['--apart'] });
  try {
    const { load } = await rig.open({ clients: MOST, setUp: [FIRST], opening: 4 });
    const bare = await rig.openPeer('bare client', fileURLToPath(new URL('./peer-bare.js', import.meta.url)));
    const runs = CASES.map((): Record<string, number>[] => []);
    const direct: Record<string, number>[] = [];
    // The first round warms up; all cases take turns, so that a drift of the machine hits them alike.
    for (let i = 0; i <= context.runs; i++) {
      for (const [at, { name, ask, clients, inFlight }] of CASES.entries()) {
        context.progress(`${name}, ${i === 0 ? 'warm-up' : `run ${i}`}`);
        const measured = await rig.run(load, { ...ask, clients, inFlight, seconds: context.seconds });
        if (i > 0) runs[at]!.push(figures(measured));
      }
      context.progress(`directly, ${i === 0 ? 'warm-up' : `run ${i}`}`);
      const peer = await rig.runPeer(bare, { what: 'small', inFlight: 1, seconds: context.seconds });
      if (i > 0)
        direct.push({
          rate: peer.requests / peer.seconds,
          load: (peer.load / peer.requests) * 1e6,
          p50: peer.p50,
          p99: peer.p99,
        });
    }
    const rows = CASES.map(({ name }, at) => rowOf(name, runs[at]!));
    return report([...rows, rowOf('small, directly, one at a time', direct)], added(runs.at(-1)!, direct));
  } finally {
    await rig.stop();
  }
}

/** Microseconds the gateway adds at p50, from the runs of one round each. */
function added(through: readonly Record<string, number>[], direct: readonly Record<string, number>[]): Row {
  return rowOf(
    'added by the gateway',
    through.map((one, i) => ({ p50: one['p50']! - direct[i]!['p50']! })),
  );
}

function report(rows: readonly Row[], more: Row): Report {
  return {
    bench: 'proxy',
    about:
      'whole processes on loopback; small is help.getNearestDc, dialogs is messages.getDialogs of some 40 KB of TL',
    columns: [
      { key: 'rate', title: 'calls/s', better: 'more' },
      { key: 'gateway', title: 'gateway us/call', better: 'less' },
      { key: 'main', title: 'its main us', better: 'less' },
      { key: 'dc', title: 'dc us', better: 'none' },
      { key: 'load', title: 'load us', better: 'none' },
      { key: 'p50', title: 'p50 ms', better: 'less' },
      { key: 'p99', title: 'p99 ms', better: 'less' },
      { key: 'p999', title: 'p99.9 ms', better: 'less' },
    ],
    rows: [...rows, more],
    notes: [
      'us/call: CPU of all threads, user and system. Latencies of closed runs: from sending to the answer.',
      'The DC sends each answer in a packet of its own, as one does that works on many requests side by side.',
      'directly: the same call by a bare client that seals and opens but reads no TL.',
    ],
  };
}

export const proxy: Bench = { name: 'proxy', about: 'the gateway whole: CPU a call, latency', run };
