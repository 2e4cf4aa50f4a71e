/**
 * Alarm: wakes a lane at its deadline.
 * In: the deadline, as every block that comes back says it anew. Out: one call when it has passed. Never: more than one
 * timer. One that is too early is let fire and set again: deadlines mostly move later.
 */
import { now } from '../limits/clock.ts';

export class Alarm {
  readonly #ring: () => void;
  #at = Infinity;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** @param at Unix time in ms; Infinity for none @returns whether it has passed already: then the caller sees to it now */
  set(at: number): boolean {
    this.#at = at;
    if (at <= now()) return true;
    if (at < this.#timerAt) this.#setTimer();
    return false;
  }

  clear(): void {
    this.#at = Infinity;
    this.#timerAt = Infinity;
    clearTimeout(this.#timer);
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    this.#timerAt = this.#at;
    if (this.#at === Infinity) return;
    const wait = Math.min(Math.max(1, Math.ceil(this.#at - now())), 0x7fffffff);
    this.#timer = setTimeout(() => this.#fired(), wait);
  }

  #fired(): void {
    this.#timerAt = Infinity;
    if (now() < this.#at) return this.#setTimer();
    this.#at = Infinity;
    this.#ring();
  }
}
