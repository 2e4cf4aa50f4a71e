/**
 * Pauses: when this process was not let run, by its own clock: on a shared machine others may have had the cores.
 * In: the time, whenever the process gets to look. Out: spans in which it did not. Never: a pause of the process under test.
 */
import type { Span } from './touched.ts';

/** Of a process that looks ten times a second and more, this long without a look is no ordinary wait. */
export const PAUSE_MS = 2_000;

export class Pauses {
  readonly list: Span[] = [];
  #last: number | undefined;

  look(now: number): void {
    if (this.#last !== undefined && now - this.#last >= PAUSE_MS) this.list.push({ from: this.#last, until: now });
    this.#last = now;
  }
}
