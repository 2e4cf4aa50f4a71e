/**
 * Update box: one count of updates (protocol: Updates): what it has told, and what waits for what is missing before it.
 * In: steps, in whatever order they come. Out: the same in their order, each once. Never: a step that leaves a gap behind it.
 */
import type { Step } from './step.ts';

/** How long a missing step is waited for before the difference is asked for, ms. TDLib waits 700, the documentation says 500. */
export const GAP_MS = 500;
/** Steps that wait, at most: what is more comes with the difference. */
export const MOST_HELD = 1024;

/** Takes a step whose turn it is. */
export type Apply = (step: Step) => void;

/** One box: the number it has come to, and the steps that wait. */
export class UpdateBox {
  /** The number that was told last; undefined while nobody knows it. */
  value: number | undefined;
  /** When the difference is asked for unless what is missing has come, Unix ms; `Infinity` unless something is missing. */
  gapAt = Infinity;
  /** A difference is on its way, or will be asked for again: steps wait for it. */
  isFetching = false;
  /** So many waited that some were let go: one difference more is needed. */
  hasOverflown = false;
  /** Those that wait, by the number they begin at. */
  #held: Step[] = [];

  constructor(value?: number) {
    this.value = value;
  }

  /** Takes a step as it comes. @param now Unix ms */
  take(step: Step, now: number, apply: Apply): void {
    this.#hold(step);
    if (!this.isFetching && this.value !== undefined) this.#drain(now, apply);
  }

  /** A difference was told up to `value`; what waited goes on from there. */
  fetched(value: number, now: number, apply: Apply): void {
    this.value = value;
    this.isFetching = this.hasOverflown = false;
    this.gapAt = Infinity;
    this.#drain(now, apply);
  }

  /** The box is known from here on; what has waited for that was told to nobody, so it is now. */
  begin(value: number, now: number, apply: Apply): void {
    const old = this.#held.filter(({ last }) => last <= value);
    this.#held = this.#held.filter(({ last }) => last > value);
    for (const step of old) apply(step);
    this.fetched(value, now, apply);
  }

  /** Takes out all that waits, in order: the box is given up. */
  release(): Step[] {
    return this.#held.splice(0);
  }

  /** Begins to wait for a difference: it has what was let go before. */
  fetch(): void {
    this.isFetching = true;
    this.hasOverflown = false;
    this.gapAt = Infinity;
  }

  #hold(step: Step): void {
    if (this.#held.length >= MOST_HELD) {
      this.hasOverflown = true;
      if (!this.isFetching) this.gapAt = 0;
      return;
    }
    const first = beginOf(step);
    let at = this.#held.length;
    while (at > 0 && beginOf(this.#held[at - 1]!) > first) at--;
    this.#held.splice(at, 0, step);
  }

  #drain(now: number, apply: Apply): void {
    const held = this.#held;
    while (held.length > 0 && beginOf(held[0]!) <= this.value!) {
      const step = held.shift()!;
      // It was told already, alone or with others.
      if (beginOf(step) < this.value!) continue;
      this.value = step.last;
      apply(step);
    }
    if (held.length === 0) this.gapAt = this.hasOverflown ? 0 : Infinity;
    else if (this.gapAt === Infinity) this.gapAt = now + GAP_MS;
  }
}

function beginOf({ last, count }: Step): number {
  return last - count;
}
