/**
 * One connection that speaks for many named sessions with `as`, and the same sessions with a connection each.
 * In: how many sessions, open calls of each. Out: CPU a call of the whole gateway and its ratio, latency, memory.
 * Never: a figure of a run in which a session was not that of its user.
 */
import { numberOption, type Context } from '../bench.ts';
import type { Child } from '../process.ts';
import { rowOf, type Report } from '../report.ts';
import type { AsOpen, AsResult, AsRun } from './as-load.ts';
import { nameOf, NamedRig } from './named-rig.ts';

type Figures = Record<string, number>;

/** Memory is looked at so often while calls are open, ms. */
const WATCH = 50;

/** A gateway with its sessions, and who speaks for them. */
interface Stage {
  readonly name: string;
  readonly named: NamedRig;
  readonly load: Child;
  /** Seconds and KiB a session, as they were opened. */
  readonly opened: Figures;
}

async function stageOf(context: Context, name: string, sessions: number, isOne: boolean): Promise<Stage> {
  context.progress(`as: ${name}, opening ${sessions} sessions`);
  const named = await NamedRig.start({ sessions, isApart: true });
  try {
    const { rig, users } = named;
    const empty = (await rig.emptyMemory()).own;
    const load = await rig.openOther('sessions', './shared/as-load.js');
    const names = users.map((_, i) => nameOf(i));
    const order: AsOpen = { port: rig.port, names, users: users.map(({ userId }) => userId), isOne };
    const from = performance.now();
    await rig.openIn(load, order);
    const open = (performance.now() - from) / 1000;
    const memory = ((await rig.settledMemory()).own - empty) / sessions / 1024;
    return { name, named, load, opened: { open, memory } };
  } catch (error) {
    await named.stop();
    throw error;
  }
}

async function once({ named, load, opened }: Stage, order: AsRun): Promise<Figures> {
  const { rig } = named;
  const before = rig.memory.own;
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, rig.memory.own)), WATCH);
  try {
    const run = await rig.runOther<AsResult>(load, order);
    if (run.wrong > 0) throw new Error(`${run.wrong} wrong answers: ${run.samples.join('\n')}`);
    const micros = (seconds: number): number => (seconds / run.requests) * 1e6;
    const { p50, p99 } = run;
    const rate = run.requests / run.seconds;
    return {
      ...opened,
      rate,
      cpu: micros(run.gateway),
      main: micros(run.main),
      p50,
      p99,
      busy: (most - before) / 2 ** 20,
    };
  } finally {
    clearInterval(watch);
  }
}

export async function sharedAs(context: Context): Promise<Report> {
  const sessions = numberOption(context, 'named', 1_000);
  const inFlight = numberOption(context, 'in-flight', 10);
  const stages: Stage[] = [];
  try {
    stages.push(await stageOf(context, 'a connection each', sessions, false));
    stages.push(await stageOf(context, 'one connection, as', sessions, true));
    const runs = await rounds(context, stages, { inFlight, seconds: context.seconds });
    for (const { load } of stages) await checked(load);
    return report(
      sessions,
      inFlight,
      stages.map(({ name }, at) => rowOf(name, runs[at]!)),
    );
  } finally {
    for (const { named } of stages) await named.stop();
  }
}

async function rounds(context: Context, stages: readonly Stage[], order: AsRun): Promise<Figures[][]> {
  const runs = stages.map((): Figures[] => []);
  for (let i = 0; i <= context.runs; i++) {
    let each: Figures | undefined;
    for (const [at, stage] of stages.entries()) {
      context.progress(`as: ${stage.name}, ${i === 0 ? 'warm-up' : `run ${i}`}`);
      const figures = await once(stage, order);
      each ??= figures;
      if (i > 0) runs[at]!.push({ ...figures, ratio: figures['cpu']! / each['cpu']! });
    }
  }
  return runs;
}

/** Every session is still that of its user. */
async function checked(load: Child): Promise<void> {
  const answer = load.message<{ failed?: string }>((message) => 'checked' in message || 'failed' in message, 60_000);
  load.say({ check: true });
  const { failed } = await answer;
  if (failed !== undefined) throw new Error(failed);
}

function report(sessions: number, inFlight: number, rows: Report['rows']): Report {
  return {
    bench: 'shared: as',
    about: `${sessions} named sessions with ${inFlight} calls of help.getNearestDc each in flight`,
    columns: [
      { key: 'open', title: 'open s', better: 'less' },
      { key: 'memory', title: 'KiB/session', better: 'less' },
      { key: 'rate', title: 'calls/s', better: 'more' },
      { key: 'cpu', title: 'gateway us/call', better: 'less' },
      { key: 'ratio', title: 'of a connection each', better: 'less' },
      { key: 'main', title: 'its main us', better: 'less' },
      { key: 'p50', title: 'p50 ms', better: 'less' },
      { key: 'p99', title: 'p99 ms', better: 'less' },
      { key: 'busy', title: 'memory +MiB', better: 'less' },
    ],
    rows,
    notes: [
      'Every session said whose it is before and after the runs; every answer was held against its id and its connection.',
      'KiB/session: memory no other process shares, beyond the empty gateway, clients included; what the rows differ in is the connections. memory +MiB: the most while the calls were open, beyond before.',
      'us/call: CPU of all threads of the gateway, lanes included. Each row has a gateway of its own; rounds take turns.',
    ],
  };
}
