/**
 * Expiring: things handed out under a name for a while: codes, tickets, tokens.
 * In: names, values, the time. Out: values that are still good. Never: more than a bound of them; the oldest go.
 */

/** Things kept, at most. */
const MOST = 10_000;

export class Expiring<T> {
  readonly #table = new Map<string, { value: T; until: number }>();

  /** @param until Unix milliseconds */
  set(name: string, value: T, until: number): void {
    this.#table.set(name, { value, until });
    if (this.#table.size > MOST) this.#table.delete(this.#table.keys().next().value!);
  }

  get(name: string, now: number): T | undefined {
    const found = this.#table.get(name);
    return found === undefined || found.until < now ? undefined : found.value;
  }

  /** What is taken is not there a second time. */
  take(name: string, now: number): T | undefined {
    const found = this.get(name, now);
    this.#table.delete(name);
    return found;
  }

  delete(name: string): boolean {
    return this.#table.delete(name);
  }
}
