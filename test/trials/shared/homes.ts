/**
 * Homes: how many connections a DC has at once, where each session is to have one.
 * In: their number as it changes. Out: the most, and the longest time in which there were more than there should be.
 * Never: which of them is whose: the DC of a trial has one gateway.
 */
export class Homes {
  /** One for each session. */
  expected = 1;
  open = 0;
  most = 0;
  #over: number | undefined;
  #longest = 0;

  /** @param now Unix ms */
  changed(open: number, now: number): void {
    this.open = open;
    this.most = Math.max(this.most, open);
    if (open > this.expected) this.#over ??= now;
    else {
      this.#longest = this.longestOver(now);
      this.#over = undefined;
    }
  }

  /** Milliseconds. */
  longestOver(now: number): number {
    return this.#over === undefined ? this.#longest : Math.max(this.#longest, now - this.#over);
  }
}
