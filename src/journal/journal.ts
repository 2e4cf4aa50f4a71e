/**
 * Journal: the updates of stored sessions, each with its number, on the disk.
 * In: updates with where their boxes stand behind them; places of consumers. Out: entries from a number on, a bounded piece at a time.
 * Never: an entry that is read before it is on the disk; boxes that stand behind an update that is not; a number that is given twice.
 */
import type { Commits } from '../vault/commits.ts';
import { EMPTY, type Bounds, type Entry, type NewEntry, readBounds, entryOf, writeBounds, entryBody } from './entry.ts';
import { JournalRow, type JournalRows, numberKey, keyNumber } from './journal-rows.ts';

/** Bytes that a row takes beside its body: its head, its seal, its key. */
const ROW_OVERHEAD = 512;
/** Entries that one transaction removes at most. */
const MOST_REMOVED = 256;

/** Where a box stands, as bytes that only the session understands; empty: the box is no more. */
export interface BoxRow {
  readonly box: string;
  readonly body: Uint8Array;
}

/** What is kept of a journal. */
export interface Retention {
  /** Unix ms: what came before goes. */
  readonly after: number;
  /** Bytes that stay at most. */
  readonly size: number;
}

/** The journals of one file. A session's is written by the process that has its name, and by no other. */
export class Journal {
  readonly #rows: JournalRows;
  readonly #commits: Commits;
  /** Of sessions that this process has written to, as the last transaction left them. */
  readonly #bounds = new Map<string, Bounds>();

  constructor(rows: JournalRows, commits: Commits) {
    this.#rows = rows;
    this.#commits = commits;
  }

  /** From where to where a session's journal reaches. */
  bounds(name: string): Bounds {
    const known = this.#bounds.get(name);
    if (known !== undefined) return known;
    const body = this.#rows.get(name, JournalRow.BOUNDS, '');
    return body === undefined ? EMPTY : readBounds(body);
  }

  /** Where a session's boxes stand. */
  boxes(name: string): BoxRow[] {
    const rows = this.#rows.range(name, JournalRow.BOX);
    return [...rows].flatMap(({ key, body }) => (body === undefined ? [] : [{ box: key.toString(), body }]));
  }

  /**
   * Writes updates, and where their boxes stand behind them, in one transaction; what is appended in the same turn shares it.
   * @returns the number of the first, once they are on the disk @throws VaultError `VaultWriteFailed`: nothing was written
   */
  append(name: string, entries: readonly NewEntry[], boxes: readonly BoxRow[]): Promise<number> {
    // Copies: the writer of bodies is used again.
    const bodies = entries.map((entry) => Uint8Array.from(entryBody(entry)));
    const size = [...bodies, ...boxes.map(({ body }) => body)].reduce(
      (sum, body) => sum + body.length + ROW_OVERHEAD,
      0,
    );
    return this.#change(name, size + ROW_OVERHEAD, () => this.#append(name, bodies, boxes));
  }

  /** What a transaction that failed has noted is not so. */
  async #change<T>(name: string, size: number, run: () => T): Promise<T> {
    try {
      return await this.#commits.add(size, run);
    } catch (error) {
      this.#bounds.delete(name);
      throw error;
    }
  }

  #append(name: string, bodies: readonly Uint8Array[], boxes: readonly BoxRow[]): number {
    const { first, next, size } = this.bounds(name);
    let written = size;
    for (const [i, body] of bodies.entries())
      written += this.#rows.put(name, JournalRow.ENTRY, numberKey(next + i), body);
    for (const { box, body } of boxes)
      if (body.length > 0) this.#rows.put(name, JournalRow.BOX, box, body);
      else this.#rows.remove(name, JournalRow.BOX, box);
    if (bodies.length > 0) this.#keepBounds(name, { first, next: next + bodies.length, size: written });
    return next;
  }

  #keepBounds(name: string, bounds: Bounds): void {
    this.#rows.put(name, JournalRow.BOUNDS, '', writeBounds(bounds));
    this.#bounds.set(name, bounds);
  }

  /**
   * Entries from a number on, in order, as far as they are on the disk. One that cannot be opened is passed over.
   * @param most bytes of bodies; the first entry comes whatever it has
   */
  read(name: string, from: number, most: number): Entry[] {
    const entries: Entry[] = [];
    let left = most;
    for (const { key, body } of this.#rows.range(name, JournalRow.ENTRY, numberKey(from))) {
      if (body === undefined) continue;
      if (entries.length > 0 && body.length > left) break;
      entries.push(entryOf(keyNumber(key), body));
      left -= body.length;
    }
    return entries;
  }

  // --- consumers -------------------------------------------------------------------------------------------------------

  /** What is known of a consumer, as bytes that only it understands; undefined if nothing is. */
  place(name: string, consumer: string): Uint8Array | undefined {
    return this.#rows.get(name, JournalRow.PLACE, consumer);
  }

  /** The names of a session's consumers. */
  consumers(name: string): string[] {
    return [...this.#rows.range(name, JournalRow.PLACE)].map(({ key }) => key.toString());
  }

  /** Keeps what is known of a consumer; empty: it is forgotten. */
  keepPlace(name: string, consumer: string, body: Uint8Array): Promise<void> {
    const copy = Uint8Array.from(body);
    return this.#commits.add(copy.length + ROW_OVERHEAD, () => {
      if (copy.length > 0) this.#rows.put(name, JournalRow.PLACE, consumer, copy);
      else this.#rows.remove(name, JournalRow.PLACE, consumer);
    });
  }

  // --- what goes -------------------------------------------------------------------------------------------------------

  /** Removes the oldest entries beyond what is kept, a few in each transaction. @returns how many */
  async prune(name: string, { after, size }: Retention): Promise<number> {
    let count = 0;
    for (;;) {
      const removed = await this.#change(name, MOST_REMOVED * ROW_OVERHEAD, () => this.#prune(name, after, size));
      count += removed;
      if (removed < MOST_REMOVED) return count;
    }
  }

  #prune(name: string, after: number, most: number): number {
    const bounds = this.bounds(name);
    let { first, size } = bounds;
    const removed = this.#surplus(name, after, size - most);
    for (const { key, length } of removed) {
      this.#rows.remove(name, JournalRow.ENTRY, key);
      first = keyNumber(key) + 1;
      size -= length;
    }
    if (removed.length > 0) this.#keepBounds(name, { ...bounds, first, size });
    return removed.length;
  }

  /** The oldest entries that are too old, or so many that `over` bytes go with them. */
  #surplus(name: string, after: number, over: number): { key: Buffer; length: number }[] {
    const found: { key: Buffer; length: number }[] = [];
    let left = over;
    for (const { key, length, body } of this.#rows.range(name, JournalRow.ENTRY)) {
      const isOld = body === undefined || entryOf(keyNumber(key), body).at < after;
      if ((!isOld && left <= 0) || found.length === MOST_REMOVED) break;
      // The key is of a block that the next one is read into.
      found.push({ key: Buffer.from(key), length });
      left -= length;
    }
    return found;
  }

  /** Removes all that is kept of a session. */
  async forget(name: string): Promise<void> {
    await this.prune(name, { after: Infinity, size: 0 });
    await this.#commits.add(ROW_OVERHEAD, () => {
      for (const kind of [JournalRow.BOX, JournalRow.PLACE])
        for (const { key } of [...this.#rows.range(name, kind)]) this.#rows.remove(name, kind, key.toString());
      this.#rows.remove(name, JournalRow.BOUNDS, '');
      this.#bounds.delete(name);
    });
  }
}
