/**
 * Session registry: which connection of this process is attached to which stored session.
 * In: NAME and STORE records of lanes, ends of routes, what other processes ask for. Out: claims and releases; what the owner of
 * a name says of it goes to its `record-writer.ts`. Never: looks into a record; two owners of a name.
 *
 * The promises of the vault end between blocks of lanes, never while one is applied: what is put to a lane here stands
 * behind what that block has said.
 */
import { type StoreKind, writeNameList } from '../../batch/name-records.ts';
import { NameOp } from '../../batch/records.ts';
import type { MainEnv, Timer } from '../env.ts';
import type { Log } from '../../telemetry/log.ts';
import { summaryOf } from '../../vault/summary.ts';
import type { Claim, Vault } from '../../vault/vault.ts';
import { Ownership } from './ownership.ts';
import { LazyVault } from './lazy-vault.ts';
import { refusalOfVault, type NameRefusal } from './refusal-of-vault.ts';
import { Listing } from './listing.ts';
import type { NameOwner } from './owner.ts';
import { answerName, askToLeave, NO_RECORD, refuseName, type NameRequest } from './name-request.ts';

/** How long another process may take to give a name up, ms; then it keeps it. On takeover, its clients' requests get ten seconds to finish. */
const TAKEOVER = 15_000;
const POLL = 50;
const ASK_AGAIN = 2_000;
/** Another connection, or another process, has the name. */
const IN_USE: NameRefusal = { error: 'SessionInUse' };

/** Attaches sessions to names: one owner for each name in this process, one process for each name in the vault. */
export class SessionRegistry {
  readonly #vault: LazyVault;
  readonly #log: Log;
  readonly #env: MainEnv;
  readonly #ownerships = new Map<string, Ownership>();
  readonly #byOwner = new Map<NameOwner, Ownership>();
  readonly #listing = new Listing(() => this.#list());
  #onEmpty: (() => void) | undefined;

  /** @param open the vault, when it is first needed; undefined if there is none */
  constructor(open: (() => Promise<Vault>) | undefined, log: Log, env: MainEnv) {
    this.#vault = new LazyVault(open, log, (name) => this.#asked(name));
    this.#log = log;
    this.#env = env;
  }

  /** The vault cannot be opened, or a record could not be written. */
  get isDegraded(): boolean {
    if (this.#vault.isFailing) return true;
    for (const { writer } of this.#ownerships.values()) if (writer.isFailing) return true;
    return false;
  }

  /** Takes a NAME record. @param op `NameOp` */
  request(owner: NameOwner, op: number, ticket: number, name: string): void {
    const request = { owner, op, ticket, name };
    if (op === NameOp.LIST) this.#listing.ask(request);
    else if (op === NameOp.FORGET) void this.#forget(request);
    else if (op === NameOp.LOGGED_OUT) this.#loggedOut(owner);
    else if (op === NameOp.RELEASE) this.#giveBack(owner);
    else void this.#attach(request);
  }

  async #list(): Promise<Buffer> {
    const vault = await this.#vault.get();
    return writeNameList(await vault.list(summaryOf));
  }

  /** A client takes its answers again. */
  isRead(): void {
    this.#listing.goOn();
  }

  /** Takes a STORE record; copies its bytes and zeroes them where they stood. */
  store(owner: NameOwner, kind: StoreKind, ticket: number, bytes: Buffer): void {
    const ownership = this.#byOwner.get(owner);
    const record = Buffer.from(bytes);
    bytes.fill(0);
    if (ownership === undefined) return void record.fill(0);
    ownership.stands(NO_RECORD, false);
    if (kind === 'last') this.#left(ownership, record);
    else ownership.writer.store(record, kind, ticket);
  }

  // --- claims ----------------------------------------------------------------------------------------------------------

  async #attach(request: NameRequest): Promise<void> {
    const { name, owner } = request;
    for (let ownership = this.#ownerships.get(name); ownership !== undefined; ownership = this.#ownerships.get(name)) {
      // A lost thread had asked already, or had the answer.
      if (ownership.owner === owner) return this.#again(ownership, request);
      if (ownership.ended === undefined || ownership.writer.isFailing) return this.#contend(ownership, request);
      await ownership.ended;
    }
    if (owner.isClosing) return;
    const ownership = new Ownership(name, request, this.#vault, this.#log, this.#env);
    this.#ownerships.set(name, ownership);
    this.#byOwner.set(owner, ownership);
    await this.#claim(ownership, request);
  }

  #again(ownership: Ownership, request: NameRequest): void {
    if (ownership.claiming === undefined) this.#grant(ownership, request);
    else ownership.claiming = request;
  }

  /** Another session of this process has the name: refuses, or asks that one to leave. */
  #contend(ownership: Ownership, request: NameRequest): void {
    const { owner } = ownership;
    const isFree = owner !== undefined && ownership.claiming === undefined && ownership.heir === undefined;
    if (request.op !== NameOp.TAKEOVER || !isFree) return refuseName(request, IN_USE);
    ownership.heir = request;
    askToLeave(owner);
  }

  async #claim(ownership: Ownership, request: NameRequest): Promise<void> {
    let claim: Claim | undefined;
    let fault: NameRefusal | undefined;
    try {
      claim = await this.#claimed(ownership, request.op === NameOp.TAKEOVER);
      if (claim === undefined) fault = IN_USE;
    } catch (error) {
      fault = refusalOfVault(error);
    }
    // The session's lane may have lost its thread meanwhile, and the new one has asked again under another ticket.
    const asked = ownership.claiming ?? request;
    ownership.claiming = undefined;
    if (claim !== undefined) {
      ownership.stands(Buffer.from(claim.record ?? NO_RECORD), claim.isClean);
      claim.record?.fill(0);
    }
    if (fault !== undefined) {
      this.#forgotten(ownership);
      return refuseName(asked, fault);
    }
    // The session's client has gone while the vault was asked: nobody is left to have the name.
    if (ownership.owner === undefined) return this.#end(ownership, ownership.clean);
    if (asked.op === NameOp.NEW && ownership.record.length > 0) {
      refuseName(asked, { error: 'InvalidSession' });
      return this.#end(ownership, ownership.clean);
    }
    this.#grant(ownership, asked);
  }

  /** Claims the name in the vault; for a takeover asks the process that has it, for `TAKEOVER` ms. */
  async #claimed(ownership: Ownership, isTakeover: boolean): Promise<Claim | undefined> {
    const vault = await this.#vault.get();
    let claim = await vault.claim(ownership.name);
    if (!isTakeover) return claim;
    for (let waited = 0; claim === undefined && waited < TAKEOVER; waited += POLL) {
      if (ownership.owner === undefined || this.#vault.isStopping) return undefined;
      if (waited % ASK_AGAIN === 0) await vault.ask(ownership.name);
      await new Promise<void>((resolve) => this.#env.setTimer(resolve, POLL));
      claim = await vault.claim(ownership.name);
    }
    return claim;
  }

  #grant(ownership: Ownership, request: NameRequest): void {
    answerName(request, ownership.record, ownership.isClean);
  }

  /** Another process wants a name that this one has. */
  #asked(name: string): void {
    const ownership = this.#ownerships.get(name);
    if (ownership?.owner === undefined || ownership.claiming !== undefined) return;
    ownership.isAsked = true;
    askToLeave(ownership.owner);
  }

  /** The thread of a session was lost: if it had been asked to leave, it is asked again. */
  resumed(owner: NameOwner): void {
    const ownership = this.#byOwner.get(owner);
    if (ownership !== undefined && (ownership.isAsked || ownership.heir !== undefined)) askToLeave(owner);
  }

  // --- ends ------------------------------------------------------------------------------------------------------------

  /** The owner has left, in order: the heir gets the name, or the vault does. */
  #left(ownership: Ownership, record: Buffer): void {
    const { owner, heir } = ownership;
    if (owner !== undefined) this.#byOwner.delete(owner);
    ownership.writer.uncork();
    ownership.owner = undefined;
    ownership.heir = undefined;
    if (heir === undefined || ownership.isAsked || heir.owner.isClosing) {
      if (heir !== undefined) refuseName(heir, IN_USE);
      return this.#end(ownership, record.length > 0 ? record : undefined);
    }
    ownership.owner = heir.owner;
    this.#byOwner.set(heir.owner, ownership);
    ownership.stands(record, record.length > 0);
    // Written at once: the process may end before the heir says a record of its own.
    if (record.length > 0) ownership.writer.write(Buffer.from(record));
    this.#grant(ownership, heir);
  }

  /** The session is gone, whatever it left undone: its name is given up. */
  gone(owner: NameOwner): void {
    this.#listing.forget(owner);
    const ownership = this.#disowned(owner);
    // While the name is being claimed, `#claim` gives it back.
    if (ownership !== undefined && ownership.claiming === undefined) this.#end(ownership, ownership.clean);
  }

  /** The lane could not use the record that it was granted. */
  #giveBack(owner: NameOwner): void {
    const ownership = this.#disowned(owner);
    if (ownership !== undefined) this.#end(ownership, ownership.clean);
  }

  /** Takes its name from a session, and refuses the heir. @returns what the session had */
  #disowned(owner: NameOwner): Ownership | undefined {
    const ownership = this.#byOwner.get(owner);
    if (ownership === undefined) return undefined;
    this.#byOwner.delete(owner);
    ownership.owner = undefined;
    if (ownership.heir !== undefined) refuseName(ownership.heir, IN_USE);
    ownership.heir = undefined;
    return ownership;
  }

  /** Gives the name up. @param last its last and clean state, if there is one */
  #end(ownership: Ownership, last: Buffer | undefined): void {
    if (ownership.ended !== undefined) return;
    if (ownership.owner !== undefined) this.#byOwner.delete(ownership.owner);
    ownership.owner = undefined;
    ownership.ended = ownership.writer.release(last).finally(() => this.#forgotten(ownership));
  }

  #forgotten(ownership: Ownership): void {
    if (ownership.owner !== undefined) this.#byOwner.delete(ownership.owner);
    if (this.#ownerships.get(ownership.name) === ownership) this.#ownerships.delete(ownership.name);
    ownership.stands(NO_RECORD, false);
    ownership.writer.wipe();
    if (this.#ownerships.size === 0) this.#onEmpty?.();
  }

  /** The client has logged out: its stored record is removed before it hears of that; the name stays with it. */
  #loggedOut(owner: NameOwner): void {
    const ownership = this.#byOwner.get(owner);
    if (ownership === undefined) return;
    ownership.stands(NO_RECORD, false);
    ownership.writer.remove();
  }

  /** The account is logged out, its keys are destroyed: the record goes, and with it the name. */
  async #forget(request: NameRequest): Promise<void> {
    const ownership = this.#byOwner.get(request.owner);
    // A thread that was lost had asked, and the record is removed already.
    if (ownership === undefined) return answerName(request, NO_RECORD);
    ownership.stands(NO_RECORD, false);
    try {
      await ownership.writer.forget();
    } catch (error) {
      return refuseName(request, refusalOfVault(error));
    }
    const { heir } = ownership;
    this.#forgotten(ownership);
    answerName(request, NO_RECORD);
    if (heir !== undefined) await this.#attach(heir);
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
