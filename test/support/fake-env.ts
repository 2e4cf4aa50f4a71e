/**
 * FakeEnv: a made-up clock with its timers, for parts of the main thread.
 * In: how far the clock goes on. Out: the calls that are due, in their order. Never: a real timer.
 */
import type { MainEnv, Timer } from '../../src/main/env.ts';

interface FakeTimer {
  readonly due: () => void;
  at: number;
  /** ms; undefined if it is due once. */
  readonly every: number | undefined;
}

export class FakeEnv implements MainEnv {
  /** Unix ms. */
  time = 1_700_000_000_000;
  readonly #timers = new Set<FakeTimer>();

  readonly now = (): number => this.time;
  readonly ticks = (): number => this.time % 0x40000000;
  readonly setTimer = (due: () => void, after: number): Timer => this.#add(due, after, undefined);
  readonly setIdleTimer = this.setTimer;
  readonly setRepeated = (due: () => void, every: number): Timer => this.#add(due, every, every);
  readonly clearTimer = (timer: Timer | undefined): void => void this.#timers.delete(timer as FakeTimer);

  #add(due: () => void, after: number, every: number | undefined): FakeTimer {
    // As Node's: never at once, and one that is too long for it at once.
    const wait = after > 0x7fffffff ? 1 : Math.max(1, after);
    const timer = { due, at: this.time + wait, every };
    this.#timers.add(timer);
    return timer;
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.size;
  }

  /** The clock goes on by so many ms; what falls due is called at its own time, before this returns. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.time = Math.max(this.time, next.at);
      if (next.every === undefined) this.#timers.delete(next);
      else next.at += next.every;
      next.due();
    }
    this.time = end;
  }

  /** The earliest that is due by then; of several the one that was set first. */
  #next(end: number): FakeTimer | undefined {
    let first: FakeTimer | undefined;
    for (const timer of this.#timers)
      if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer;
    return first;
  }
}
