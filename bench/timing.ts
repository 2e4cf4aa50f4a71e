/**
 * Timing of functions in this process.
 * In: functions. Out: microseconds of CPU a call, the collector's included, one figure a round. Never: one after the other: rounds take turns, so that
 * a drift of the machine hits all alike.
 */
import { performance } from 'node:perf_hooks';

/** Each function is warmed up for so long, ms. */
const WARM_UP = 100;

/** How often a function fits into `milliseconds`. */
function countFor(work: () => void, milliseconds: number): number {
  const from = performance.now();
  let done = 0;
  while (performance.now() - from < milliseconds || done === 0) {
    work();
    done++;
  }
  return done;
}

/** Microseconds of CPU time of one call, from `count` of them: what else runs on the machine does not count. */
function timed(work: () => void, count: number): number {
  const from = process.cpuUsage();
  for (let i = 0; i < count; i++) work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / count;
}

/** @param milliseconds of each function in each round @returns by function, its figures by round */
export function compareWorks(works: readonly (() => void)[], rounds: number, milliseconds: number): number[][] {
  for (const work of works) countFor(work, WARM_UP);
  const counts = works.map((work) => Math.max(1, Math.ceil((countFor(work, WARM_UP) * milliseconds) / WARM_UP)));
  const figures = works.map((): number[] => []);
  for (let i = 0; i < rounds; i++)
    for (const [at, work] of works.entries()) figures[at]!.push(timed(work, counts[at]!));
  return figures;
}

/** Round by round: how many times longer the second took. */
export function ratios(of: readonly number[], to: readonly number[]): number[] {
  return of.map((value, i) => to[i]! / value);
}
