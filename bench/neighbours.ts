/**
 * Neighbours: what small calls of many clients take while one other client asks as much as it can.
 * In: nothing. Out: their latency alone, beside the heavy client, and beside one that goes through another gateway.
 * Never: a heavy client at the neighbours' data centre: what is measured is the gateway, not who answers.
 */
import { numberOption, type Bench, type Context } from './bench.ts';
import { HEAVY, FIRST, NEAREST_DC, type HeavyAsk } from './calls.ts';
import type { RunResult } from './load.ts';
import type { Child } from './process.ts';
import { rowOf, type Report, type Row } from './report.ts';
import { Rig } from './rig.ts';

/** Neighbours, and requests a second of all of them. */
const NEIGHBOURS = 16;
const RATE = 400;
/** The heavy client asks so long before the neighbours are looked at, ms. */
const LEAD = 300;
/** What the heavy client has open at the end of a run may take so long: nothing of it may reach into the next run. */
const LAST_ANSWERS = 60_000;
const WATCH_MEMORY = 100;

type Figures = Record<string, number>;

/** Where the heavy client's session lives, as the neighbours see it. */
interface Place {
  readonly name: string;
  readonly gateway: readonly string[];
  /** Each neighbour is followed by a client that only holds a place, so that all neighbours are on the other lane. */
  readonly isOtherLane: boolean;
}

const PLACES: readonly Place[] = [
  { name: 'same lane', gateway: ['--workers', '1'], isOtherLane: false },
  { name: 'other lane', gateway: ['--workers', '2'], isOtherLane: true },
];

/** One gateway, its neighbours, and heavy clients before it and before another one. */
class Street {
  readonly rig: Rig;
  readonly #neighbours: Child;
  readonly #heavy: Child;
  readonly #apart: Child;
  readonly #other: Child;

  private constructor(rig: Rig, other: Child, neighbours: Child, heavy: Child, apart: Child) {
    this.rig = rig;
    this.#other = other;
    this.#neighbours = neighbours;
    this.#heavy = heavy;
    this.#apart = apart;
  }

  static async open({ gateway, isOtherLane }: Place, away: number): Promise<Street> {
    const dc = [`--away=${away}`];
    const rig = await Rig.start({ dc, hasOther: true, gateway });
    const other = await rig.anotherGateway(['--workers', '1']);
    const one = { clients: 1, setUp: [rig.toOther, FIRST], opening: 1 };
    const { load: heavy } = await rig.open(one);
    const { load: apart } = await rig.open(one, Number(other.match[1]));
    const { load: neighbours } = await rig.open({ clients: 0, setUp: [], opening: 1 });
    const { load: holders } = await rig.open({ clients: 0, setUp: [], opening: 1 });
    for (let i = 1; i <= NEIGHBOURS; i++) {
      await rig.openMore(neighbours, { clients: i, setUp: [FIRST], opening: 1 });
      if (isOtherLane) await rig.openMore(holders, { clients: i, setUp: [FIRST], opening: 1 });
    }
    return new Street(rig, other, neighbours, heavy, apart);
  }

  async stop(): Promise<void> {
    await this.#other.stop();
    await this.rig.stop();
  }

  /** The neighbours, and beside them whoever is heavy. */
  async run(ask: HeavyAsk | undefined, who: 'here' | 'apart', seconds: number): Promise<Figures> {
    const before = this.rig.memory.own;
    const heavy = ask === undefined ? undefined : this.#ask(who === 'here' ? this.#heavy : this.#apart, ask, seconds);
    await new Promise((resolve) => setTimeout(resolve, LEAD));
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, this.rig.memory.own)), WATCH_MEMORY);
    const small = await this.rig.runOther<RunResult>(this.#neighbours, {
      ...NEAREST_DC,
      inFlight: 64,
      rate: RATE,
      seconds,
      lastAnswers: LAST_ANSWERS,
    });
    const large = await heavy;
    clearInterval(watch);
    const { p50, p99, max } = small.latency;
    return {
      p50,
      p99,
      max,
      wrong: small.wrong + small.closed + (large === undefined ? 0 : large.wrong + large.closed),
      ...(large !== undefined && { heavy: large.requests / large.seconds }),
      memory: (most - before) / 1024 ** 2,
    };
  }

  #ask(load: Child, { request, expected, inFlight }: HeavyAsk, seconds: number): Promise<RunResult> {
    const run = { request, expected, inFlight, seconds: seconds + LEAD / 1000, lastAnswers: LAST_ANSWERS };
    return this.rig.runOther<RunResult>(load, run);
  }
}

/** Runs by row: alone, then each heavy client here and at another gateway, taking turns. */
async function runsOf(context: Context, place: Place, away: number, asks: readonly HeavyAsk[]): Promise<Row[]> {
  const street = await Street.open(place, away);
  const alone: Figures[] = [];
  const runs = asks.map(() => ({ here: [] as Figures[], apart: [] as Figures[] }));
  try {
    for (let i = 0; i <= context.runs; i++) {
      const turn = i === 0 ? 'warm-up' : `run ${i}`;
      context.progress(`${place.name}: alone, ${turn}`);
      const base = await street.run(undefined, 'here', context.seconds);
      if (i > 0) alone.push(base);
      for (const [at, ask] of asks.entries()) {
        for (const who of ['apart', 'here'] as const) {
          context.progress(`${place.name}: ${ask.name}, ${who}, ${turn}`);
          const figures = await street.run(ask, who, context.seconds);
          if (i > 0) runs[at]![who].push({ ...figures, ratio: figures['p99']! / base['p99']! });
        }
      }
    }
  } finally {
    await street.stop();
  }
  return [
    rowOf(`${place.name}: alone`, alone),
    ...asks.flatMap(({ name }, at) => [
      rowOf(`${place.name}: ${name}`, runs[at]!.here),
      rowOf(`  the same at another gateway`, runs[at]!.apart),
    ]),
  ];
}

function chosen(context: Context): readonly HeavyAsk[] {
  const { heavy } = context.options;
  if (heavy === undefined) return HEAVY;
  const found = HEAVY.filter(({ name }) => name.startsWith(heavy));
  if (found.length === 0)
    throw new Error(`--heavy ${heavy}: there are ${HEAVY.map(({ name }) => `"${name}"`).join(', ')}`);
  return found;
}

async function run(context: Context): Promise<Report> {
  const away = numberOption(context, 'away', 80);
  const asks = chosen(context);
  const rows: Row[] = [];
  for (const place of PLACES) rows.push(...(await runsOf(context, place, away, asks)));
  return {
    bench: 'neighbours',
    about: `${NEIGHBOURS} clients, ${RATE} small calls a second in all, while one other client asks all it can`,
    columns: [
      { key: 'p50', title: 'p50 ms', better: 'less' },
      { key: 'p99', title: 'p99 ms', better: 'less' },
      { key: 'ratio', title: 'of p99 alone', better: 'less' },
      { key: 'max', title: 'longest ms', better: 'less' },
      { key: 'heavy', title: 'heavy calls/s', better: 'more' },
      { key: 'wrong', title: 'wrong', better: 'less' },
      { key: 'memory', title: 'memory +MiB', better: 'less' },
    ],
    rows,
    notes: [
      `Data centres answer after ${away} ms; the heavy client has one of its own. wrong: answers that were not what was asked for, both sides.`,
      'The same at another gateway: the machine is as busy, the gateway is not: what remains is not for the gateway to mend.',
    ],
  };
}

export const neighbours: Bench = {
  name: 'neighbours',
  about: 'small calls of many clients beside one that asks all it can',
  options: { away: 'ms after which data centres answer (80)', heavy: 'only heavy clients whose name begins so' },
  isExtra: true,
  run,
};
