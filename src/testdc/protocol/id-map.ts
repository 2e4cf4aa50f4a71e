/**
 * IdMap: a table keyed by 64-bit numbers that come as two int32 halves.
 * In: halves and a value. Out: the value. Never: a BigInt or a string per look-up, since keys and
 * sessions are looked up for every packet.
 */
export class IdMap<T> {
  readonly #byLow = new Map<number, Map<number, T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(low: number, high: number): T | undefined {
    return this.#byLow.get(low | 0)?.get(high | 0);
  }

  set(low: number, high: number, value: T): void {
    let byHigh = this.#byLow.get(low | 0);
    if (byHigh === undefined) this.#byLow.set(low | 0, (byHigh = new Map()));
    if (!byHigh.has(high | 0)) this.#size++;
    byHigh.set(high | 0, value);
  }

  delete(low: number, high: number): boolean {
    const byHigh = this.#byLow.get(low | 0);
    if (byHigh === undefined || !byHigh.delete(high | 0)) return false;
    if (byHigh.size === 0) this.#byLow.delete(low | 0);
    this.#size--;
    return true;
  }

  *values(): IterableIterator<T> {
    for (const byHigh of this.#byLow.values()) yield* byHigh.values();
  }
}

/** Both halves as one signed 64-bit number. Slow: for reports and tests, not for each message. */
export function long(low: number, high: number): bigint {
  return (BigInt(high | 0) << 32n) | BigInt(low >>> 0);
}
