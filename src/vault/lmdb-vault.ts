/**
 * LmdbVault: named sessions in an LMDB file that several processes share.
 * In: an open store and the key of its rows. Out: records, claims, wishes. Never: an acknowledgement before the disk has
 * it; a name taken from a living process.
 *
 * A name's owner row says which process has it (its uuid), or that the last one released it clean. The process's own row
 * says how to see that it lives (`processes.ts`); it is renewed while the process has names.
 */
import { dirname } from 'node:path';
import { Commits } from './commits.ts';
import { type Identity, isAlive, isInOtherNamespace } from './processes.ts';
import type { Row, Rows } from './rows.ts';
import { Kind } from './seal.ts';
import { forgetSign, type Heard, heardIn, sayOf, type Sign, SignOfLife, signOf } from './signs-of-life.ts';
import { type Claim, type Kept, type Part, type Vault, VaultError, whole } from './vault.ts';

/** How often a process with names says that it lives, and looks whether it is asked for one; milliseconds. */
const HEARTBEAT = 5_000;
const POLL = 200;
/** Nobody has the name. */
const NOBODY = '-';
/** Opening thousands of rows takes longer than others of the process can wait: so long at a time; milliseconds. */
const AT_A_TIME = 4;
/** Bytes of a row that is not a record. */
const SMALL = 512;

/** What an owner row says. */
interface Owner {
  readonly uuid: string;
  readonly isClean: boolean;
}

export class LmdbVault implements Vault {
  readonly protection: Vault['protection'];
  asked: ((name: string) => void) | undefined;
  readonly #rows: Rows;
  readonly #self: Identity;
  readonly #commits: Commits | undefined;
  readonly #folder: string;
  readonly #sign: SignOfLife;
  /** What sockets of other processes said when they were asked last. */
  readonly #signs = new Map<string, Sign>();
  readonly #claims = new Set<string>();
  /** Names that were given up, which the disk did not take. */
  readonly #unwritten = new Set<string>();
  /** Wishes that were heard already: name and version. */
  readonly #heard = new Set<string>();
  #heartbeat: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  /** @param path of the data file @param isReadOnly nothing may be written */
  constructor(rows: Rows, self: Identity, protection: Vault['protection'], path: string, isReadOnly: boolean) {
    this.#rows = rows;
    this.#self = self;
    this.protection = protection;
    this.#commits = isReadOnly ? undefined : new Commits(rows.store, path);
    this.#folder = dirname(path);
    this.#sign = new SignOfLife(this.#folder, self.uuid);
  }

  async list(part: Part = whole): Promise<Kept[]> {
    this.#rows.refresh();
    // Anew each time: a process that lived when it was asked last may be dead.
    for (const { name } of [...this.#rows.all(Kind.PROCESS)]) await this.#askSign(name);
    this.#rows.refresh();
    const kept: Kept[] = [];
    let until = performance.now() + AT_A_TIME;
    for (const row of this.#rows.all(Kind.RECORD)) {
      if (row.kind === Kind.GONE) continue;
      const owner = this.#whose(this.#ownerOf(row.name));
      const { record, writtenAt } = bodyOf(row);
      kept.push({ name: row.name, record: record && part(record), writtenAt, owner });
      if (part !== whole) record?.fill(0);
      if (performance.now() < until) continue;
      await new Promise(setImmediate);
      this.#rows.refresh();
      until = performance.now() + AT_A_TIME;
    }
    return kept.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  read(name: string): Uint8Array | undefined {
    this.#rows.refresh();
    return this.#record(name);
  }

  async claim(name: string): Promise<Claim | undefined> {
    const wasLate = this.#unwritten.delete(name);
    try {
      await this.#askOwner(name);
      const claim = await this.#change(SMALL * 2, () => this.#take(name));
      if (claim !== undefined) this.#hold(name);
      return claim;
    } catch (error) {
      if (wasLate) this.#unwritten.add(name);
      throw error;
    }
  }

  #take(name: string): Claim | undefined {
    const record = this.#record(name);
    const owner = this.#ownerOf(name);
    if (this.#whose(owner) === 'elsewhere') return undefined;
    if (owner?.uuid !== this.#self.uuid) {
      // A dead owner's other names are free without its row as well.
      if (owner !== undefined) this.#bury(owner.uuid);
      this.#sayAlive();
      this.#own(name, { uuid: this.#self.uuid, isClean: false });
    }
    return { record, isClean: owner?.uuid === NOBODY && owner.isClean };
  }

  /** Before a transaction, in which nothing can be waited for: whether its owner lives, and that this process will be seen to. */
  async #askOwner(name: string): Promise<void> {
    if (this.#commits === undefined) return;
    await this.#sign.give();
    this.#rows.refresh();
    const owner = this.#ownerOf(name);
    if (owner !== undefined) await this.#askSign(owner.uuid);
  }

  async #askSign(uuid: string): Promise<void> {
    const process = this.#process(uuid);
    if (process === undefined || uuid === this.#self.uuid || !isInOtherNamespace(process.identity)) return;
    this.#signs.set(uuid, await signOf(this.#folder, uuid, process.place));
  }

  #bury(uuid: string): void {
    this.#rows.remove(Kind.PROCESS, uuid);
    if (this.#signs.get(uuid) === 'dead') forgetSign(this.#folder, uuid);
    this.#signs.delete(uuid);
  }

  ask(name: string): Promise<void> {
    return this.#change(SMALL, () => this.#rows.put(Kind.WISH, name, Buffer.from(this.#self.uuid)));
  }

  write(name: string, record: Uint8Array): Promise<void> {
    const body = this.#bodyOf(record);
    const written = this.#change(body.length, () => {
      if (!this.#isOurs(name)) throw new VaultError('VaultWriteFailed', `${name} is not this process's`);
      this.#rows.put(Kind.RECORD, name, body);
    });
    return wiped(written, body);
  }

  async release(name: string, record?: Uint8Array): Promise<void> {
    if (!this.#claims.has(name)) return;
    const body = record === undefined ? undefined : this.#bodyOf(record);
    try {
      await this.#change((body?.length ?? 0) + SMALL, () => {
        if (!this.#isOurs(name)) return;
        if (body !== undefined) this.#rows.put(Kind.RECORD, name, body);
        this.#own(name, { uuid: NOBODY, isClean: body !== undefined });
      });
      this.#drop(name);
    } catch (error) {
      // Not ours any more, whatever the owner row says until it can be written again.
      this.#unwritten.add(name);
      this.#drop(name);
      throw error;
    } finally {
      body?.fill(0);
    }
  }

  async remove(name: string): Promise<boolean> {
    await this.#askOwner(name);
    const isGone = await this.#change(SMALL * 2, () => {
      if (this.#whose(this.#ownerOf(name)) === 'elsewhere') return false;
      this.#rows.put(Kind.GONE, name, Buffer.alloc(0));
      this.#rows.remove(Kind.OWNER, name);
      this.#rows.remove(Kind.WISH, name);
      return true;
    });
    if (isGone) this.#drop(name);
    return isGone;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      if (this.#claims.size > 0 || this.#unwritten.size > 0) await this.#giveUp();
    } catch {
      // Then they are those of a dead process, soon.
    }
    this.#rest();
    await this.#sign.end();
    await this.#commits?.idle();
    this.#commits?.close();
    await this.#rows.store.close();
  }

  #giveUp(): Promise<void> {
    const names = [...this.#claims, ...this.#unwritten];
    return this.#change(SMALL * names.length, () => {
      for (const name of names) if (this.#isOurs(name)) this.#own(name, { uuid: NOBODY, isClean: false });
      this.#rows.remove(Kind.PROCESS, this.#self.uuid);
      this.#claims.clear();
      this.#unwritten.clear();
    });
  }

  /** @throws VaultError `VaultWriteFailed` */
  async #change<T>(size: number, run: () => T): Promise<T> {
    if (this.#commits === undefined)
      throw new VaultError('VaultWriteFailed', 'the vault could not be written (EROFS)', 'EROFS');
    return this.#commits.add(size, run);
  }

  // --- what rows say ---

  #record(name: string): Uint8Array | undefined {
    const row = this.#rows.get(Kind.RECORD, name);
    if (row === undefined || row.kind === Kind.GONE) return undefined;
    const { record } = bodyOf(row);
    if (record === undefined) throw new VaultError('VaultRecordBroken', `the record of ${name} is damaged`);
    return record;
  }

  /** One that cannot be read owns nothing. */
  #ownerOf(name: string): Owner | undefined {
    const text = this.#rows.get(Kind.OWNER, name)?.body?.toString('latin1').split(' ');
    return text === undefined ? undefined : { uuid: text[0]!, isClean: text[1] === 'clean' };
  }

  #whose(owner: Owner | undefined): Kept['owner'] {
    if (owner === undefined || owner.uuid === NOBODY) return undefined;
    if (owner.uuid === this.#self.uuid) return 'here';
    return this.#lives(owner.uuid) ? 'elsewhere' : undefined;
  }

  #lives(uuid: string): boolean {
    const process = this.#process(uuid);
    if (process === undefined) return false;
    const sign = this.#signs.get(uuid);
    return sign === undefined ? isAlive(process.identity, process.at, Date.now()) : sign === 'alive';
  }

  #process(uuid: string): Heard | undefined {
    const body = this.#rows.get(Kind.PROCESS, uuid)?.body;
    return body && heardIn(body);
  }

  #isOurs(name: string): boolean {
    return this.#ownerOf(name)?.uuid === this.#self.uuid;
  }

  #own(name: string, { uuid, isClean }: Owner): void {
    this.#rows.put(Kind.OWNER, name, Buffer.from(`${uuid} ${isClean ? 'clean' : '-'}`));
    this.#rows.remove(Kind.WISH, name);
  }

  #sayAlive(): void {
    this.#rows.put(Kind.PROCESS, this.#self.uuid, sayOf(this.#self, this.#sign));
  }

  /** `written at f64`, then the record. */
  #bodyOf(record: Uint8Array): Buffer {
    const body = Buffer.alloc(8 + record.length);
    body.writeDoubleLE(Date.now());
    body.set(record, 8);
    return body;
  }

  // --- while names are held ---

  #hold(name: string): void {
    this.#claims.add(name);
    this.#unwritten.delete(name);
    if (this.#poll !== undefined || this.#closed !== undefined) return;
    this.#poll = setInterval(() => this.#hear(), POLL).unref();
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT).unref();
  }

  #drop(name: string): void {
    this.#claims.delete(name);
    if (this.#claims.size === 0 && this.#unwritten.size === 0) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#poll);
    clearInterval(this.#heartbeat);
    this.#poll = this.#heartbeat = undefined;
    this.#heard.clear();
  }

  #hear(): void {
    this.#rows.refresh();
    for (const { name, seq, body } of this.#rows.all(Kind.WISH)) {
      const wish = `${seq} ${name}`;
      if (body === undefined || !this.#claims.has(name) || this.#heard.has(wish)) continue;
      this.#heard.add(wish);
      this.asked?.(name);
    }
  }

  /** Says that it lives, and gives up what could not be given up before and was not claimed again since. */
  #beat(): void {
    const late = [...this.#unwritten];
    const said = this.#change(SMALL * (1 + late.length), () => {
      this.#sayAlive();
      for (const name of late)
        if (this.#unwritten.has(name) && this.#isOurs(name)) this.#own(name, { uuid: NOBODY, isClean: false });
    });
    said.then(
      () => {
        for (const name of late) this.#unwritten.delete(name);
      },
      // The next beat tries again.
      () => {},
    );
  }
}

/** A record and its time; neither of one that does not open. */
function bodyOf({ body }: Row): { record: Uint8Array | undefined; writtenAt: number } {
  if (body === undefined || body.length < 8) return { record: undefined, writtenAt: 0 };
  // The same memory: who wipes the record leaves no copy of it.
  const record = new Uint8Array(body.buffer, body.byteOffset + 8, body.length - 8);
  return { record, writtenAt: body.readDoubleLE(0) };
}

async function wiped(written: Promise<void>, body: Buffer): Promise<void> {
  try {
    await written;
  } finally {
    body.fill(0);
  }
}
