/**
 * Hostile neighbours in one named session: one that never reads, one with ten thousand open calls, and what the others feel.
 * In: how far away the data centre is. Out: the others' latency beside each, on their session and on another one, and its ratio
 * to theirs alone. Never: a ratio to another round's.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { numberOption, type Context } from '../bench.ts';
import { DIALOGS, NEAREST_DC } from '../calls.ts';
import type { RunResult } from '../load.ts';
import type { Child } from '../process.ts';
import { rowOf, type Report } from '../report.ts';
import { nameOf, NamedRig } from './named-rig.ts';

type Figures = Record<string, number>;

const OTHERS = 16;
/** Requests a second of all others. */
const RATE = 400;
const OPEN_CALLS = 10_000;
/** Answers of some 60 KB of JSON each: more than a gateway keeps for one that does not read. */
const UNREAD_CALLS = 400;
/** The hostile ones ask so long before the others are looked at, ms. */
const LEAD = 300;
const LAST_ANSWERS = 60_000;
/** The session that the others speak in, and another one. */
const SAME = 0;
const OTHER = 1;

interface Case {
  readonly name: string;
  readonly session: number;
  readonly isUnread: boolean;
  readonly isBusy: boolean;
}

const CASES: readonly Case[] = [
  { name: 'one never reads', session: SAME, isUnread: true, isBusy: false },
  { name: 'one has 10 000 open calls', session: SAME, isUnread: false, isBusy: true },
  { name: 'both', session: SAME, isUnread: true, isBusy: true },
  { name: 'both, on another session', session: OTHER, isUnread: true, isBusy: true },
];

class Stage {
  readonly named: NamedRig;
  readonly #others: Child;
  /** By session. */
  readonly #busy: readonly Child[];

  private constructor(named: NamedRig, others: Child, busy: readonly Child[]) {
    this.named = named;
    this.#others = others;
    this.#busy = busy;
  }

  static async open(away: number): Promise<Stage> {
    const named = await NamedRig.start({
      sessions: 2,
      isApart: true,
      dc: [`--away=${away}`],
      gateway: ['--workers', '1'],
    });
    const { rig } = named;
    const { load: others } = await rig.open({ clients: OTHERS, setUp: [first(SAME)], opening: 1 });
    const busy: Child[] = [];
    for (const session of [SAME, OTHER])
      busy.push((await rig.open({ clients: 1, setUp: [first(session)], opening: 1 })).load);
    return new Stage(named, others, busy);
  }

  /** The others, and beside them whoever is hostile. */
  async run(seconds: number, beside?: Case): Promise<Figures> {
    const unread = beside?.isUnread === true ? await this.#neverReads(beside.session) : undefined;
    const busy = beside?.isBusy === true ? this.#asksAll(beside.session, seconds) : undefined;
    await new Promise((resolve) => setTimeout(resolve, LEAD));
    const run = await this.named.rig.runOther<RunResult>(this.#others, {
      ...NEAREST_DC,
      inFlight: 64,
      rate: RATE,
      seconds,
      lastAnswers: LAST_ANSWERS,
    });
    const large = await busy;
    unread?.destroy();
    const { p50, p99, max } = run.latency;
    return {
      p50,
      p99,
      max,
      wrong: run.wrong + run.closed + (large === undefined ? 0 : large.wrong + large.closed),
      ...(large !== undefined && { busy: large.requests / large.seconds }),
    };
  }

  /** Asks for much, and takes nothing of it from the socket. */
  async #neverReads(session: number): Promise<Socket> {
    const socket = connect({ port: this.named.rig.port, host: '127.0.0.1' });
    socket.pause();
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(`{"id":1,"session":{"name":"${nameOf(session)}"}}\n`);
    for (let i = 0; i < UNREAD_CALLS; i++) socket.write(`${DIALOGS.request.replace('$ID', String(i + 2))}\n`);
    return socket;
  }

  #asksAll(session: number, seconds: number): Promise<RunResult> {
    const run = { ...NEAREST_DC, inFlight: OPEN_CALLS, seconds: seconds + LEAD / 1000, lastAnswers: LAST_ANSWERS };
    return this.named.rig.runOther<RunResult>(this.#busy[session]!, run);
  }
}

function first(session: number): { line: string; expected: string } {
  return {
    line: `{"id":1,"session":{"name":"${nameOf(session)}"},"message":{"_cons":"help.getNearestDc"}}`,
    expected: '"message":{"_cons":"nearestDc"',
  };
}

export async function sharedHostile(context: Context): Promise<Report> {
  const away = numberOption(context, 'away', 80);
  const stage = await Stage.open(away);
  const alone: Figures[] = [];
  const runs = CASES.map((): Figures[] => []);
  try {
    for (let i = 0; i <= context.runs; i++) {
      const turn = i === 0 ? 'warm-up' : `run ${i}`;
      context.progress(`hostile: alone, ${turn}`);
      const base = await stage.run(context.seconds);
      if (i > 0) alone.push(base);
      for (const [at, one] of CASES.entries()) {
        context.progress(`hostile: ${one.name}, ${turn}`);
        const figures = await stage.run(context.seconds, one);
        if (i > 0) runs[at]!.push({ ...figures, ratio: figures['p99']! / base['p99']! });
      }
    }
  } finally {
    await stage.named.stop();
  }
  return report(away, [rowOf('alone', alone), ...CASES.map(({ name }, at) => rowOf(name, runs[at]!))]);
}

function report(away: number, rows: Report['rows']): Report {
  return {
    bench: 'shared: hostile',
    about: `${OTHERS} connections of one named session, ${RATE} small calls a second in all, beside hostile ones`,
    columns: [
      { key: 'p50', title: 'p50 ms', better: 'less' },
      { key: 'p99', title: 'p99 ms', better: 'less' },
      { key: 'ratio', title: 'of p99 alone', better: 'less' },
      { key: 'max', title: 'longest ms', better: 'less' },
      { key: 'busy', title: 'hostile calls/s', better: 'none' },
      { key: 'wrong', title: 'wrong', better: 'less' },
    ],
    rows,
    notes: [
      `The data centre answers after ${away} ms; one lane. wrong: answers that were not what was asked for, both sides, and connections that closed.`,
      `never reads: ${UNREAD_CALLS} calls of messages.getDialogs whose answers stay in the socket. The last row is what the machine and the lane cost, whoever's session it is.`,
    ],
  };
}
