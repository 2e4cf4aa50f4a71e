/**
 * Key creation: many in a row, none may fail.
 * In: how many. Out: CPU each, keys a second, and what other sessions feel meanwhile. Never: a retry that hides a failure.
 */
import { numberOption, type Bench, type Context } from './bench.ts';
import { FIRST, NEAREST_DC } from './calls.ts';
import { rowOf, type Report } from './report.ts';
import { Rig } from './rig.ts';

/** Clients that make keys at once: two for each of the lanes. */
const OPENING = 4;
/** Other sessions meanwhile: so many, together so many requests a second. */
const OTHERS = 8;
const RATE = 200;

async function once(count: number): Promise<Record<string, number>> {
  const rig = await Rig.start({ gateway: ['--workers', '2'], hasOther: true });
  try {
    const others = await rig.open({ clients: OTHERS, setUp: [FIRST], opening: 1 });
    const quiet = await rig.run(others.load, { ...NEAREST_DC, inFlight: 16, rate: RATE, seconds: 1 });
    const before = rig.cpu;
    const storm = rig.open({ clients: count, setUp: [rig.toOther, FIRST], opening: OPENING });
    const meanwhile = await rig.run(others.load, { ...NEAREST_DC, inFlight: 64, rate: RATE, seconds: count / 80 });
    const { seconds } = await storm;
    const { handshakes, violations } = await rig.counters(rig.other);
    // With forward secrecy a session makes two keys: one that lasts, one for now.
    if (handshakes < count || handshakes > 2 * count)
      throw new Error(`${handshakes} keys were made for ${count} sessions`);
    if (violations.length > 0) throw new Error(`the DC noted ${violations[0]}`);
    return {
      keys: handshakes,
      cpu: ((rig.cpu - before) / handshakes) * 1000,
      rate: handshakes / seconds,
      quiet: quiet.latency.p99,
      p50: meanwhile.latency.p50,
      p99: meanwhile.latency.p99,
    };
  } finally {
    await rig.stop();
  }
}

async function run(context: Context): Promise<Report> {
  const count = numberOption(context, 'sessions', 250);
  const runs: Record<string, number>[] = [];
  for (let i = 0; i < Math.max(1, context.runs - 2); i++) {
    context.progress(`keys of ${count} sessions, run ${i + 1}`);
    runs.push(await once(count));
  }
  return {
    bench: 'handshake',
    about: `${count} sessions that make their keys, ${OPENING} at a time through two lanes, none failed`,
    columns: [
      { key: 'keys', title: 'keys', better: 'none' },
      { key: 'cpu', title: 'gateway ms/key', better: 'less' },
      { key: 'rate', title: 'keys/s', better: 'more' },
      { key: 'quiet', title: 'others quiet p99 ms', better: 'none' },
      { key: 'p50', title: 'others p50 ms', better: 'less' },
      { key: 'p99', title: 'others p99 ms', better: 'less' },
    ],
    rows: [rowOf(`${count} sessions`, runs)],
    notes: [
      `Others: ${OTHERS} open sessions that ask ${RATE} times a second together, latency counted from when each request was due.`,
      'Keys are made with a second DC, so that its work does not stand before the others’ calls; but all processes share the cores.',
    ],
  };
}

export const handshake: Bench = {
  name: 'handshake',
  about: 'key creations in a row: CPU, rate, and what others feel',
  options: { sessions: 'how many (250; with forward secrecy two keys each)' },
  run,
};
