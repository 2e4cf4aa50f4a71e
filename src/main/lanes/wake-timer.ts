/**
 * Wake timer: wakes a lane at its deadline.
 * In: the deadline, as every block that comes back says it anew. Out: one call when it has passed. Never: more than one timer.
 *
 * A timer that is too early is let fire and set again: deadlines mostly move later.
 */
import type { MainEnv, Timer } from '../env.ts';

/** One timer for one lane; it wakes at the earliest deadline of all sessions of the lane. */
export class WakeTimer {
  readonly #env: MainEnv;
  readonly #wake: () => void;
  #at = Infinity;
  #timer: Timer | undefined;
  #timerAt = Infinity;

  constructor(env: MainEnv, wake: () => void) {
    this.#env = env;
    this.#wake = wake;
  }

  /** @param at Unix time in ms; Infinity for none @returns whether it has passed already: then the caller sees to it now */
  set(at: number): boolean {
    this.#at = at;
    if (at <= this.#env.now()) return true;
    if (at < this.#timerAt) this.#setTimer();
    return false;
  }

  clear(): void {
    this.#at = Infinity;
    this.#timerAt = Infinity;
    this.#env.clearTimer(this.#timer);
  }

  #setTimer(): void {
    this.#env.clearTimer(this.#timer);
    this.#timerAt = this.#at;
    if (this.#at === Infinity) return;
    const wait = Math.min(Math.max(1, Math.ceil(this.#at - this.#env.now())), 0x7fffffff);
    this.#timer = this.#env.setTimer(() => this.#fired(), wait);
  }

  #fired(): void {
    this.#timerAt = Infinity;
    if (this.#env.now() < this.#at) return this.#setTimer();
    this.#at = Infinity;
    this.#wake();
  }
}
