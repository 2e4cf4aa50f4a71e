/**
 * MemoryVault: a vault that forgets. Several over one store are several processes over one folder.
 * In: names and records. Out: copies of the same bytes; who owns what. Never: touches a disk.
 */
import { type Outcomes, outcomeRowName, surplusOutcomes } from '../../src/vault/outcomes.ts';
import {
  type Claim,
  type ListedSession,
  type RecordExcerpt,
  type Vault,
  VaultError,
  wholeRecord,
} from '../../src/vault/vault.ts';

interface Row {
  record: Uint8Array | undefined;
  owner: MemoryVault | undefined;
  isClean: boolean;
  writtenAt: number;
}

/** What the vaults over it share. */
export class MemoryStore {
  readonly rows = new Map<string, Row>();
  /** What became of requests with a key, by `outcomeRowName`. */
  readonly outcomes = new Map<string, { at: number; body: Uint8Array }>();
  /** Names whose record cannot be read. */
  readonly broken = new Set<string>();
}

export class MemoryVault implements Vault {
  readonly protection: Vault['protection'];
  asked: Vault['asked'];
  /** Names that were asked for, and are no longer. */
  readonly withdrawn: string[] = [];
  /** Set: what changes something rejects with it, and changes nothing. */
  failure: VaultError | undefined;
  readonly outcomes: Outcomes = {
    read: (name, key) => {
      const body = this.#store.outcomes.get(outcomeRowName(name, key))?.body;
      return body && Uint8Array.from(body);
    },
    write: async (name, key, body) => {
      const bytes = Uint8Array.from(body);
      await this.#turn();
      this.#mustOwn(name);
      this.#store.outcomes.set(outcomeRowName(name, key), { at: this.#clock(), body: bytes });
    },
    remove: async (name, key) => {
      await this.#turn();
      this.#mustOwn(name);
      this.#store.outcomes.delete(outcomeRowName(name, key));
    },
    prune: async (now) => {
      const entries = [...this.#store.outcomes].map(([name, { at, body }]) => ({ name, at, length: body.length }));
      for (const name of surplusOutcomes(entries, now)) this.#store.outcomes.delete(name);
    },
  };
  readonly #store: MemoryStore;
  readonly #clock: () => number;
  #waiting: (() => void)[] | undefined;

  constructor(store = new MemoryStore(), clock: () => number = Date.now, protection: Vault['protection'] = 'key') {
    this.#store = store;
    this.#clock = clock;
    this.protection = protection;
  }

  /** From now on everything that changes something waits for `go`. */
  hold(): void {
    this.#waiting ??= [];
  }

  go(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const wake of waiting) wake();
  }

  /** How many wait for `go`. */
  get held(): number {
    return this.#waiting?.length ?? 0;
  }

  /** As if the process died: its names are free, and not clean. */
  die(): void {
    for (const row of this.#store.rows.values()) {
      if (row.owner !== this) continue;
      row.owner = undefined;
      row.isClean = false;
    }
  }

  async list(excerpt: RecordExcerpt = wholeRecord): Promise<ListedSession[]> {
    return [...this.#store.rows]
      .filter(([, { record }]) => record !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { record, owner, writtenAt }]) => ({
        name,
        record: record && !this.#store.broken.has(name) ? excerpt(Uint8Array.from(record)) : undefined,
        owner: owner === undefined ? undefined : owner === this ? 'here' : 'elsewhere',
        writtenAt,
      }));
  }

  read(name: string): Uint8Array | undefined {
    if (this.#store.broken.has(name)) throw new VaultError('VaultRecordBroken', `the record of ${name} is damaged`);
    const record = this.#store.rows.get(name)?.record;
    return record && Uint8Array.from(record);
  }

  async claim(name: string): Promise<Claim | undefined> {
    await this.#turn();
    const row = this.#row(name);
    if (row.owner !== undefined && row.owner !== this) return undefined;
    const record = this.read(name);
    const isClean = row.owner === undefined && row.isClean;
    row.owner = this;
    return { record, isClean };
  }

  async ask(name: string, isIfIdle = false): Promise<void> {
    await this.#turn();
    const owner = this.#store.rows.get(name)?.owner;
    if (owner !== undefined && owner !== this) owner.asked?.(name, isIfIdle);
  }

  async withdraw(name: string): Promise<void> {
    await this.#turn();
    this.withdrawn.push(name);
  }

  async write(name: string, record: Uint8Array): Promise<void> {
    const bytes = Uint8Array.from(record);
    await this.#turn();
    const row = this.#row(name);
    if (row.owner !== this) throw new VaultError('VaultWriteFailed', `${name} is not this process's`);
    this.#keep(name, row, bytes);
  }

  async release(name: string, record?: Uint8Array): Promise<void> {
    const bytes = record && Uint8Array.from(record);
    const row = this.#row(name);
    if (row.owner !== this) return;
    try {
      await this.#turn();
      if (bytes !== undefined) this.#keep(name, row, bytes);
      row.isClean = bytes !== undefined;
    } catch (error) {
      row.isClean = false;
      throw error;
    } finally {
      row.owner = undefined;
    }
  }

  async remove(name: string, isKept = false): Promise<boolean> {
    await this.#turn();
    const owner = this.#store.rows.get(name)?.owner;
    if (owner !== undefined && owner !== this) return false;
    this.#store.rows.delete(name);
    if (isKept) this.#row(name).owner = this;
    this.#store.broken.delete(name);
    for (const row of this.#store.outcomes.keys()) if (row.startsWith(`${name}\0`)) this.#store.outcomes.delete(row);
    return true;
  }

  async close(): Promise<void> {
    this.die();
  }

  #mustOwn(name: string): void {
    if (this.#store.rows.get(name)?.owner !== this)
      throw new VaultError('VaultWriteFailed', `${name} is not this process's`);
  }

  #row(name: string): Row {
    let row = this.#store.rows.get(name);
    if (row === undefined) {
      row = { record: undefined, owner: undefined, isClean: false, writtenAt: 0 };
      this.#store.rows.set(name, row);
    }
    return row;
  }

  #keep(name: string, row: Row, bytes: Uint8Array): void {
    row.record = bytes;
    row.isClean = false;
    row.writtenAt = this.#clock();
    this.#store.broken.delete(name);
  }

  async #turn(): Promise<void> {
    if (this.#waiting !== undefined) await new Promise<void>((wake) => this.#waiting!.push(wake));
    if (this.failure !== undefined) throw this.failure;
  }
}
