/**
 * Deadline heap: when each session of a lane wants its next tick. One timer a lane follows from it, not one a session.
 * In: sessions and times. Out: the earliest, and those that are due. Never: a timer.
 *
 * A binary heap whose entries may be out of date: a session that moved its deadline on is looked at once too
 * often, which costs less than finding its entry.
 */

/** What may be in the heap: when it wants to be called, and what the heap knows of that. */
export interface Timed {
  /** When it wants to be called, Unix ms. */
  wantedAt: number;
  /** The earliest entry the heap holds for it, Unix ms; Infinity if none. */
  listedAt: number;
}

/** The heap: who is to be called next, and when. */
export class DeadlineHeap<T extends Timed> {
  readonly #heap: { at: number; of: T }[] = [];

  /** When the earliest entry falls due. */
  get first(): number {
    return this.#heap.length > 0 ? this.#heap[0]!.at : Infinity;
  }

  /** Notes when `of` wants its next call. */
  schedule(of: T, at: number): void {
    of.wantedAt = at;
    if (at >= of.listedAt) return;
    of.listedAt = at;
    this.#push(at, of);
  }

  /** Takes out the next one that is due, or undefined. */
  due(now: number): T | undefined {
    while (this.first <= now) {
      const { at, of } = this.#pop();
      if (at !== of.listedAt) continue;
      of.listedAt = Infinity;
      if (of.wantedAt <= now) return of;
      this.schedule(of, of.wantedAt);
    }
    return undefined;
  }

  #push(at: number, of: T): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push({ at, of });
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (heap[up]!.at <= at) break;
      heap[i] = heap[up]!;
      i = up;
    }
    heap[i] = { at, of };
  }

  #pop(): { at: number; of: T } {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let down = i * 2 + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && heap[down + 1]!.at < heap[down]!.at) down++;
      if (heap[down]!.at >= last.at) break;
      heap[i] = heap[down]!;
      i = down;
    }
    heap[i] = last;
    return top;
  }
}
