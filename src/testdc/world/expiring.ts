/**
 * Expiring: values that are good under a name until a time: codes, tokens, exported authorizations.
 * In: names, values, the time. Out: values that are still good. Never: more values than a bound; the oldest go.
 */

/** Values in one table, at most; beyond it the oldest goes. */
const MOST = 10_000;

/** A table of values, each under a name and good until a time. */
export class Expiring<T> {
  readonly #table = new Map<string, { value: T; until: number }>();

  /** Adds a value that is good until `until`, Unix milliseconds. */
  set(name: string, value: T, until: number): void {
    this.#table.set(name, { value, until });
    if (this.#table.size > MOST) this.#table.delete(this.#table.keys().next().value!);
  }

  /** The value of a name, if it is good at `now`, Unix milliseconds. */
  get(name: string, now: number): T | undefined {
    const found = this.#table.get(name);
    return found === undefined || found.until < now ? undefined : found.value;
  }

  /** As `get`; the value is gone after it. */
  take(name: string, now: number): T | undefined {
    const found = this.get(name, now);
    this.#table.delete(name);
    return found;
  }

  delete(name: string): boolean {
    return this.#table.delete(name);
  }
}
