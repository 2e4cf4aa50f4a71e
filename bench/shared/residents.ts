/**
 * Residents: a gateway that was killed with many resident sessions starts again, and opens them all.
 * In: how many. Out: how soon all are open, memory of each, how soon a client that comes in the middle is answered.
 * Never: a session counted as open that the data centre does not see; a gateway's own memory shared out among its sessions.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { numberOption, type Context } from '../bench.ts';
import { memoryOf } from '../proc.ts';
import type { Child } from '../process.ts';
import { rowOf, type Report } from '../report.ts';
import { Line } from './line.ts';
import { nameOf, NamedRig } from './named-rig.ts';

type Figures = Record<string, number>;

/** Lines of the marking that are open at once. */
const MARKING = 16;
const LOOK = 20;
/** All must be open in this time, s. */
const LONGEST = 120;
/** V8 gives back what opening them left behind about a minute later, ms. */
const SETTLE = 75_000;
/** Part of the residents that are opened first: what all the others add is the memory of each. */
const FEW = 0.1;

/** Marks sessions as resident, from one number to another, and kills the gateway that has them open. */
async function mark(named: NamedRig, from: number, count: number): Promise<void> {
  const gateway = await named.rig.anotherGateway(['--vault', named.vault]);
  const line = await Line.to(Number(gateway.match[1]));
  let next = from;
  const some = async (): Promise<void> => {
    for (let at = next++; at < count; at = next++) {
      const answer = await line.ask({ session: { name: nameOf(at), resident: true } });
      if (answer['error'] !== undefined) throw new Error(`${nameOf(at)}: ${JSON.stringify(answer).slice(0, 300)}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: MARKING }, some));
  } finally {
    line.close();
    gateway.kill();
    await gateway.stop();
  }
}

/** When the data centre sees so many connections; ms. */
async function seen(named: NamedRig, count: number, from: number): Promise<number> {
  const until = from + LONGEST * 1000;
  for (;;) {
    const { openConnections } = await named.rig.counters();
    const now = performance.now();
    if (openConnections >= count) return now - from;
    if (now > until) throw new Error(`${openConnections} of ${count} were open after ${LONGEST} s`);
    await sleep(LOOK);
  }
}

/** A client that comes in the middle names a session that is not open yet. */
async function comesBetween(gateway: Child): Promise<number> {
  const line = await Line.to(Number(gateway.match[1]));
  try {
    const { session } = await line.ask({ session: { list: true } });
    const { list } = session as { list: { name: string; state?: string }[] };
    const closed = list.filter(({ state }) => state !== 'open');
    const name = (closed.at(closed.length >> 1) ?? list.at(-1)!).name;
    const from = performance.now();
    const answer = await line.ask({ session: { name }, message: { _cons: 'updates.getState' } });
    if (!JSON.stringify(answer).includes('updates.state'))
      throw new Error(`${name} was answered ${JSON.stringify(answer).slice(0, 300)}`);
    return performance.now() - from;
  } finally {
    line.close();
  }
}

/** Sessions by the state that the gateway says they have. */
async function isOpenByList(gateway: Child): Promise<number> {
  const line = await Line.to(Number(gateway.match[1]));
  try {
    const { session } = await line.ask({ session: { list: true } });
    const { list } = session as { list: { state?: string }[] };
    return list.filter(({ state }) => state === 'open').length;
  } finally {
    line.close();
  }
}

async function once(named: NamedRig, count: number): Promise<Figures> {
  // What the dead one left is gone from the data centre's count first.
  while ((await named.rig.counters()).openConnections > 0) await sleep(LOOK);
  const started = performance.now();
  const gateway = await named.rig.anotherGateway(['--vault', named.vault]);
  const from = performance.now();
  try {
    const half = seen(named, count / 2, from);
    const between = half.then(() => comesBetween(gateway));
    await half;
    const all = await seen(named, count, from);
    const first = await between;
    const byList = await isOpenByList(gateway);
    await sleep(SETTLE);
    const memory = memoryOf(gateway.pid).own / 1024;
    return { ready: from - started, half: (await half) / 1000, all: all / 1000, first, byList, memory };
  } finally {
    gateway.kill();
    await gateway.stop();
  }
}

export async function residents(context: Context): Promise<Report> {
  const count = numberOption(context, 'residents', 2_000);
  const named = await NamedRig.start({ sessions: count, isApart: true });
  const few = Math.max(1, Math.round(count * FEW));
  const starts = Math.max(1, context.runs - 2);
  const runs: Figures[] = [];
  try {
    // The rig's own gateway never opens the vault.
    const empty = (await named.rig.emptyMemory()).own / 1024;
    const before = await startsOf(context, named, { from: 0, count: few, starts });
    const after = await startsOf(context, named, { from: few, count, starts });
    for (const [i, run] of after.entries()) {
      const each = (run['memory']! - before[i]!['memory']!) / (count - few);
      runs.push({ ...run, each, whole: (run['memory']! - empty) / count });
    }
  } finally {
    await named.stop();
  }
  return report(count, runs);
}

/** Marks more sessions as residents, then starts a gateway on all of them, so many times. */
async function startsOf(
  context: Context,
  named: NamedRig,
  { from, count, starts }: { from: number; count: number; starts: number },
): Promise<Figures[]> {
  context.progress(`residents: marking ${count - from} sessions`);
  await mark(named, from, count);
  const runs: Figures[] = [];
  for (let i = 1; i <= starts; i++) {
    context.progress(`residents: cold start ${i} of ${count}`);
    runs.push(await once(named, count));
  }
  return runs;
}

function report(count: number, runs: readonly Figures[]): Report {
  return {
    bench: 'shared: residents',
    about: `${count} resident sessions after kill -9 of their gateway and a cold start`,
    columns: [
      { key: 'ready', title: 'listening ms', better: 'less' },
      { key: 'half', title: 'half open s', better: 'less' },
      { key: 'all', title: 'all open s', better: 'less' },
      { key: 'first', title: 'client in the middle ms', better: 'less' },
      { key: 'byList', title: 'open by list', better: 'none' },
      { key: 'each', title: 'KiB each', better: 'less' },
      { key: 'whole', title: 'KiB all/n', better: 'less' },
    ],
    rows: [rowOf('cold start', runs)],
    notes: [
      'Open: the data centre has the connection; from the moment the gateway listens. --dial-rate is its default, 200 a second.',
      'client in the middle: when half are open, from naming one that is not to the answer of its first message.',
      `KiB each: memory no other process shares, ${SETTLE / 1000} s after all are open, that the others add to a tenth of them.`,
      'KiB all/n: the same beyond a gateway that has no session and has not opened its vault, by all of them.',
    ],
  };
}
