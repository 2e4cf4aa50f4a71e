/**
 * System env: the real clock and timers of the main thread; the one file of it that asks Node for them.
 * In: nothing. Out: a `MainEnv`. Never: a step back when the system's clock is set.
 */
import { performance } from 'node:perf_hooks';
import type { MainEnv } from './env.ts';

export const systemEnv: MainEnv = {
  now: () => performance.timeOrigin + performance.now(),
  ticks: () => performance.now() | 0,
  setTimer: (due, after) => setTimeout(due, after),
  setIdleTimer: (due, after) => setTimeout(due, after).unref(),
  setRepeated: (due, every) => setInterval(due, every).unref(),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};
