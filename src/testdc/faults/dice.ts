/**
 * Dice: repeatable chance. In: a seed. Out: numbers that are the same for the same seed, in the same order.
 * Never: secrets; those come from `DcEnv.fill`.
 */

/** A generator with 32 bits of state (mulberry32), good enough to choose faults by. */
export class Dice {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#state = this.seed;
  }

  /** A number at least 0, below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** A whole number at least 0, below `n`. */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** One of several items, each as likely. */
  one<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!;
  }

  /** `n` bytes. */
  bytes(n: number): Buffer {
    const bytes = Buffer.alloc(n);
    for (let i = 0; i < n; i++) bytes[i] = this.below(256);
    return bytes;
  }
}
