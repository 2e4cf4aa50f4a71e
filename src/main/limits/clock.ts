/**
 * The clock of the main thread.
 * In: nothing. Out: the time. Never: a step back when the system's clock is set.
 */
import { performance } from 'node:perf_hooks';

/** Unix time in milliseconds on a monotonic base: what the lanes are told as `now`. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Whole ms since the process began: a small integer, that costs no block to keep. Wraps after 24 days; differences hold. */
export function ticks(): number {
  return performance.now() | 0;
}
