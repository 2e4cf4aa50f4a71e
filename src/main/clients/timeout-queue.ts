/**
 * Timeout queue: things that must end within one fixed time, looked at now and then by one timer for all.
 * In: begin and end. Out: those that are late. Never: a timer of its own a thing (an idle connection costs nothing).
 */
export class TimeoutQueue<Thing> {
  /** In the order they began, so the late ones stand in front. */
  readonly #begun = new Map<Thing, number>();
  readonly #after: number;
  readonly #late: (thing: Thing) => void;

  constructor(after: number, late: (thing: Thing) => void) {
    this.#after = after;
    this.#late = late;
  }

  get size(): number {
    return this.#begun.size;
  }

  /** Starts the clock of a thing, unless it runs. @param now Unix ms */
  begin(thing: Thing, now: number): void {
    if (!this.#begun.has(thing)) this.#begun.set(thing, now);
  }

  end(thing: Thing): void {
    this.#begun.delete(thing);
  }

  /** Reports and forgets the things that are late. @param now Unix ms */
  look(now: number): void {
    for (const [thing, since] of this.#begun) {
      if (now - since < this.#after) return;
      this.#begun.delete(thing);
      this.#late(thing);
    }
  }

  things(): IterableIterator<Thing> {
    return this.#begun.keys();
  }
}
