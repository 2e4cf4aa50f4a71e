/**
 * Fair queue: work of many callers, of which a bounded number is under way; those whose work waits have turns.
 * In: who asks, the work. Out: its result. Never: work of one caller out of its order; a caller behind all that another has waiting.
 */

/** Callers are compared by identity. */
export class FairQueue<Caller> {
  readonly #most: number;
  #running = 0;
  /** What waits of each caller, oldest first; the callers in the order of their turns. */
  readonly #waiting = new Map<Caller, (() => void)[]>();

  /** @param most how much is under way at once */
  constructor(most: number) {
    this.#most = most;
  }

  /** Begins the work when its caller's turn has come. @returns what came of it */
  async run<T>(caller: Caller, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#most) this.#running++;
    else await new Promise<void>((begin) => this.#wait(caller, begin));
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  #wait(caller: Caller, begin: () => void): void {
    const before = this.#waiting.get(caller);
    if (before === undefined) this.#waiting.set(caller, [begin]);
    else before.push(begin);
  }

  /** The place that is free now goes to whoever has waited longest for a turn. */
  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) return void this.#running--;
    const [caller, begins] = first;
    const begin = begins.shift()!;
    this.#waiting.delete(caller);
    if (begins.length > 0) this.#waiting.set(caller, begins);
    begin();
  }
}
