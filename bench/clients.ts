/**
 * Many clients at once, each with its own session and key: every answer right and on its own connection.
 * In: how many. Out: time, memory and CPU to open them, and of ten requests each. Never: a run with a wrong answer.
 */
import { numberOption, type Bench, type Context } from './bench.ts';
import { FIRST, NEAREST_DC } from './calls.ts';
import { rowOf, type Report } from './report.ts';
import { Rig } from './rig.ts';

const REQUESTS = 10;
/** Clients that are being opened at once: more only wait for each other's key creation. */
const OPENING = 16;

async function once(count: number): Promise<Record<string, number>> {
  const rig = await Rig.start();
  try {
    const empty = (await rig.emptyMemory()).own;
    const before = rig.cpu;
    const { load, seconds } = await rig.open({ clients: count, setUp: [FIRST], opening: OPENING });
    const opened = rig.cpu - before;
    const grown = (await rig.settledMemory()).own - empty;
    const run = await rig.run(load, { ...NEAREST_DC, inFlight: REQUESTS, requests: REQUESTS });
    const { handshakes, calls, violations } = await rig.counters();
    const asked = calls['help.getNearestDc'];
    // With forward secrecy a session makes two keys: one that lasts, one for now.
    if (handshakes % count !== 0) throw new Error(`${handshakes} keys were made for ${count} clients`);
    if (asked !== count * (REQUESTS + 1)) throw new Error(`the DC was asked ${asked} times`);
    if (violations.length > 0) throw new Error(`the DC noted ${violations[0]}`);
    return {
      open: seconds,
      keys: handshakes / count,
      openCpu: (opened / handshakes) * 1000,
      ask: run.seconds,
      p50: run.latency.p50,
      p99: run.latency.p99,
      cpu: (run.gateway / run.requests) * 1e6,
      memory: grown / count / 1024,
      resident: rig.memory.resident / 2 ** 20,
    };
  } finally {
    await rig.stop();
  }
}

async function run(context: Context): Promise<Report> {
  const count = numberOption(context, 'clients', 1000);
  const runs: Record<string, number>[] = [];
  for (let i = 0; i < Math.max(1, context.runs - 2); i++) {
    context.progress(`${count} clients, run ${i + 1}`);
    runs.push(await once(count));
  }
  return {
    bench: 'clients',
    about: `${count} clients, each a session and keys of its own, then ${REQUESTS} requests each at once`,
    columns: [
      { key: 'open', title: 'open s', better: 'less' },
      { key: 'keys', title: 'keys each', better: 'none' },
      { key: 'openCpu', title: 'gateway ms/key', better: 'less' },
      { key: 'ask', title: 'all asked s', better: 'less' },
      { key: 'p50', title: 'p50 ms', better: 'less' },
      { key: 'p99', title: 'p99 ms', better: 'less' },
      { key: 'cpu', title: 'gateway us/call', better: 'less' },
      { key: 'memory', title: 'KiB/session', better: 'less' },
      { key: 'resident', title: 'resident MiB', better: 'less' },
    ],
    rows: [rowOf(`${count} clients`, runs)],
    notes: ['Every answer was held against its id, its connection and its constructor; the DC noted no violation.'],
  };
}

export const clients: Bench = {
  name: 'clients',
  about: 'many clients, a session each: right answers, time, memory, CPU',
  options: { clients: 'how many (1000)' },
  run,
};
