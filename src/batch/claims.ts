/**
 * Claims: which session holds which authorization key, seen by all lanes at once (threats: Values: two connections
 * of one key bring AUTH_KEY_DUPLICATED, which destroys the login).
 * In: auth_key_id as halves, a session's number. Out: yes, or why not, at once. Never: a key, or a message between threads.
 *
 * An open-addressed table in one shared block under a lock held for some hundred nanoseconds:
 *   0 lock i32: 0, or the holder's number plus two | 4 entries i32 | 8… entries of owner i32, low i32, high i32 (owner 0 free, -1 left)
 */

const HEAD = 2;
const WIDTH = 3;
const FREE = 0;
const LEFT = -1;
/** How often a thread tries to take the lock before it gives up: some ten microseconds. */
const TRIES = 1000;

/** A fresh table's block; `capacity` keys, of which half may be held. */
export function makeClaims(capacity = 65_536): SharedArrayBuffer {
  return new SharedArrayBuffer((HEAD + capacity * WIDTH) * 4);
}

/** Why a key could not be taken: another session holds it, or there is no place left for any. */
export type ClaimFault = 'held' | 'full';

/** One thread's view of the shared table: takes and gives back keys for the sessions of that thread. */
export class ClaimTable {
  readonly #cells: Int32Array;
  readonly #capacity: number;

  readonly #holder: number;

  /** @param holder the lane that uses this table; -1 the main thread */
  constructor(block: SharedArrayBuffer, holder = -1) {
    this.#holder = holder + 2;
    this.#cells = new Int32Array(block);
    this.#capacity = (this.#cells.length - HEAD) / WIDTH;
  }

  /** Takes the key for `owner` (above 0). @returns why it could not; undefined if it is the owner's now, or was before */
  claim(idLow: number, idHigh: number, owner: number): ClaimFault | undefined {
    this.#lock();
    try {
      const at = this.#find(idLow, idHigh);
      if (at < 0) return 'full';
      const holder = this.#cells[at]!;
      if (holder > 0) return holder === owner ? undefined : 'held';
      // The owner last: a thread that dies between these leaves nothing that counts.
      this.#cells[at + 1] = idLow;
      this.#cells[at + 2] = idHigh;
      this.#cells[at] = owner;
      return undefined;
    } finally {
      this.#unlock();
    }
  }

  /** Gives the key back; nothing happens if `owner` does not hold it. */
  release(idLow: number, idHigh: number, owner: number): void {
    this.#lock();
    try {
      const at = this.#find(idLow, idHigh);
      if (at >= 0 && this.#cells[at] === owner) this.#cells[at] = LEFT;
    } finally {
      this.#unlock();
    }
  }

  /**
   * Gives back whatever these owners hold: their lane has died. Never waits: the lock may be held by a thread that is
   * dead, and only the caller can say so (`free`).
   * @returns false if the lock was held: the caller tries again later
   */
  releaseAll(owners: ReadonlySet<number>): boolean {
    if (!this.#tryLock()) return false;
    try {
      for (let at = HEAD; at < this.#cells.length; at += WIDTH)
        if (owners.has(this.#cells[at]!)) this.#cells[at] = LEFT;
      return true;
    } finally {
      this.#unlock();
    }
  }

  /** Frees the lock of a lane whose thread has ended: it may have died while it held it. */
  free(holder: number): void {
    if (Atomics.compareExchange(this.#cells, 0, holder + 2, 0) === holder + 2) Atomics.notify(this.#cells, 0, 1);
  }

  /** Where the key stands, or else the first place it could; -1 if there is none. */
  #find(idLow: number, idHigh: number): number {
    const cells = this.#cells;
    let place = -1;
    let at = (idLow >>> 0) % this.#capacity;
    for (let i = 0; i < this.#capacity; i++) {
      const cell = HEAD + at * WIDTH;
      const owner = cells[cell]!;
      if (owner > 0 && cells[cell + 1] === idLow && cells[cell + 2] === idHigh) return cell;
      if (owner <= 0 && place < 0) place = cell;
      if (owner === FREE) break;
      at = at + 1 === this.#capacity ? 0 : at + 1;
    }
    return place;
  }

  #tryLock(): boolean {
    for (let i = 0; i < TRIES; i++) if (Atomics.compareExchange(this.#cells, 0, 0, this.#holder) === 0) return true;
    return false;
  }

  #lock(): void {
    for (;;) {
      const holder = Atomics.compareExchange(this.#cells, 0, 0, this.#holder);
      if (holder === 0) return;
      Atomics.wait(this.#cells, 0, holder, 1);
    }
  }

  #unlock(): void {
    Atomics.store(this.#cells, 0, 0);
    Atomics.notify(this.#cells, 0, 1);
  }
}
