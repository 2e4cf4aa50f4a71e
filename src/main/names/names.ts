/**
 * Names: which connection of this process has which kept session.
 * In: NAME and KEEP records of lanes, ends of routes, what other processes ask for. Out: claims and releases; what the owner of
 * a name says of it goes to its `writing.ts`. Never: looks into a record; two owners of a name.
 *
 * The promises of the vault end between blocks of lanes, never while one is applied: what is put to a lane here stands
 * behind what that block has said.
 */
import { KeepFlag, NamedFlag, NameOp } from '../../batch/records.ts';
import type { MainEnv, Timer } from '../env.ts';
import type { Log } from '../../telemetry/log.ts';
import { shownOf } from '../../vault/shown.ts';
import type { Claim, Vault } from '../../vault/vault.ts';
import { Holding } from './holding.ts';
import { faultName, LazyVault } from './lazy-vault.ts';
import { Listing } from './listing.ts';
import type { NameOwner } from './owner.ts';
import { answer, askToLeave, EMPTY, listed, refuse, type NameRequest } from './name-request.ts';

/** Another process gives a name up within this, or keeps it, ms: its clients' requests may take ten seconds to end. */
const TAKEOVER = 15_000;
const POLL = 50;
const ASK_AGAIN = 2_000;

export class Names {
  readonly #vault: LazyVault;
  readonly #log: Log;
  readonly #env: MainEnv;
  readonly #held = new Map<string, Holding>();
  readonly #byRoute = new Map<NameOwner, Holding>();
  readonly #listing = new Listing(() => this.#list());
  #onEmpty: (() => void) | undefined;

  /** @param open the vault, when it is first needed; undefined if there is none */
  constructor(open: (() => Promise<Vault>) | undefined, log: Log, env: MainEnv) {
    this.#vault = new LazyVault(open, log, (name) => this.#asked(name));
    this.#log = log;
    this.#env = env;
  }

  /** Something that should be on the disk is not. */
  get isDegraded(): boolean {
    if (this.#vault.isFailing) return true;
    for (const { writing } of this.#held.values()) if (writing.isFailing) return true;
    return false;
  }

  /** A NAME record. */
  request(route: NameOwner, op: number, ticket: number, name: string): void {
    const request = { route, op, ticket, name };
    if (op === NameOp.LIST) this.#listing.ask(request);
    else if (op === NameOp.FORGET) void this.#forget(request);
    else if (op === NameOp.LOGGED_OUT) this.#loggedOut(route);
    else if (op === NameOp.RELEASE) this.#giveBack(route);
    else void this.#attach(request);
  }

  async #list(): Promise<Buffer> {
    const vault = await this.#vault.get();
    return listed(await vault.list(shownOf));
  }

  /** Its client takes its answers again. */
  isRead(): void {
    this.#listing.goOn();
  }

  /** A KEEP record; the bytes are copied, and zeroed where they stood. */
  keep(route: NameOwner, flags: number, ticket: number, bytes: Buffer): void {
    const held = this.#byRoute.get(route);
    const record = Buffer.from(bytes);
    bytes.fill(0);
    if (held === undefined) return void record.fill(0);
    held.stands(EMPTY, false);
    if ((flags & KeepFlag.LAST) !== 0) this.#left(held, record);
    else held.writing.keep(record, flags, ticket);
  }

  // --- claims ----------------------------------------------------------------------------------------------------------

  async #attach(request: NameRequest): Promise<void> {
    const { name, route } = request;
    for (let held = this.#held.get(name); held !== undefined; held = this.#held.get(name)) {
      // A lost thread had asked already, or had the answer.
      if (held.owner === route) return this.#again(held, request);
      if (held.ended === undefined || held.writing.isFailing) return this.#contend(held, request);
      await held.ended;
    }
    if (route.isClosing) return;
    const held = new Holding(name, request, this.#vault, this.#log, this.#env);
    this.#held.set(name, held);
    this.#byRoute.set(route, held);
    await this.#claim(held, request);
  }

  #again(held: Holding, request: NameRequest): void {
    if (held.claiming === undefined) this.#grant(held, request);
    else held.claiming = request;
  }

  /** Somebody else of this process has it. */
  #contend(held: Holding, request: NameRequest): void {
    const { owner } = held;
    const isFree = owner !== undefined && held.claiming === undefined && held.heir === undefined;
    if (request.op !== NameOp.TAKEOVER || !isFree) return refuse(request, 'SessionInUse');
    held.heir = request;
    askToLeave(owner);
  }

  async #claim(held: Holding, request: NameRequest): Promise<void> {
    let claim: Claim | undefined;
    let fault: string | undefined;
    try {
      claim = await this.#claimed(held, request.op === NameOp.TAKEOVER);
      if (claim === undefined) fault = 'SessionInUse';
    } catch (error) {
      fault = faultName(error);
    }
    const asked = held.claiming ?? request;
    held.claiming = undefined;
    if (claim !== undefined) {
      held.stands(Buffer.from(claim.record ?? EMPTY), claim.isClean);
      claim.record?.fill(0);
    }
    if (fault !== undefined) {
      this.#forgotten(held);
      return refuse(asked, fault);
    }
    if (held.owner === undefined) return this.#end(held, held.clean);
    if (asked.op === NameOp.NEW && held.record.length > 0) {
      refuse(asked, 'InvalidSession');
      return this.#end(held, held.clean);
    }
    this.#grant(held, asked);
  }

  /** The vault's claim; for a takeover the process that has it is asked, and has its time. */
  async #claimed(held: Holding, isTakeover: boolean): Promise<Claim | undefined> {
    const vault = await this.#vault.get();
    let claim = await vault.claim(held.name);
    if (!isTakeover) return claim;
    for (let waited = 0; claim === undefined && waited < TAKEOVER; waited += POLL) {
      if (held.owner === undefined || this.#vault.isStopping) return undefined;
      if (waited % ASK_AGAIN === 0) await vault.ask(held.name);
      await new Promise<void>((resolve) => this.#env.setTimer(resolve, POLL));
      claim = await vault.claim(held.name);
    }
    return claim;
  }

  #grant(held: Holding, request: NameRequest): void {
    answer(request, held.isClean ? NamedFlag.CLEAN : 0, held.record);
  }

  /** Another process wants a name that this one has. */
  #asked(name: string): void {
    const held = this.#held.get(name);
    if (held?.owner === undefined || held.claiming !== undefined) return;
    held.isAsked = true;
    askToLeave(held.owner);
  }

  /** The thread of a route was lost: what it was told and has not done, it is told again. */
  resumed(route: NameOwner): void {
    const held = this.#byRoute.get(route);
    if (held !== undefined && (held.isAsked || held.heir !== undefined)) askToLeave(route);
  }

  // --- ends ------------------------------------------------------------------------------------------------------------

  /** The owner has left, in order. */
  #left(held: Holding, record: Buffer): void {
    const { owner, heir } = held;
    if (owner !== undefined) this.#byRoute.delete(owner);
    held.writing.letGo();
    held.owner = undefined;
    held.heir = undefined;
    if (heir === undefined || held.isAsked || heir.route.isClosing) {
      if (heir !== undefined) refuse(heir, 'SessionInUse');
      return this.#end(held, record.length > 0 ? record : undefined);
    }
    held.owner = heir.route;
    this.#byRoute.set(heir.route, held);
    held.stands(record, record.length > 0);
    // The process may end before the heir says anything of its own.
    if (record.length > 0) held.writing.write(Buffer.from(record));
    this.#grant(held, heir);
  }

  /** The route is gone, whatever it left undone. */
  gone(route: NameOwner): void {
    this.#listing.forget(route);
    const held = this.#disowned(route);
    // While it is being claimed, whoever claims gives it back.
    if (held !== undefined && held.claiming === undefined) this.#end(held, held.clean);
  }

  /** The lane could not use what it was granted. */
  #giveBack(route: NameOwner): void {
    const held = this.#disowned(route);
    if (held !== undefined) this.#end(held, held.clean);
  }

  /** What the route had, and has not any more. */
  #disowned(route: NameOwner): Holding | undefined {
    const held = this.#byRoute.get(route);
    if (held === undefined) return undefined;
    this.#byRoute.delete(route);
    held.owner = undefined;
    if (held.heir !== undefined) refuse(held.heir, 'SessionInUse');
    held.heir = undefined;
    return held;
  }

  /** Gives the name up. @param last its last and clean state, if there is one */
  #end(held: Holding, last: Buffer | undefined): void {
    if (held.ended !== undefined) return;
    if (held.owner !== undefined) this.#byRoute.delete(held.owner);
    held.owner = undefined;
    held.ended = held.writing.release(last).finally(() => this.#forgotten(held));
  }

  #forgotten(held: Holding): void {
    if (held.owner !== undefined) this.#byRoute.delete(held.owner);
    if (this.#held.get(held.name) === held) this.#held.delete(held.name);
    held.stands(EMPTY, false);
    held.writing.wipe();
    if (this.#held.size === 0) this.#onEmpty?.();
  }

  /** The client has logged out: what is kept goes before it hears of that; the name stays with it. */
  #loggedOut(route: NameOwner): void {
    const held = this.#byRoute.get(route);
    if (held === undefined) return;
    held.stands(EMPTY, false);
    held.writing.remove();
  }

  /** The account is logged out, its keys are destroyed: the record goes, and with it the name. */
  async #forget(request: NameRequest): Promise<void> {
    const held = this.#byRoute.get(request.route);
    // A lost thread had done it, and not told.
    if (held === undefined) return answer(request, 0, EMPTY);
    held.stands(EMPTY, false);
    try {
      await held.writing.forget();
    } catch (error) {
      return refuse(request, faultName(error));
    }
    const { heir } = held;
    this.#forgotten(held);
    answer(request, 0, EMPTY);
    if (heir !== undefined) await this.#attach(heir);
  }

  /** No name is left: every session is where it should be. @param within ms it may take */
  async stop(within: number): Promise<void> {
    this.#vault.isStopping = true;
    if (this.#held.size > 0) {
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
