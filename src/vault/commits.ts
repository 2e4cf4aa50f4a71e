/**
 * Commits: steps that wait to be written share one transaction; those that come while it goes to the disk share the next.
 * In: steps that read and write rows. Out: their results, once the transaction is on the disk. Never: half a step; a step that
 * is undone because another caller's was refused.
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeLastTransaction } from './last-transaction.ts';
import { PreallocatedFile } from './preallocate.ts';
import { MAP_SIZE, type Store } from './rows.ts';
import { asVaultError } from './system-error.ts';
import { VaultError } from './vault.ts';

/** How many steps one transaction has at most. */
const MOST = 256;
/** Pages that a step may write besides those of its body: paths in two trees, the free list. */
const PAGES_A_STEP = 8;
/** Pages that a transaction may write besides those of its steps. */
const PAGES_A_COMMIT = 32;

interface Step {
  /** Bytes that it writes at most. */
  readonly size: number;
  readonly run: () => unknown;
  readonly done: (result: never) => void;
  readonly failed: (error: Error) => void;
}

/** How a step ended inside the transaction. */
type End = { readonly result: unknown } | { readonly refused: VaultError };

/** The transactions of one process on one data file. */
export class Commits {
  readonly #store: Store;
  readonly #path: string;
  readonly #file: PreallocatedFile;
  readonly #pageSize: number;
  readonly #mapSize: number;
  readonly #waiting: Step[] = [];
  #running: Promise<void> | undefined;

  /** @param mapSize bytes that the file may have at most */
  constructor(store: Store, path: string, mapSize = MAP_SIZE) {
    this.#store = store;
    this.#path = path;
    this.#mapSize = mapSize;
    this.#file = new PreallocatedFile(path);
    this.#pageSize = (store.getStats() as { pageSize: number }).pageSize;
  }

  /**
   * Runs a step in a transaction. A step that throws a VaultError must do so before it writes: its caller alone is refused, and the
   * transaction goes on.
   * @param size bytes that the step writes at most
   * @throws VaultError `VaultWriteFailed`: nothing of the transaction was written
   */
  add<T>(size: number, run: () => T): Promise<T> {
    return new Promise<T>((done, failed) => {
      this.#waiting.push({ size, run, done, failed });
      this.#running ??= this.#drain();
    });
  }

  /** Resolves when no step waits. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Writes the number of the last transaction, and closes the file. To be called when no step waits. */
  close(): void {
    this.#file.close();
    try {
      writeLastTransaction(dirname(this.#path), infoOf(this.#store).lastTxnId);
    } catch {
      // The disk is full, or read-only: without the number a vault opens as well.
    }
  }

  async #drain(): Promise<void> {
    // Steps that are added in the same turn join this transaction.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, MOST));
    this.#running = undefined;
  }

  async #commit(steps: readonly Step[]): Promise<void> {
    try {
      const ends = await this.#transaction(steps);
      for (const [i, end] of ends.entries()) {
        if ('refused' in end) steps[i]!.failed(end.refused);
        else steps[i]!.done(end.result as never);
      }
    } catch (error) {
      const failure = await causeOf(error);
      for (const { failed } of steps)
        failed(asVaultError(failure, 'VaultWriteFailed', 'the vault could not be written'));
    }
  }

  async #transaction(steps: readonly Step[]): Promise<readonly End[]> {
    let failure: unknown;
    const committed = this.#store.childTransaction((): readonly End[] => {
      try {
        this.#reserve(steps);
        return steps.map((step) => endOf(step));
      } catch (error) {
        failure = error;
        throw error;
      }
    });
    // The store's own promise of the transaction rejects too: without a handler it would end the process.
    void Promise.resolve(this.#store.committed).then(undefined, () => {});
    try {
      return await committed;
    } catch (error) {
      throw failure ?? error;
    }
  }

  #reserve(steps: readonly Step[]): void {
    if (statSync(this.#path).ino !== this.#file.inode)
      throw new VaultError('VaultWriteFailed', 'the vault was rebuilt by another process: start this one again');
    const pages = steps.reduce(
      (sum, { size }) => sum + PAGES_A_STEP + 2 * Math.ceil(size / this.#pageSize),
      PAGES_A_COMMIT,
    );
    const { lastPageNumber } = infoOf(this.#store);
    const used = (lastPageNumber + 1) * this.#pageSize;
    const need = pages * this.#pageSize;
    if (used + need > this.#mapSize) throw new VaultError('VaultWriteFailed', 'the vault is full', 'MDB_MAP_FULL');
    this.#file.reserve(used, need);
  }
}

/** LMDB's own figures of an open store; the package's type does not have `env`. */
function infoOf(store: Store): { readonly lastPageNumber: number; readonly lastTxnId: number } {
  return (store as unknown as { env: { info(): { lastPageNumber: number; lastTxnId: number } } }).env.info();
}

function endOf({ run }: Step): End {
  try {
    return { result: run() };
  } catch (error) {
    if (error instanceof VaultError) return { refused: error };
    throw error;
  }
}

/** The reason of a failed commit: the package's error has it as a promise that rejects. */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> };
  if (commitError === undefined) return error;
  return commitError.then(
    () => error,
    (cause: unknown) => cause,
  );
}
