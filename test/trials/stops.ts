/**
 * Stops: SIGTERM under load (threats: The process).
 * In: how often, the rate. Out: how long it took; the books. Never: a figure of a run that lost or doubled a request, or
 * did not exit with 0.
 */
import { performance } from 'node:perf_hooks';
import { numberOption, type Bench, type Context } from '../../bench/bench.ts';
import { askAtRate, pause } from './books.ts';
import { Ordeal } from './ordeal.ts';
import { rowOf, type Report } from '../../bench/report.ts';

const LOAD_TIME = 700;

/** One start, some load, one SIGTERM. @returns figures; throws if anything was wrong */
export async function stopOnce(rate: number, clients: number): Promise<Record<string, number>> {
  const ordeal = await Ordeal.start(['--log-level', 'fatal']);
  try {
    const { books } = ordeal;
    await ordeal.open(clients);
    const stop = askAtRate(books, rate);
    await pause(LOAD_TIME);
    const from = performance.now();
    // Clients go on asking: what is no longer read is not owed an answer.
    const exited = ordeal.gateway.stop();
    await pause(50);
    stop();
    const code = await exited;
    const took = performance.now() - from;
    if (code !== 0) throw new Error(`exit code ${code}\n${ordeal.gateway.said}`);
    await pause(50);
    const unread = books.forgetUnanswered((one) => one.at >= from - 20);
    const verdict = await ordeal.judge();
    if (verdict.wrong.length > 0)
      throw new Error(
        `${verdict.wrong.length} of ${verdict.asked} wrong after ${Math.round(took)} ms, ${books.dropped} closed: ${verdict.wrong.slice(0, 5).join('\n')}`,
      );
    return { took, asked: verdict.asked - unread, done: verdict.done, unread };
  } finally {
    await ordeal.stop();
  }
}

async function run(context: Context): Promise<Report> {
  const count = numberOption(context, 'stops', 20);
  const rate = numberOption(context, 'rps', 2_000);
  const runs: Record<string, number>[] = [];
  for (let i = 0; i < count; i++) {
    context.progress(`stop ${i + 1} of ${count}`);
    runs.push(await stopOnce(rate, 40));
  }
  return {
    bench: 'stops',
    about: `${count} times SIGTERM under ${rate} requests/s`,
    columns: [
      { key: 'took', title: 'to the exit, ms', better: 'less' },
      { key: 'asked', title: 'requests', better: 'none' },
      { key: 'done', title: 'answered', better: 'none' },
      { key: 'unread', title: 'sent too late to be read', better: 'none' },
    ],
    rows: [rowOf('SIGTERM', runs)],
    notes: ['Every exit code was 0, every request that had been read was answered once, none was carried out twice.'],
  };
}

export const stops: Bench = {
  name: 'stops',
  about: 'SIGTERM under load',
  options: { stops: 'how many (20)' },
  isExtra: true,
  run,
};
