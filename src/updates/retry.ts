/**
 * Retry: when a question that failed is asked again.
 * In: failures. Out: a time. Never: at once: a server that cannot answer is not helped by being asked.
 */

/** The first wait, ms; each further one is twice as long. */
const FIRST_MS = 1_000;
const LONGEST_MS = 64_000;

/** One question, asked again and again. */
export class Retry {
  /** Unix ms; `Infinity` unless something failed. */
  at = Infinity;
  #failures = 0;

  /** @param seconds as the server wants it; undefined: by the number of failures in a row @param now Unix ms */
  later(seconds: number | undefined, now: number): void {
    const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures++);
    this.at = now + (seconds === undefined ? wait : Math.max(seconds * 1000, FIRST_MS));
  }

  /** The question is asked again. */
  begun(): void {
    this.at = Infinity;
  }

  /** It was answered. */
  ended(): void {
    this.at = Infinity;
    this.#failures = 0;
  }
}
