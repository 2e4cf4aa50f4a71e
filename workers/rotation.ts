/**
 * Rotation: who has more to do than fits in one batch, and whose turn is next (deficit round robin, paid afterwards).
 * In: those who have more; how much they did when it was their turn. Out: turns. What a turn costs is known only when it is
 * over; in `src/main/lanes/turns.ts` it is known, and paid, before: so there are two.
 * Never: two turns in a row while others wait, if the first was worth more than one.
 */

/** What a turn is worth, bytes. Who does more in one, as with a packet that cannot be cut, lets others pass for it. */
const QUANTUM = 64 * 1024;

/** What somebody did in a turn, in bytes, and whether there is more. */
export interface Done {
  readonly done: number;
  readonly hasMore: boolean;
}

/** Turns among those who have more to do than fits in one batch. */
export class Rotation<T> {
  /** Who waits, in the order of their turns, with what is left to each: below 0 for what was too much the last time. */
  readonly #waiting = new Map<T, number>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Puts somebody at the end, who is not there already. */
  add(one: T): void {
    if (!this.#waiting.has(one)) this.#waiting.set(one, 0);
  }

  /**
   * Gives turns until `most` is done; the first one whatever it does.
   * @param turn does about `most` bytes of work, or one piece that cannot be cut
   */
  serve(most: number, turn: (one: T, most: number) => Done): void {
    for (let left = most; left > 0 && this.#waiting.size > 0;) {
      const [one, credit] = this.#waiting.entries().next().value!;
      this.#waiting.delete(one);
      const worth = credit + QUANTUM;
      if (worth <= 0) {
        this.#waiting.set(one, worth);
        continue;
      }
      const { done, hasMore } = turn(one, worth);
      left -= done;
      if (hasMore) this.#waiting.set(one, Math.min(0, worth - done));
    }
  }
}
