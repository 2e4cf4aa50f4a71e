/**
 * Record writer: what of one name waits for the disk, and who waits for that.
 * In: records of the name's owner; its end. Out: writes to the vault; what failed, told to the clients.
 * Never: looks into a record; lets a line out to a client before what it says is stored, or that has failed; begins a write
 * while another is tried.
 */
import type { StoreKind } from '../../batch/name-records.ts';
import type { MainEnv, Timer } from '../env.ts';
import type { Log } from '../../telemetry/log.ts';
import { errorText } from '../../error-text.ts';
import { VaultError } from '../../vault/vault.ts';
import { type LazyVault } from './lazy-vault.ts';
import { type NameRefusal, refusalOfVault } from './refusal-of-vault.ts';
import type { NameOwner } from './owner.ts';
import { answerStore } from './name-request.ts';

/** How long a record that is not urgent waits for newer ones, ms. */
const LATER = 5_000;
/** How long until a write that failed is tried again, ms; each time twice as long, up to `MOST_RETRY`. */
const RETRY = 1_000;
const MOST_RETRY = 60_000;
/** How long a client waits for a write that does not end, ms, before it is told that the write has failed. */
const PATIENCE = 5_000;

/** Whose records are written. */
export interface RecordOwner {
  readonly name: string;
  readonly owner: NameOwner | undefined;
}

/** Writes the records of one name, one write at a time. */
export class RecordWriter {
  readonly #of: RecordOwner;
  readonly #vault: LazyVault;
  readonly #log: Log;
  readonly #env: MainEnv;
  /** The newest record that is not on the disk. */
  #unwritten: Buffer | undefined;
  /** The newest record is to be written at once. */
  #isDue = false;
  /** The owner whose output waits for the disk, also while it gives the name up. */
  #corked: NameOwner | undefined;
  /** Tickets of the requests that asked for the session to be stored. */
  #explicit: number[] = [];
  /** Runs while the vault works on this name. */
  #work: Promise<void> | undefined;
  /** Rises when all that was to be written is not to be any more. */
  #epoch = 0;
  #timer: Timer | undefined;
  #failures = 0;
  /** The name is being given up. */
  #isEnding = false;

  constructor(of: RecordOwner, vault: LazyVault, log: Log, env: MainEnv) {
    this.#of = of;
    this.#vault = vault;
    this.#log = log;
    this.#env = env;
  }

  /** The last write has failed. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  // --- what is to be written -------------------------------------------------------------------------------------------

  /** Takes the owner's newest record; its bytes are this writer's. @param ticket who asked for it, if it is explicit */
  store(record: Buffer, kind: StoreKind, ticket: number): void {
    this.#replace(record);
    if (kind === 'explicit') this.#explicit.push(ticket);
    if (kind === 'urgent') this.#cork();
    if (kind === 'later') this.#later();
    else this.#now();
  }

  /** Writes a record at once, with nobody waiting for it. */
  write(record: Buffer): void {
    this.#replace(record);
    this.#now();
  }

  /** Removes the stored record before any of the owner's clients hears of that; the name stays with the owner. */
  remove(): void {
    this.#cork();
    const before = this.#work;
    const { name, owner } = this.#of;
    const explicit = this.#drop();
    this.#start(async () => {
      await before;
      try {
        if (!(await (await this.#vault.get()).remove(name, true)))
          throw new VaultError('VaultWriteFailed', `${name} is not this process's any more`);
      } catch (error) {
        this.#log.write('vault write failed', { reason: errorText(error) });
        const { reason } = refusalOfVault(error);
        this.#of.owner?.notice('VaultWriteFailed', reason === undefined ? {} : { reason });
      }
      this.uncork();
      if (owner !== undefined) answerAll(owner, explicit);
    });
  }

  /**
   * Removes the stored record and gives the name up.
   * @returns false if another process has taken the name for that of a dead one: what is stored is its
   * @throws VaultError
   */
  async forget(): Promise<boolean> {
    this.#drop();
    await this.#work;
    // A write that was under way may have failed for nobody.
    this.uncork();
    return (await this.#vault.get()).remove(this.#of.name);
  }

  #replace(record: Buffer | undefined): void {
    this.#unwritten?.fill(0);
    this.#unwritten = record;
  }

  /** Drops what was to be written. @returns the tickets of the requests that had asked for it */
  #drop(): number[] {
    this.#clearTimer();
    this.#replace(undefined);
    this.#isDue = false;
    this.#epoch++;
    this.#failures = 0;
    return this.#explicit.splice(0);
  }

  // --- when ------------------------------------------------------------------------------------------------------------

  #later(): void {
    if (this.#timer !== undefined || this.#work !== undefined || this.#failures > 0) return;
    this.#nowIn(LATER);
  }

  #nowIn(wait: number): void {
    this.#timer = this.#env.setIdleTimer(() => this.#now(), wait);
  }

  #now(): void {
    this.#clearTimer();
    this.#isDue = true;
    if (this.#work === undefined) this.#start(() => this.#writeAll());
  }

  #clearTimer(): void {
    this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  /** Does one thing at a time for the name: a record that is due when it ends is written at once. */
  #start(work: () => Promise<void>): void {
    const run = work().finally(() => {
      if (this.#work !== run) return;
      this.#work = undefined;
      if (this.#unwritten === undefined || this.#isEnding) return;
      if (this.#isDue) this.#now();
      else this.#later();
    });
    this.#work = run;
  }

  // --- a write ---------------------------------------------------------------------------------------------------------

  async #writeAll(): Promise<void> {
    while (this.#unwritten !== undefined && this.#isDue) {
      const record = this.#unwritten;
      const explicit = this.#explicit.splice(0);
      const epoch = this.#epoch;
      const { name, owner } = this.#of;
      this.#unwritten = undefined;
      this.#isDue = false;
      const late = this.#env.setTimer(() => this.#tell('ETIMEDOUT'), PATIENCE);
      try {
        await (await this.#vault.get()).write(name, record);
        record.fill(0);
        this.#written(explicit, owner);
      } catch (error) {
        if (epoch === this.#epoch) return this.#failed(record, explicit, owner, error);
        record.fill(0);
        if (owner !== undefined) answerAll(owner, explicit, refusalOfVault(error));
      } finally {
        this.#env.clearTimer(late);
      }
    }
  }

  #written(explicit: readonly number[], owner: NameOwner | undefined): void {
    if (this.#failures > 0) this.#log.write('vault written', { count: this.#failures });
    this.#failures = 0;
    if (!this.#isDue) this.uncork();
    if (owner !== undefined) answerAll(owner, explicit);
  }

  /** The record stored before still is. The session goes on, and the write is tried again until it works. */
  #failed(record: Buffer, explicit: readonly number[], owner: NameOwner | undefined, error: unknown): void {
    const fault = refusalOfVault(error);
    this.#log.write('vault write failed', { reason: errorText(error) });
    if (explicit.length > 0 && owner !== undefined) {
      record.fill(0);
      this.uncork();
      return answerAll(owner, explicit, fault);
    }
    this.#failures++;
    if (this.#unwritten === undefined) this.#unwritten = record;
    else record.fill(0);
    this.#tell(fault.reason ?? fault.error);
    // While the name is given up, `release` tries again: a second writer would write bytes that the first has zeroed.
    if (this.#isEnding) return;
    this.#clearTimer();
    this.#nowIn(waitAfter(this.#failures));
  }

  // --- who waits -------------------------------------------------------------------------------------------------------

  #cork(): void {
    this.#corked = this.#of.owner;
    this.#corked?.cork();
  }

  /** Tells the clients once that their session is not stored, and then what has waited. */
  #tell(reason: string): void {
    if (this.#failures <= 1) this.#of.owner?.notice('VaultWriteFailed', { reason });
    this.uncork();
  }

  /** Lets the owner's output go: it waits for the disk no longer. */
  uncork(): void {
    const corked = this.#corked;
    this.#corked = undefined;
    corked?.uncork();
  }

  // --- the end ---------------------------------------------------------------------------------------------------------

  /** Gives the name up, when all is written. @param last its last and clean state, if there is one: zeroed afterwards */
  async release(last: Buffer | undefined): Promise<void> {
    this.#isEnding = true;
    this.#clearTimer();
    const late = this.#env.setTimer(() => this.uncork(), PATIENCE);
    await this.#work;
    // A record that nobody was told is on the disk may be late, but not lost: it is tried as long as the process lives.
    const owed = last ?? this.#unwritten;
    if (owed !== undefined && this.#failures > 0) await this.#writeAtLast(owed);
    const { name } = this.#of;
    try {
      const vault = await this.#vault.get();
      if (last === undefined && this.#unwritten !== undefined) await vault.write(name, this.#unwritten);
      await vault.release(name, last);
    } catch (error) {
      this.#log.write('vault write failed', { reason: errorText(error) });
    }
    this.#env.clearTimer(late);
    this.uncork();
    last?.fill(0);
  }

  async #writeAtLast(record: Buffer): Promise<void> {
    while (!this.#vault.isStopping) {
      const wait = waitAfter(this.#failures++);
      await new Promise<void>((resolve) => this.#env.setIdleTimer(resolve, wait));
      try {
        return await (await this.#vault.get()).write(this.#of.name, record);
      } catch {
        // The client and the log heard of the first failure.
      }
    }
  }

  /** Zeroes the record that was not written. */
  wipe(): void {
    this.#clearTimer();
    this.#replace(undefined);
  }
}

function answerAll(owner: NameOwner, tickets: readonly number[], fault?: NameRefusal): void {
  for (const ticket of tickets) answerStore(owner, ticket, fault);
}

function waitAfter(failures: number): number {
  return Math.min(MOST_RETRY, RETRY * 2 ** (failures - 1));
}
