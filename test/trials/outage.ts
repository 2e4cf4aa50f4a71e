/**
 * Outage: the DC goes away for a while, and everybody comes back (threats: The network).
 * In: how many sessions, how long. Out: how soon they were back, and the most connections begun in any second. Never: a
 * figure of a run in which a session did not come back.
 */
import { performance } from 'node:perf_hooks';
import { numberOption, type Bench, type Context } from '../../bench/bench.ts';
import { ordered, Ordeal } from './ordeal.ts';
import { rowOf, type Report } from '../../bench/report.ts';

const LIMIT = 200;
const BACK_TIME = 60;

/** The most in any second: times in order. */
export function mostInASecond(times: readonly number[]): number {
  let most = 0;
  for (let from = 0, to = 0; to < times.length; to++) {
    while (times[to]! - times[from]! >= 1_000) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

export async function outageOf(sessions: number, seconds: number): Promise<Record<string, number>> {
  const ordeal = await Ordeal.start(['--log-level', 'fatal']);
  try {
    await ordeal.open(sessions);
    const { books } = ordeal;
    for (const client of books.clients) books.ask(client, 60);
    await books.settled(60_000);
    const connectsBefore = (await ordeal.dcBook()).connects.length;
    const { isUp } = await ordered<{ isUp: number }>(ordeal.dc, { down: seconds * 1_000 }, 'isUp');
    const from = isUp - performance.timeOrigin;
    const again = books.clients.map((client) => books.ask(client, BACK_TIME));
    await books.settled(BACK_TIME * 1_000 + 5_000);
    const back = again.filter((one) => one.end === 'done').map((one) => one.endedAt - from);
    back.sort((a, b) => a - b);
    const { connects } = await ordeal.dcBook();
    const verdict = await ordeal.judge();
    const missing = sessions - back.length;
    if (missing > 0 || verdict.wrong.length > 0)
      throw new Error(`${missing} sessions did not come back; ${verdict.wrong.slice(0, 5).join('\n')}`);
    const at = (part: number): number => back[Math.min(back.length - 1, Math.floor(back.length * part))]! / 1_000;
    return {
      half: at(0.5),
      most: at(0.99),
      all: back.at(-1)! / 1_000,
      first: mostInASecond(connects.slice(0, connectsBefore)),
      later: mostInASecond(connects.slice(connectsBefore)),
    };
  } finally {
    await ordeal.stop();
  }
}

async function run(context: Context): Promise<Report> {
  const sessions = numberOption(context, 'sessions', 2_000);
  const seconds = numberOption(context, 'away', 30);
  context.progress(`${sessions} sessions, the DC away for ${seconds} s`);
  return {
    bench: 'outage',
    about: `${sessions} sessions whose DC goes away for ${seconds} s`,
    columns: [
      { key: 'half', title: 'half back, s', better: 'less' },
      { key: 'most', title: '99 % back, s', better: 'less' },
      { key: 'all', title: 'all back, s', better: 'less' },
      { key: 'first', title: 'most connections in a second before', better: 'none' },
      { key: 'later', title: 'and coming back', better: 'none' },
    ],
    rows: [rowOf('back', [await outageOf(sessions, seconds)])],
    notes: [
      `Back: a request is answered that was asked when the DC listened again. The limit is ${LIMIT} connections begun in any second; the DC counts them as they arrive.`,
    ],
  };
}

export const outage: Bench = {
  name: 'outage',
  about: 'the DC goes away for a while, and everybody comes back',
  options: { sessions: 'how many (2000)', away: 'seconds (30)' },
  isExtra: true,
  run,
};
