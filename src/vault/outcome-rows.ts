/**
 * Outcome rows: the outcomes of requests with an idempotency key, as sealed rows of the vault's file.
 * In: names, keys, bodies. Out: the same; rows removed, a few in one transaction. Never: a row opened to see how old it is.
 */
import { type Outcomes, type OutcomeEntry, outcomeRowName, surplusOutcomes } from './outcomes.ts';
import type { Rows } from './rows.ts';
import { RowKind } from './seal.ts';
import { VaultError } from './vault.ts';

/** How many rows one transaction removes, and what is reserved for each, bytes: the pages on the way to it. */
const MOST_REMOVED = 64;
const REMOVED_SIZE = 4 * 4096;
/** How long rows are looked at before others of the process have a turn, ms. */
const SLICE = 4;
/** After so many writes, or bytes of them, the bounds are looked at. */
const WRITES = 1_000;
const WRITTEN_BYTES = 4 << 20;

/** What the rows need of the vault that they are in. */
export interface OutcomeVault {
  /** Runs a step in a transaction. @param size bytes that it writes at most @throws VaultError */
  change<T>(size: number, run: () => T): Promise<T>;
  /** Whether the name is this process's. */
  isOwn(name: string): boolean;
}

/** The outcomes of one vault. */
export class OutcomeRows implements Outcomes {
  readonly #rows: Rows;
  readonly #vault: OutcomeVault;
  #writes = 0;
  #writtenBytes = 0;
  #pruning: Promise<void> | undefined;

  constructor(rows: Rows, vault: OutcomeVault) {
    this.#rows = rows;
    this.#vault = vault;
  }

  read(name: string, key: string): Uint8Array | undefined {
    this.#rows.refresh();
    const row = this.#rows.get(RowKind.OUTCOME, outcomeRowName(name, key));
    if (row === undefined) return undefined;
    if (row.body === undefined)
      throw new VaultError('VaultRecordBroken', `the outcome of a request of ${name} is damaged`);
    return row.body;
  }

  async write(name: string, key: string, body: Uint8Array): Promise<void> {
    await this.#vault.change(body.length, () => {
      this.#mustOwn(name);
      this.#rows.put(RowKind.OUTCOME, outcomeRowName(name, key), body, Date.now());
    });
    this.#writes++;
    this.#writtenBytes += body.length;
    if (this.#writes >= WRITES || this.#writtenBytes >= WRITTEN_BYTES) this.pruneQuietly();
  }

  async remove(name: string, key: string): Promise<void> {
    await this.#vault.change(REMOVED_SIZE, () => {
      this.#mustOwn(name);
      this.#rows.remove(RowKind.OUTCOME, outcomeRowName(name, key));
    });
  }

  #mustOwn(name: string): void {
    if (!this.#vault.isOwn(name)) throw new VaultError('VaultWriteFailed', `${name} is not this process's`);
  }

  /** Removes all outcomes of a name: it was forgotten. */
  async forget(name: string): Promise<void> {
    const names: string[] = [];
    for await (const entry of this.#entries(`${name}\0`)) names.push(entry.name);
    await this.#removeAll(names);
  }

  async prune(now: number): Promise<void> {
    await this.#pruning;
    this.#pruning = this.#prune(now).finally(() => (this.#pruning = undefined));
    await this.#pruning;
  }

  async #prune(now: number): Promise<void> {
    this.#writes = this.#writtenBytes = 0;
    const entries: OutcomeEntry[] = [];
    for await (const entry of this.#entries('')) entries.push(entry);
    await this.#removeAll(surplusOutcomes(entries, now));
  }

  /** Prunes in the background. What the disk refuses is tried the next time. */
  pruneQuietly(): void {
    if (this.#pruning === undefined) this.prune(Date.now()).catch(() => {});
  }

  /** Resolves when nothing runs in the background. */
  async idle(): Promise<void> {
    await this.#pruning?.catch(() => {});
  }

  async #removeAll(names: readonly string[]): Promise<void> {
    for (let at = 0; at < names.length; at += MOST_REMOVED) {
      const some = names.slice(at, at + MOST_REMOVED);
      await this.#vault.change(some.length * REMOVED_SIZE, () => {
        for (const name of some) this.#rows.remove(RowKind.OUTCOME, name);
      });
    }
  }

  /** The rows whose names begin so, with turns for others between. */
  async *#entries(prefix: string): AsyncGenerator<OutcomeEntry> {
    this.#rows.refresh();
    let sliceEnd = performance.now() + SLICE;
    for (const { name, seq, length } of this.#rows.heads(RowKind.OUTCOME, prefix)) {
      yield { name, at: seq, length };
      if (performance.now() < sliceEnd) continue;
      await new Promise(setImmediate);
      this.#rows.refresh();
      sliceEnd = performance.now() + SLICE;
    }
  }
}
