/**
 * LmdbVault: named sessions in an LMDB file that several processes share.
 * In: an open store and the key of its rows. Out: records, claims, requests for names. Never: an acknowledgement before the
 * record is on the disk; a name taken from a living process.
 */
import { dirname } from 'node:path';
import { Commits } from './commits.ts';
import { OutcomeRows } from './outcome-rows.ts';
import { Owners } from './owners.ts';
import type { Identity } from './processes.ts';
import type { Rows, VaultRow } from './rows.ts';
import { RowKind } from './seal.ts';
import { type Claim, type RecordExcerpt, type ListedSession, type Vault, VaultError, wholeRecord } from './vault.ts';

/** How often a process that has names renews its row, ms. */
const RENEWAL = 5_000;
/** How often a process that has names looks whether another asks for one of them, ms. */
const POLL = 200;
/** How often a process that has names removes old outcomes of requests, ms; the first time after the first of these. */
const FIRST_PRUNE = 30_000;
const PRUNE = 10 * 60_000;
/** How long a list opens rows before it gives others of the process a turn, ms: a list of thousands takes far longer. */
const LIST_SLICE = 4;
/** Behind the time in the row of a request that the owner grants only if nobody speaks in the session. */
const IF_IDLE = ' idle';
/**
 * How long a request for a name stands, ms: who waits asks again every two seconds. An owner that was stopped meanwhile, or an asker
 * that has died, must not cost a session that nobody wants.
 */
const REQUEST_LIFE = 5_000;
/** Bytes that are reserved for a row without a record. */
const SMALL_ROW = 512;

/** The vault of one process. Several in one process, each with an identity of its own, are several owners. */
export class LmdbVault implements Vault {
  readonly protection: Vault['protection'];
  asked: Vault['asked'];
  readonly #rows: Rows;
  readonly #self: Identity;
  readonly #owners: Owners;
  /** Undefined if nothing may be written. */
  readonly #commits: Commits | undefined;
  readonly outcomes: OutcomeRows;
  readonly #claims = new Set<string>();
  /** Names that this process has released, though the release could not be written yet. */
  readonly #unwrittenReleases = new Set<string>();
  /** Requests for names that `asked` was told of, by name: their `seq`. */
  readonly #toldRequests = new Map<string, number>();
  #renewTimer: NodeJS.Timeout | undefined;
  #pollTimer: NodeJS.Timeout | undefined;
  #pruneTimer: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  /** @param path of the data file @param isReadOnly nothing may be written */
  constructor(rows: Rows, self: Identity, protection: Vault['protection'], path: string, isReadOnly: boolean) {
    this.#rows = rows;
    this.#self = self;
    this.protection = protection;
    this.#commits = isReadOnly ? undefined : new Commits(rows.store, path);
    this.#owners = new Owners(rows, self, dirname(path));
    this.outcomes = new OutcomeRows(rows, {
      change: (size, run) => this.#change(size, run),
      isOwn: (name) => this.#owners.isOwn(name),
    });
  }

  async list(excerpt: RecordExcerpt = wholeRecord): Promise<ListedSession[]> {
    this.#rows.refresh();
    await this.#owners.probeAll();
    this.#rows.refresh();
    const sessions: ListedSession[] = [];
    let sliceEnd = performance.now() + LIST_SLICE;
    for (const row of this.#rows.all(RowKind.RECORD)) {
      if (row.kind === RowKind.REMOVED) continue;
      const owner = this.#owners.stateOf(row.name);
      const { record, writtenAt } = readBody(row);
      sessions.push({ name: row.name, record: record && excerpt(record), writtenAt, owner });
      if (excerpt !== wholeRecord) record?.fill(0);
      if (performance.now() < sliceEnd) continue;
      await new Promise(setImmediate);
      this.#rows.refresh();
      sliceEnd = performance.now() + LIST_SLICE;
    }
    return sessions.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  read(name: string): Uint8Array | undefined {
    this.#rows.refresh();
    return this.#record(name);
  }

  async claim(name: string): Promise<Claim | undefined> {
    const wasUnwritten = this.#unwrittenReleases.delete(name);
    try {
      if (this.#commits !== undefined) await this.#owners.prepare(name);
      const claim = await this.#change(SMALL_ROW * 2, () => this.#take(name));
      if (claim !== undefined) this.#addClaim(name);
      return claim;
    } catch (error) {
      if (wasUnwritten) this.#unwrittenReleases.add(name);
      throw error;
    }
  }

  #take(name: string): Claim | undefined {
    // Before anything is written: a damaged record throws.
    const record = this.#record(name);
    const isClean = this.#owners.take(name);
    if (isClean !== undefined) return { record, isClean };
    // Whoever waits for the name asks twenty times a second: nobody needs what was opened for that.
    record?.fill(0);
    return undefined;
  }

  ask(name: string, isIfIdle = false): Promise<void> {
    const body = Buffer.from(`${this.#self.uuid} ${Date.now()}${isIfIdle ? IF_IDLE : ''}`);
    return this.#change(SMALL_ROW, () => {
      // Who wants it anyway goes before who wants it if nobody uses it.
      const before = isIfIdle ? this.#rows.get(RowKind.REQUEST, name)?.body : undefined;
      if (before === undefined || isForIdle(before)) this.#rows.put(RowKind.REQUEST, name, body);
    });
  }

  withdraw(name: string): Promise<void> {
    return this.#change(SMALL_ROW, () => {
      const body = this.#rows.get(RowKind.REQUEST, name)?.body;
      if (body?.toString('latin1').startsWith(this.#self.uuid) === true) this.#rows.remove(RowKind.REQUEST, name);
    });
  }

  async write(name: string, record: Uint8Array): Promise<void> {
    const body = writeBody(record);
    try {
      await this.#change(body.length, () => {
        if (!this.#owners.isOwn(name)) throw new VaultError('VaultWriteFailed', `${name} is not this process's`);
        this.#rows.put(RowKind.RECORD, name, body);
      });
    } finally {
      body.fill(0);
    }
  }

  async release(name: string, record?: Uint8Array): Promise<void> {
    if (!this.#claims.has(name)) return;
    const body = record === undefined ? undefined : writeBody(record);
    try {
      await this.#change((body?.length ?? 0) + SMALL_ROW, () => {
        if (!this.#owners.isOwn(name)) return;
        if (body !== undefined) this.#rows.put(RowKind.RECORD, name, body);
        this.#owners.release(name, body !== undefined);
      });
      this.#removeClaim(name);
    } catch (error) {
      // The name is not this process's any more, whatever its owner row says until it can be written.
      this.#unwrittenReleases.add(name);
      this.#removeClaim(name);
      throw error;
    } finally {
      body?.fill(0);
    }
  }

  async remove(name: string, isKept = false): Promise<boolean> {
    if (this.#commits !== undefined) await this.#owners.prepare(name);
    const isRemoved = await this.#change(SMALL_ROW * 2, () => {
      if (this.#owners.stateOf(name) === 'elsewhere') return false;
      this.#rows.put(RowKind.REMOVED, name, Buffer.alloc(0));
      if (isKept) return true;
      this.#owners.forget(name);
      return true;
    });
    if (!isRemoved) return false;
    if (!isKept) this.#removeClaim(name);
    await this.outcomes.forget(name);
    return true;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      if (this.#claims.size > 0 || this.#unwrittenReleases.size > 0) await this.#releaseAll();
    } catch {
      // The names stay those of this process, which is dead soon: then they are free.
    }
    this.#stopTimers();
    await this.outcomes.idle();
    await this.#owners.close();
    await this.#commits?.idle();
    this.#commits?.close();
    await this.#rows.store.close();
  }

  #releaseAll(): Promise<void> {
    const names = [...this.#claims, ...this.#unwrittenReleases];
    return this.#change(SMALL_ROW * names.length, () => {
      for (const name of names) if (this.#owners.isOwn(name)) this.#owners.release(name, false);
      this.#owners.leave();
      this.#claims.clear();
      this.#unwrittenReleases.clear();
    });
  }

  /** @throws VaultError `VaultWriteFailed` */
  async #change<T>(size: number, run: () => T): Promise<T> {
    if (this.#commits === undefined)
      throw new VaultError('VaultWriteFailed', 'the vault could not be written (EROFS)', 'EROFS');
    return this.#commits.add(size, run);
  }

  #record(name: string): Uint8Array | undefined {
    const row = this.#rows.get(RowKind.RECORD, name);
    if (row === undefined || row.kind === RowKind.REMOVED) return undefined;
    const { record } = readBody(row);
    if (record === undefined) throw new VaultError('VaultRecordBroken', `the record of ${name} is damaged`);
    return record;
  }

  // --- while this process has names ---

  #addClaim(name: string): void {
    this.#claims.add(name);
    this.#unwrittenReleases.delete(name);
    if (this.#pollTimer !== undefined || this.#closed !== undefined) return;
    this.#pollTimer = setInterval(() => this.#pollRequests(), POLL).unref();
    this.#renewTimer = setInterval(() => this.#renew(), RENEWAL).unref();
    this.#pruneTimer = setTimeout(() => this.#prune(), FIRST_PRUNE).unref();
  }

  #removeClaim(name: string): void {
    this.#claims.delete(name);
    this.#toldRequests.delete(name);
    if (this.#claims.size === 0 && this.#unwrittenReleases.size === 0) this.#stopTimers();
  }

  #stopTimers(): void {
    clearInterval(this.#pollTimer);
    clearInterval(this.#renewTimer);
    clearTimeout(this.#pruneTimer);
    this.#pollTimer = this.#renewTimer = undefined;
    this.#toldRequests.clear();
  }

  #prune(): void {
    this.outcomes.pruneQuietly();
    this.#pruneTimer = setTimeout(() => this.#prune(), PRUNE).unref();
  }

  #pollRequests(): void {
    this.#rows.refresh();
    for (const { name, seq, body } of this.#rows.all(RowKind.REQUEST)) {
      if (body === undefined || !this.#claims.has(name) || this.#toldRequests.get(name) === seq) continue;
      this.#toldRequests.set(name, seq);
      this.#heard(name, seq);
      if (stands(body, Date.now())) this.asked?.(name, isForIdle(body));
    }
  }

  /** Removes a request that `asked` is told of: what nobody reads twice would be opened at each poll. Another one stays. */
  #heard(name: string, seq: number): void {
    const removed = this.#change(SMALL_ROW, () => {
      if (this.#rows.get(RowKind.REQUEST, name)?.seq === seq) this.#rows.remove(RowKind.REQUEST, name);
    });
    const isGone = (): void => {
      if (this.#toldRequests.get(name) === seq) this.#toldRequests.delete(name);
    };
    // One that could not be removed is known, and told once all the same.
    removed.then(isGone, () => {});
  }

  /** Renews this process's row, and writes releases that could not be written before, unless their names were claimed again. */
  #renew(): void {
    const late = [...this.#unwrittenReleases];
    const written = this.#change(SMALL_ROW * (1 + late.length), () => {
      this.#owners.renew();
      for (const name of late)
        if (this.#unwrittenReleases.has(name) && this.#owners.isOwn(name)) this.#owners.release(name, false);
    });
    written.then(
      () => {
        for (const name of late) this.#unwrittenReleases.delete(name);
      },
      // The next renewal tries again.
      () => {},
    );
  }
}

/** Whether the owner grants a request only if nobody speaks in the session. @param body of its row */
function isForIdle(body: Buffer): boolean {
  return body.toString('latin1').endsWith(IF_IDLE);
}

/** Whether whoever asked still waits. @param body of its row @param now Unix ms */
function stands(body: Buffer, now: number): boolean {
  const at = Number(body.toString('latin1').split(' ')[1]);
  return Math.abs(now - at) <= REQUEST_LIFE;
}

/** The body of a record's row: when it was written (Unix ms, f64), then the record. */
function writeBody(record: Uint8Array): Buffer {
  const body = Buffer.alloc(8 + record.length);
  body.writeDoubleLE(Date.now());
  body.set(record, 8);
  return body;
}

/** The record and its time in the body of a row; no record if the row does not open. */
function readBody({ body }: VaultRow): { record: Uint8Array | undefined; writtenAt: number } {
  if (body === undefined || body.length < 8) return { record: undefined, writtenAt: 0 };
  // A view: who wipes the record leaves no copy of it.
  const record = new Uint8Array(body.buffer, body.byteOffset + 8, body.length - 8);
  return { record, writtenAt: body.readDoubleLE(0) };
}
