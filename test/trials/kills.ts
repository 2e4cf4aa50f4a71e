/**
 * Kills: a lane's worker dies under load, again and again (decisions: lanes, threats: The process).
 * In: how many, the rate. Out: how long open requests waited, how soon new ones were answered, what others felt; the
 * books. Never: a figure of a run in which a request was lost, doubled or lied about.
 */
import { performance } from 'node:perf_hooks';
import { numberOption, type Bench, type Context } from '../../bench/bench.ts';
import { askAtRate, pause, type Asked } from './books.ts';
import { Death } from './deaths.ts';
import { Ordeal } from './ordeal.ts';
import { rowOf, type Report } from '../../bench/report.ts';

const LANES = 2;
/** A lane that dies five times in a minute loses its sessions: each dies every sixteen seconds. */
const REST = 8_000;
const SETTLE = 20_000;

interface Figures {
  readonly [name: string]: number;
}

/** One kill. Lanes take sessions in turn, so every second client lives on each. */
async function once(ordeal: Ordeal, lane: number, how: number, rest: number): Promise<Figures> {
  const { books } = ordeal;
  await ordeal.kill(lane, how);
  const killedAt = performance.now();
  await pause(rest);
  // It dies at its next batch, which at such a rate is under way within two milliseconds.
  const open = books.asked.filter((one) => laneOf(one) === lane && one.at < killedAt + 2 && one.endedAt > killedAt);
  const late = Math.max(0, ...open.map((one) => one.endedAt - killedAt));
  const after = books.asked.filter((one) => one.at > killedAt && one.at < killedAt + 3_000);
  const own = after.filter((one) => laneOf(one) === lane);
  const others = after.filter((one) => laneOf(one) !== lane);
  return {
    open: open.length,
    answered: late,
    back: backAt(own) - killedAt,
    own: longest(own),
    others: longest(others),
  };
}

/** From when on answers come as ever: the last moment at which one had waited more than 100 ms. */
function backAt(own: readonly Asked[]): number {
  return Math.max(...own.filter((one) => one.endedAt - one.at > 100).map((one) => one.endedAt), own[0]?.at ?? 0);
}

function laneOf(one: Asked): number {
  return one.client % LANES;
}

function longest(asked: readonly Asked[]): number {
  return Math.max(0, ...asked.map((one) => one.endedAt - one.at));
}

/** @returns figures of each kill; throws if the books do not agree */
export async function killsOf(
  count: number,
  rate: number,
  clients: number,
  progress: (text: string) => void,
  rest = REST,
): Promise<{ figures: Figures[]; notes: string[] }> {
  const ordeal = await Ordeal.start(['--workers', String(LANES), '--log-level', 'fatal']);
  try {
    await ordeal.open(clients);
    const stop = askAtRate(ordeal.books, rate);
    await pause(Math.min(3_000, rest));
    const figures: Figures[] = [];
    for (let i = 0; i < count; i++) {
      progress(`kill ${i + 1} of ${count}`);
      figures.push(await once(ordeal, i % LANES, i % 4 < 2 ? Death.BEFORE : Death.AFTER, rest));
    }
    stop();
    await ordeal.books.settled(SETTLE);
    const verdict = await ordeal.judge();
    if (verdict.wrong.length > 0)
      throw new Error(`${verdict.wrong.length} wrong: ${verdict.wrong.slice(0, 5).join('\n')}`);
    if (ordeal.books.dropped > 0) throw new Error(`${ordeal.books.dropped} client sockets were dropped`);
    const { asked, done, unknown, refused } = verdict;
    return {
      figures,
      notes: [
        `${asked} requests of which none may be carried out twice: ${done} answered, ${unknown} "unknown", ${refused} not delivered; 0 lost, 0 doubled, 0 client sockets dropped, 0 violations at the DC.`,
        ...ordeal.books.outcomes(),
      ],
    };
  } finally {
    await ordeal.stop();
  }
}

async function run(context: Context): Promise<Report> {
  const count = numberOption(context, 'kills', 20);
  const rate = numberOption(context, 'rps', 2_000);
  const { figures, notes } = await killsOf(count, rate, 40, (text) => context.progress(text));
  return {
    bench: 'kills',
    about: `${count} deaths of a worker under ${rate} requests/s, 40 clients on ${LANES} lanes`,
    columns: [
      { key: 'open', title: 'open then', better: 'none' },
      { key: 'answered', title: 'all of them answered, ms', better: 'less' },
      { key: 'back', title: 'answers as ever again, ms', better: 'less' },
      { key: 'own', title: 'longest wait on the lane, ms', better: 'less' },
      { key: 'others', title: 'longest wait on the other lane, ms', better: 'less' },
    ],
    rows: [rowOf('killed', figures)],
    notes: [
      ...notes,
      'Every other pair of deaths comes with the batch unread, the others with the batch done and its block not handed over.',
    ],
  };
}

export const kills: Bench = {
  name: 'kills',
  about: "a lane's worker dies under load",
  options: { kills: 'how many (20)', rps: 'requests a second (2000)' },
  isExtra: true,
  run,
};
