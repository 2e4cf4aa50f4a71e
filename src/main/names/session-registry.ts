/**
 * Session registry: which session of this process has which name.
 * In: sessions that want their names, NAME and STORE records of lanes, ends of sessions, what other processes ask for. Out: claims and
 * releases; what the owner of a name says of it goes to its `record-writer.ts`. Never: looks into a record; two owners of a name.
 *
 * The promises of the vault end between blocks of lanes, never while one is applied: what is put to a lane here stands
 * behind what that block has said.
 */
import { NOT_GIVEN_UP, type StoreKind, writeNameList } from '../../batch/name-records.ts';
import { NameOp } from '../../batch/records.ts';
import type { MainEnv, Timer } from '../env.ts';
import type { Log } from '../../telemetry/log.ts';
import { residentMark, summaryOf } from '../../vault/summary.ts';
import type { Claim, Vault } from '../../vault/vault.ts';
import { Ownership } from './ownership.ts';
import { FairQueue } from './fair-queue.ts';
import { LazyVault } from './lazy-vault.ts';
import { refusalOfVault, type NameRefusal } from './refusal-of-vault.ts';
import { Listing, type ListRequest } from './listing.ts';
import type { NameOwner } from './owner.ts';
import { RequestKeys } from './request-keys.ts';
import { answerForget, answerOpen, askToLeave, NO_RECORD, refuseOpen } from './name-request.ts';

/** How long another process may take to give a name up, ms; then it keeps it. On takeover, its clients' requests get ten seconds to finish. */
const TAKEOVER = 15_000;
const POLL = 50;
const ASK_AGAIN = 2_000;
/** An owner that does not use its name is asked more often: the request is gone once it has heard of one that comes at the wrong moment. */
const ASK_IDLE_AGAIN = 250;
/** How long another process may take to give up a name that nobody uses there, ms: it looks five times a second who asks. */
const IDLE_WAIT = 1_000;
/**
 * Claims that are in the vault at once. It writes what waits in one transaction, 256 steps at most: who comes next waits for that one at
 * most, and then for its turn.
 */
const CLAIMS_AT_ONCE = 128;
/** Another process has the name. */
const IN_USE: NameRefusal = { error: 'SessionInUse' };
/** It was asked to leave, and has not. */
const KEPT: NameRefusal = { ...IN_USE, reason: NOT_GIVEN_UP };

/** Gives sessions their names: one owner for each name in this process, one process for each name in the vault. */
export class SessionRegistry {
  /** Idempotency keys of requests in stored sessions. */
  readonly keys: RequestKeys;
  readonly #vault: LazyVault;
  readonly #log: Log;
  readonly #env: MainEnv;
  readonly #ownerships = new Map<string, Ownership>();
  readonly #byOwner = new Map<NameOwner, Ownership>();
  /** Sessions whose names are being claimed; true: another process that has the name is asked to leave. */
  readonly #claiming = new Map<NameOwner, boolean>();
  /** By clients: one that names thousands must not make the others wait for them. */
  readonly #claims = new FairQueue<number>(CLAIMS_AT_ONCE);
  readonly #listing = new Listing(() => this.#list());
  #onEmpty: (() => void) | undefined;

  /** @param open the vault, when it is first needed; undefined if there is none */
  constructor(open: (() => Promise<Vault>) | undefined, log: Log, env: MainEnv) {
    this.#vault = new LazyVault(open, log, (name, isIfIdle) => this.#asked(name, isIfIdle));
    this.keys = new RequestKeys(this.#vault, log, env);
    this.#log = log;
    this.#env = env;
  }

  /** The vault cannot be opened, or a record could not be written. */
  get isDegraded(): boolean {
    if (this.#vault.isFailing) return true;
    for (const { writer } of this.#ownerships.values()) if (writer.isFailing) return true;
    return false;
  }

  /** Answers a LIST. */
  list(request: ListRequest): void {
    this.#listing.ask(request);
  }

  /** A client that may have asked for a list has gone. */
  forgetLists(client: ListRequest['client']): void {
    this.#listing.forget(client);
  }

  /** Names of the sessions that the gateway is to open at its start, those that were used last first. */
  async residents(): Promise<string[]> {
    const vault = await this.#vault.get();
    const entries = await vault.list(residentMark);
    const found = entries.filter(({ record }) => record !== undefined && record.length > 0);
    return found.sort((a, b) => b.writtenAt - a.writtenAt).map(({ name }) => name);
  }

  async #list(): Promise<Buffer> {
    const vault = await this.#vault.get();
    const entries = await vault.list(summaryOf);
    return writeNameList(entries.map((entry) => ({ ...entry, open: this.#ownerships.get(entry.name)?.owner?.state })));
  }

  /** A client takes its answers again. */
  isRead(): void {
    this.#listing.goOn();
  }

  /** Takes a NAME record of a session. @param op `NameOp` */
  request(owner: NameOwner, op: number, ticket: number): void {
    if (op === NameOp.FORGET) void this.#forget(owner, ticket);
    else if (op === NameOp.LOGGED_OUT) this.#loggedOut(owner);
    else this.#giveBack(owner);
  }

  /** Takes a STORE record; copies its bytes and zeroes them where they stood. */
  store(owner: NameOwner, kind: StoreKind, ticket: number, bytes: Buffer): void {
    const ownership = this.#byOwner.get(owner);
    const record = Buffer.from(bytes);
    bytes.fill(0);
    if (ownership === undefined) return void record.fill(0);
    ownership.stands(NO_RECORD, false);
    if (kind === 'last') this.#end(ownership, record.length > 0 ? record : undefined);
    else ownership.writer.store(record, kind, ticket);
  }

  // --- claims ----------------------------------------------------------------------------------------------------------

  /**
   * Claims a session's name for it, and tells its lane what is stored there.
   * @param isTakeover another process that has it is asked to leave @param client number of whoever names it; 0 is the gateway itself
   */
  async claim(owner: NameOwner, name: string, isTakeover: boolean, client: number): Promise<void> {
    this.#claiming.set(owner, isTakeover);
    try {
      await this.#claim(owner, name, client);
    } finally {
      this.#claiming.delete(owner);
    }
  }

  /** The name that is being claimed for a session is taken over if another process has it. */
  takeOver(owner: NameOwner): void {
    if (this.#claiming.has(owner)) this.#claiming.set(owner, true);
  }

  async #claim(owner: NameOwner, name: string, client: number): Promise<void> {
    for (let before = this.#ownerships.get(name); before !== undefined; before = this.#ownerships.get(name)) {
      // The session that had it before ends, or is still being written; one that cannot be is kept as long as this process lives.
      if (before.owner?.isClosing === false || before.writer.isFailing) {
        // Behind whatever is put for it now: a session that is refused ends with its last client.
        await Promise.resolve();
        return this.#refused(owner, IN_USE);
      }
      await before.over;
    }
    if (owner.isClosing) return;
    const ownership = new Ownership(name, owner, this.#vault, this.#log, this.#env);
    this.#ownerships.set(name, ownership);
    this.#byOwner.set(owner, ownership);
    let claim: Claim | undefined;
    let fault: NameRefusal | undefined;
    try {
      claim = await this.#claimed(ownership, owner, client);
      if (claim === undefined) fault = this.#claiming.get(owner) === true ? KEPT : IN_USE;
    } catch (error) {
      fault = refusalOfVault(error);
    }
    this.#granted(ownership, claim, fault);
  }

  #granted(ownership: Ownership, claim: Claim | undefined, fault: NameRefusal | undefined): void {
    ownership.isClaiming = false;
    if (claim !== undefined) {
      ownership.stands(Buffer.from(claim.record ?? NO_RECORD), claim.isClean);
      claim.record?.fill(0);
    }
    const { owner } = ownership;
    if (fault !== undefined) {
      this.#forgotten(ownership);
      if (owner !== undefined) this.#refused(owner, fault);
      return;
    }
    // The session has gone while the vault was asked: nobody is left to have the name.
    if (owner === undefined) return this.#end(ownership, ownership.clean);
    owner.isStored = ownership.record.length > 0;
    answerOpen(owner, ownership.record, ownership.isClean);
  }

  #refused(owner: NameOwner, fault: NameRefusal): void {
    refuseOpen(owner, fault);
    owner.unname();
  }

  /** Claims the name in the vault, asking a process that has it: to give it up for a takeover, else if it does not use it. */
  async #claimed(ownership: Ownership, owner: NameOwner, client: number): Promise<Claim | undefined> {
    const vault = await this.#vault.get();
    // One that nobody needs any more by its turn costs the others nothing.
    const inTurn = (): Promise<Claim | undefined> =>
      this.#claims.run(client, async () => (ownership.owner === undefined ? undefined : vault.claim(ownership.name)));
    let claim = await inTurn();
    let wasTakeover = false;
    for (let waited = 0; claim === undefined; waited += POLL) {
      const isTakeover = this.#claiming.get(owner) === true;
      const isOver = waited >= (isTakeover ? TAKEOVER : idleWait(owner));
      if (isOver || ownership.owner === undefined || this.#vault.isStopping) {
        // One that cannot be withdrawn is too old soon.
        if (waited > 0) await vault.withdraw(ownership.name).catch(() => undefined);
        return undefined;
      }
      const isDue = waited % (isTakeover ? ASK_AGAIN : ASK_IDLE_AGAIN) === 0;
      if (isDue || isTakeover !== wasTakeover) await vault.ask(ownership.name, !isTakeover);
      wasTakeover = isTakeover;
      await new Promise<void>((resolve) => this.#env.setTimer(resolve, POLL));
      claim = await inTurn();
    }
    return claim;
  }

  /** Whether a session's name is still being claimed. */
  isClaiming(owner: NameOwner): boolean {
    return this.#claiming.has(owner);
  }

  /** Another process wants a name that this one has. */
  #asked(name: string, isIfIdle: boolean): void {
    const ownership = this.#ownerships.get(name);
    if (ownership?.owner === undefined || ownership.isClaiming) return;
    if (isIfIdle && !ownership.owner.isIdle) return;
    if (!ownership.isAsked) this.#log.write('session given up', { session: ownership.owner.session, name });
    ownership.isAsked = true;
    askToLeave(ownership.owner);
  }

  /** The thread of a session was lost: what it was told before it had said anything of it, it is told again. */
  resumed(owner: NameOwner): void {
    // What comes of its claim it is told when that is known.
    if (this.#claiming.has(owner)) return;
    const ownership = this.#byOwner.get(owner);
    if (ownership === undefined) return refuseOpen(owner, IN_USE);
    answerOpen(owner, ownership.record, ownership.isClean);
    if (ownership.isAsked) askToLeave(owner);
  }

  // --- ends ------------------------------------------------------------------------------------------------------------

  /** The session is gone, whatever it left undone: its name is given up. */
  gone(owner: NameOwner): void {
    const ownership = this.#disowned(owner);
    // While the name is being claimed, `#granted` gives it back.
    if (ownership !== undefined && !ownership.isClaiming) this.#end(ownership, ownership.clean);
  }

  /** The lane could not use the record that it was told of, or has given the session up. */
  #giveBack(owner: NameOwner): void {
    owner.unname();
    const ownership = this.#disowned(owner);
    if (ownership !== undefined) this.#end(ownership, ownership.clean);
  }

  /** Takes its name from a session. @returns what the session had */
  #disowned(owner: NameOwner): Ownership | undefined {
    const ownership = this.#byOwner.get(owner);
    if (ownership === undefined) return undefined;
    this.#byOwner.delete(owner);
    ownership.owner = undefined;
    // It ends without a last record: nobody knows which numbers it has used.
    if (owner.hasSent) ownership.stands(NO_RECORD, false);
    return ownership;
  }

  /** Gives the name up. @param last its last and clean state, if there is one */
  #end(ownership: Ownership, last: Buffer | undefined): void {
    if (ownership.isEnding) return;
    ownership.isEnding = true;
    const { owner } = ownership;
    if (owner !== undefined) {
      this.#byOwner.delete(owner);
      owner.unname();
    }
    ownership.owner = undefined;
    void ownership.writer.release(last).finally(() => this.#forgotten(ownership));
  }

  #forgotten(ownership: Ownership): void {
    if (ownership.owner !== undefined) this.#byOwner.delete(ownership.owner);
    if (this.#ownerships.get(ownership.name) === ownership) this.#ownerships.delete(ownership.name);
    ownership.stands(NO_RECORD, false);
    ownership.writer.wipe();
    ownership.isOver();
    if (this.#ownerships.size === 0) this.#onEmpty?.();
  }

  /** A client has logged the account out: the stored record goes before any client hears of that; the name stays with the session. */
  #loggedOut(owner: NameOwner): void {
    const ownership = this.#byOwner.get(owner);
    if (ownership === undefined) return;
    owner.isStored = false;
    ownership.stands(NO_RECORD, false);
    ownership.writer.remove();
  }

  /** The account is logged out, its keys are destroyed: the record goes, and with it the name. */
  async #forget(owner: NameOwner, ticket: number): Promise<void> {
    const ownership = this.#byOwner.get(owner);
    // A thread that was lost had asked, and the record is removed already.
    if (ownership === undefined) return answerForget(owner, ticket);
    ownership.stands(NO_RECORD, false);
    try {
      if (!(await ownership.writer.forget())) return answerForget(owner, ticket, IN_USE);
    } catch (error) {
      return answerForget(owner, ticket, refusalOfVault(error));
    }
    this.#forgotten(ownership);
    this.keys.forgotten(ownership.name);
    owner.isResident = false;
    owner.unname();
    answerForget(owner, ticket);
  }

  /** Waits until every name is given up, with its record stored, but no longer than `within` ms; closes the vault. */
  async stop(within: number): Promise<void> {
    this.#vault.isStopping = true;
    if (this.#ownerships.size > 0) {
      let timer: Timer | undefined;
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
        timer = this.#env.setTimer(resolve, within);
      });
      this.#env.clearTimer(timer);
    }
    await this.#vault.close();
  }
}

/** How long a plain claim waits. What is a resident here is one elsewhere, too, and is not given up there. */
function idleWait({ isResident }: NameOwner): number {
  return isResident ? 0 : IDLE_WAIT;
}
