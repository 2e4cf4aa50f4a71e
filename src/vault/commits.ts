/**
 * Commits: what waits to be written goes into one transaction, and into the next while that is on its way to the disk.
 * In: steps that read and write rows. Out: their results, once they are on the disk. Never: half a step; a step of one
 * caller undone because another's was refused.
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { asVaultError } from './folder.ts';
import { noteTransaction } from './last.ts';
import { Room } from './room.ts';
import { MAP_SIZE, type Store } from './rows.ts';
import { VaultError } from './vault.ts';

/** Steps in one transaction. */
const MOST = 256;
/** Pages that a step may change besides those of its body: two trees' paths, the free list. */
const PAGES_A_STEP = 8;
const PAGES_A_COMMIT = 32;

interface Step {
  /** Bytes that it will write. */
  readonly size: number;
  readonly run: () => unknown;
  readonly done: (result: never) => void;
  readonly failed: (error: Error) => void;
}

/** How a step ended inside the transaction. */
type End = { readonly result: unknown } | { readonly refused: VaultError };

export class Commits {
  readonly #store: Store;
  readonly #path: string;
  readonly #room: Room;
  readonly #pageSize: number;
  readonly #waiting: Step[] = [];
  #running: Promise<void> | undefined;

  constructor(store: Store, path: string) {
    this.#store = store;
    this.#path = path;
    this.#room = new Room(path);
    this.#pageSize = (store.getStats() as { pageSize: number }).pageSize;
  }

  /**
   * Runs the step in a transaction. It must check before it writes: a VaultError of its own is its caller's alone.
   * @throws VaultError `VaultWriteFailed`; nothing of the whole transaction is there then
   */
  add<T>(size: number, run: () => T): Promise<T> {
    return new Promise<T>((done, failed) => {
      this.#waiting.push({ size, run, done, failed });
      this.#running ??= this.#drain();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Once nothing runs any more. */
  close(): void {
    this.#room.close();
    try {
      noteTransaction(dirname(this.#path), infoOf(this.#store).lastTxnId);
    } catch {
      // No room for it: what it would have said is only an aid.
    }
  }

  async #drain(): Promise<void> {
    // What is added in this same turn goes along.
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
    // LMDB keeps a promise of its own, which nobody may hear of otherwise.
    void Promise.resolve(this.#store.committed).then(undefined, () => {});
    try {
      return await committed;
    } catch (error) {
      throw failure ?? error;
    }
  }

  #reserve(steps: readonly Step[]): void {
    if (statSync(this.#path).ino !== this.#room.inode)
      throw new VaultError('VaultWriteFailed', 'the vault was rebuilt by another process: start this one again');
    const pages = steps.reduce(
      (sum, { size }) => sum + PAGES_A_STEP + 2 * Math.ceil(size / this.#pageSize),
      PAGES_A_COMMIT,
    );
    const { lastPageNumber } = infoOf(this.#store);
    const used = (lastPageNumber + 1) * this.#pageSize;
    const need = pages * this.#pageSize;
    if (used + need > MAP_SIZE) throw new VaultError('VaultWriteFailed', 'the vault is full', 'MDB_MAP_FULL');
    this.#room.reserve(used, need);
  }
}

/** The type does not know `env`. */
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

/** LMDB's error of a failed commit holds a promise that rejects with the reason. */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> };
  if (commitError === undefined) return error;
  return commitError.then(
    () => error,
    (cause: unknown) => cause,
  );
}
