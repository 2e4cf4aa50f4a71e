/**
 * Received ids: which server messages were seen already (protocol: Receiving, step 8).
 * In: msg_ids as halves. Out: new, seen, or too old to tell. Never: grows past `CAPACITY` ids.
 *
 * A sorted window in one Int32Array, grown on demand: most sessions see few messages at a time, and
 * the fixed windows of other clients (34 KB) would be most of an idle session's memory.
 */
import { isAfter } from './message-ids.ts';

/** Ids kept; TDLib keeps 1000. */
const CAPACITY = 1024;

/** Whether a msg_id is new, known, or older than the full window. */
export type Seen = 'new' | 'seen' | 'old';

/** A window of the last `CAPACITY` msg_ids of the server, ascending. */
export class ReceivedIds {
  /** low, high, low, high, … ascending; the first `#count` pairs. */
  #ids = new Int32Array(32);
  #count = 0;
  /**
   * low, high, … of updates taken since that was saved last: the only messages that must not be taken twice by a session
   * that has lost its window. `wasCleared`: the window was emptied since then.
   */
  fresh: number[] = [];
  wasCleared = false;

  /** Notes an id and says whether it was known. */
  note(low: number, high: number): Seen {
    let at = this.#count;
    while (at > 0 && isAfter(this.#ids[at * 2 - 2]!, this.#ids[at * 2 - 1]!, low, high)) at--;
    if (at > 0 && this.#ids[at * 2 - 2] === low && this.#ids[at * 2 - 1] === high) return 'seen';
    if (at === 0 && this.#count === CAPACITY) return 'old';
    this.#insert(at, low, high);
    return 'new';
  }

  /** Whether an id is in the window, without noting it. */
  has(low: number, high: number): boolean {
    for (let i = this.#count - 1; i >= 0; i--)
      if (this.#ids[i * 2] === low && this.#ids[i * 2 + 1] === high) return true;
    return false;
  }

  #insert(place: number, low: number, high: number): void {
    let at = place;
    if (this.#count === CAPACITY) {
      this.#ids.copyWithin(0, 2, at * 2);
      at--;
    } else {
      if (this.#count * 2 === this.#ids.length) this.#grow();
      this.#ids.copyWithin(at * 2 + 2, at * 2, this.#count * 2);
      this.#count++;
    }
    this.#ids[at * 2] = low;
    this.#ids[at * 2 + 1] = high;
  }

  #grow(): void {
    const grown = new Int32Array(this.#ids.length * 2);
    grown.set(this.#ids);
    this.#ids = grown;
  }

  /** Empties the window: a new session at the server has ids of its own. */
  clear(): void {
    this.#count = 0;
    this.fresh.length = 0;
    this.wasCleared = true;
  }
}
