/**
 * Back-off: when a lost DC connection may be dialled again (threats: The network).
 * In: failures and successes, the time, a random number. Out: a delay in milliseconds. Never: a timer.
 */

/** The pause after lost connections lies below a bound that doubles from the first to the second, ms. */
const BASE_MS = 500;
const CAP_MS = 60_000;
/** The same after transport code -429, ms; there the pause lies between the bound and twice the bound. */
const FLOOD_BASE_MS = 5_000;
const FLOOD_CAP_MS = 300_000;

/** Counts failures and floods in a row, and gives the pause before the next dial, ms. */
export class BackOff {
  #failures = 0;
  #floods = 0;

  /** The pause before the next dial, ms: between 0 and the bound, so that a thousand sessions do not dial together. @param random from 0 to 1 */
  delay(random: number): number {
    if (this.#floods > 0) {
      const bound = Math.min(FLOOD_CAP_MS, FLOOD_BASE_MS * 2 ** (this.#floods - 1));
      return bound + random * bound;
    }
    if (this.#failures === 0) return 0;
    return random * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(20, this.#failures - 1));
  }

  /** A connection was lost, or never made. */
  failed(): void {
    this.#failures++;
  }

  /** Transport code -429: its own counter, at least five seconds, doubling. */
  flooded(): void {
    this.#floods++;
  }

  /** The connection carried an answer. */
  succeeded(): void {
    this.#failures = 0;
    this.#floods = 0;
  }
}
