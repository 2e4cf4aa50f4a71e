/**
 * Env: the clock and the timers of the main thread, passed in, so that tests make up their own.
 * In: nothing. Out: a shape. Never: code; `system-env.ts` makes the real one.
 */

/** What `setTimer` and `setRepeated` return; only `clearTimer` looks into it. */
export type Timer = object;

/** Clock and timers of the main thread; all times are ms. */
export interface MainEnv {
  /** Unix time in ms on a monotonic base: never a step back when the system's clock is set. */
  readonly now: () => number;
  /** Whole ms since the process began: a small integer, that costs no block to keep. Wraps after 24 days; differences hold. */
  readonly ticks: () => number;
  /** Calls `due` once, `after` ms from now. */
  readonly setTimer: (due: () => void, after: number) => Timer;
  /** As `setTimer`, but the process does not stay alive for it. */
  readonly setIdleTimer: (due: () => void, after: number) => Timer;
  /** Calls `due` every `every` ms; the process does not stay alive for it. */
  readonly setRepeated: (due: () => void, every: number) => Timer;
  /** Stops a timer; does nothing without one, or with one that has fired. */
  readonly clearTimer: (timer: Timer | undefined) => void;
}
