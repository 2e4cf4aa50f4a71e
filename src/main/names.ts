/**
 * Names: which connection of this process has which kept session, and what of it is on the disk.
 * In: NAME and KEEP records of lanes, ends of routes, other processes' wishes. Out: NAMED and LEAVE records; writes to
 * the vault. Never: looks into a record; two owners of a name; a line told to a client before what it says is kept.
 *
 * The promises of the vault end between blocks of lanes, never while one is applied: what is put to a lane here stands
 * behind what that block has said.
 */
import { In, KeepFlag, ListFlag, NamedFlag, NameOp } from '../batch/records.ts';
import type { ErrorName } from '../errors.ts';
import type { Log } from '../telemetry/log.ts';
import { type Claim, type Kept, type Vault, VaultError } from '../vault/vault.ts';
import { cleanOf, EMPTY, Holding, type Wish } from './holding.ts';
import type { Route } from './route.ts';

/** What need not be kept at once is written so often, ms. */
const LATER = 5_000;
/** A write that failed is tried again: doubling, at most so often, ms. */
const RETRY = 1_000;
const MOST_RETRY = 60_000;
/** A client waits so long for a write that does not end, ms; then it is told that it has failed. */
const PATIENCE = 5_000;
/** Another process gives a name up within this, or keeps it, ms: its clients' requests may take ten seconds to end. */
const TAKEOVER = 15_000;
const POLL = 50;
const ASK_AGAIN = 2_000;

export class Names {
  readonly #open: (() => Promise<Vault>) | undefined;
  readonly #log: Log;
  readonly #held = new Map<string, Holding>();
  readonly #byRoute = new Map<Route, Holding>();
  readonly #failing = new Set<Holding>();
  #vault: Promise<Vault> | undefined;
  #opened: Vault | undefined;
  #isStopping = false;
  #onEmpty: (() => void) | undefined;

  /** @param open the vault, when it is first needed; undefined if there is none */
  constructor(open: (() => Promise<Vault>) | undefined, log: Log) {
    this.#open = open;
    this.#log = log;
  }

  /** Something that should be on the disk is not. */
  get isDegraded(): boolean {
    return this.#failing.size > 0;
  }

  async #vaultNow(): Promise<Vault> {
    if (this.#open === undefined) throw new VaultError('VaultClosed', 'no vault');
    this.#vault ??= this.#open();
    try {
      const vault = await this.#vault;
      this.#opened = vault;
      vault.asked ??= (name) => this.#asked(name);
      return vault;
    } catch (error) {
      // Whatever is wrong with it may be mended: the next one tries again.
      this.#vault = undefined;
      this.#log.error('vaultClosed', { reason: textOf(error) });
      throw error;
    }
  }

  // --- wishes ----------------------------------------------------------------------------------------------------------

  /** A NAME record. */
  wish(route: Route, op: number, ticket: number, name: string): void {
    const wish = { route, op, ticket, name };
    if (op === NameOp.LIST) void this.#list(wish);
    else if (op === NameOp.FORGET) void this.#forget(wish);
    else if (op === NameOp.LOGGED_OUT) this.#loggedOut(route);
    else if (op === NameOp.RELEASE) this.#giveBack(route);
    else void this.#attach(wish);
  }

  async #list(wish: Wish): Promise<void> {
    try {
      const vault = await this.#vaultNow();
      const kept = vault.list();
      const entries = Buffer.concat(kept.flatMap(entryOf));
      this.#answer(wish, 0, entries);
      entries.fill(0);
      for (const { record } of kept) record?.fill(0);
    } catch (error) {
      this.#refuse(wish, faultName(error));
    }
  }

  async #attach(wish: Wish): Promise<void> {
    const { name, route } = wish;
    for (let held = this.#held.get(name); held !== undefined; held = this.#held.get(name)) {
      // A lost thread had asked already, or had the answer.
      if (held.owner === route) return this.#again(held, wish);
      if (held.ended === undefined || held.failures > 0) return this.#contend(held, wish);
      await held.ended;
    }
    if (route.isClosing) return;
    const held = new Holding(name, route);
    held.claiming = wish;
    this.#held.set(name, held);
    this.#byRoute.set(route, held);
    await this.#claim(held, wish);
  }

  #again(held: Holding, wish: Wish): void {
    if (held.claiming === undefined) this.#grant(held, wish);
    else held.claiming = wish;
  }

  /** Somebody else of this process has it. */
  #contend(held: Holding, wish: Wish): void {
    const { owner } = held;
    const isFree = owner !== undefined && held.claiming === undefined && held.heir === undefined;
    if (wish.op !== NameOp.TAKEOVER || !isFree) return this.#refuse(wish, 'SessionInUse');
    held.heir = wish;
    put(owner, In.LEAVE, 0, 0, EMPTY);
  }

  async #claim(held: Holding, wish: Wish): Promise<void> {
    let claim: Claim | undefined;
    let fault: string | undefined;
    try {
      claim = await this.#claimed(held, wish.op === NameOp.TAKEOVER);
      if (claim === undefined) fault = 'SessionInUse';
    } catch (error) {
      fault = faultName(error);
    }
    const asked = held.claiming ?? wish;
    held.claiming = undefined;
    if (claim !== undefined) {
      held.record = Buffer.from(claim.record ?? EMPTY);
      held.isClean = claim.isClean;
      claim.record?.fill(0);
    }
    if (fault !== undefined) {
      this.#forgotten(held);
      return this.#refuse(asked, fault);
    }
    if (held.owner === undefined) return this.#end(held, cleanOf(held));
    if (asked.op === NameOp.NEW && held.record.length > 0) {
      this.#refuse(asked, 'InvalidSession');
      return this.#end(held, cleanOf(held));
    }
    this.#grant(held, asked);
  }

  /** The vault's claim; for a takeover the process that has it is asked, and has its time. */
  async #claimed(held: Holding, isTakeover: boolean): Promise<Claim | undefined> {
    const vault = await this.#vaultNow();
    let claim = await vault.claim(held.name);
    if (!isTakeover) return claim;
    for (let waited = 0; claim === undefined && waited < TAKEOVER; waited += POLL) {
      if (held.owner === undefined || this.#isStopping) return undefined;
      if (waited % ASK_AGAIN === 0) await vault.ask(held.name);
      await new Promise((resolve) => setTimeout(resolve, POLL));
      claim = await vault.claim(held.name);
    }
    return claim;
  }

  #grant(held: Holding, wish: Wish): void {
    this.#answer(wish, held.isClean ? NamedFlag.CLEAN : 0, held.record);
  }

  /** Another process wants a name that this one has. */
  #asked(name: string): void {
    const held = this.#held.get(name);
    if (held?.owner === undefined || held.claiming !== undefined) return;
    held.isAsked = true;
    put(held.owner, In.LEAVE, 0, 0, EMPTY);
  }

  /** The thread of a route was lost: what it was told and has not done, it is told again. */
  resumed(route: Route): void {
    const held = this.#byRoute.get(route);
    if (held !== undefined && (held.isAsked || held.heir !== undefined)) put(route, In.LEAVE, 0, 0, EMPTY);
  }

  // --- keeping ---------------------------------------------------------------------------------------------------------

  /** A KEEP record; the bytes are copied, and zeroed where they stood. */
  keep(route: Route, flags: number, ticket: number, bytes: Buffer): void {
    const held = this.#byRoute.get(route);
    const record = Buffer.from(bytes);
    bytes.fill(0);
    if (held === undefined) return void record.fill(0);
    this.#replace(held, EMPTY);
    held.isClean = false;
    if ((flags & KeepFlag.LAST) !== 0) return this.#left(held, record);
    held.unwritten?.fill(0);
    held.unwritten = record;
    if ((flags & KeepFlag.EXPLICIT) !== 0) held.explicit = ticket;
    if ((flags & KeepFlag.URGENT) !== 0) {
      held.isAwaited = true;
      route.hold();
    }
    if (flags === 0) this.#later(held, LATER);
    else this.#now(held);
  }

  #replace(held: Holding, record: Buffer): void {
    if (held.record !== record) held.record.fill(0);
    held.record = record;
  }

  #later(held: Holding, wait: number): void {
    if (held.timer !== undefined || held.work !== undefined || held.failures > 0) return;
    held.timer = setTimeout(() => this.#now(held), wait).unref();
  }

  #now(held: Holding): void {
    clearTimeout(held.timer);
    held.timer = undefined;
    held.isDue = true;
    if (held.work === undefined) this.#start(held, () => this.#writeAll(held));
  }

  /** One thing at a time for each name: what is due when it ends follows at once. */
  #start(held: Holding, work: () => Promise<void>): void {
    const run = work().finally(() => {
      if (held.work !== run) return;
      held.work = undefined;
      if (held.unwritten === undefined || held.ended !== undefined) return;
      if (held.isDue) this.#now(held);
      else this.#later(held, LATER);
    });
    held.work = run;
  }

  async #writeAll(held: Holding): Promise<void> {
    while (held.unwritten !== undefined && held.isDue) {
      const record = held.unwritten;
      const { explicit, owner, epoch } = held;
      held.unwritten = undefined;
      held.explicit = undefined;
      held.isDue = false;
      const late = setTimeout(() => this.#tell(held, 'ETIMEDOUT'), PATIENCE);
      try {
        await (await this.#vaultNow()).write(held.name, record);
        record.fill(0);
        this.#written(held, explicit, owner);
      } catch (error) {
        if (epoch === held.epoch) return this.#failed(held, record, explicit, owner, error);
        record.fill(0);
      } finally {
        clearTimeout(late);
      }
    }
  }

  #written(held: Holding, explicit: number | undefined, owner: Route | undefined): void {
    if (held.failures > 0) this.#log.info('vaultWritten', { count: held.failures });
    held.failures = 0;
    this.#failing.delete(held);
    if (!held.isDue) this.#letGo(held);
    if (explicit !== undefined && owner !== undefined) put(owner, In.NAMED, NameOp.KEEP, explicit, EMPTY);
  }

  /** What was kept before still is. The session goes on; it is tried again until it works. */
  #failed(held: Holding, record: Buffer, explicit: number | undefined, owner: Route | undefined, error: unknown): void {
    const fault = faultName(error);
    this.#log.error('vaultWriteFailed', { reason: textOf(error) });
    if (explicit !== undefined && owner !== undefined) {
      record.fill(0);
      this.#letGo(held);
      return put(owner, In.NAMED, NameOp.KEEP | NamedFlag.REFUSED, explicit, Buffer.from(fault));
    }
    held.failures++;
    this.#failing.add(held);
    held.unwritten ??= record;
    this.#tell(held, fault.split(' ')[1] ?? fault);
    clearTimeout(held.timer);
    held.timer = setTimeout(() => this.#now(held), waitAfter(held.failures)).unref();
  }

  /** The client hears once that its session is not kept, and then what it waits for. */
  #tell(held: Holding, reason: string): void {
    if (held.failures <= 1) held.owner?.client.notice('VaultWriteFailed', { reason });
    this.#letGo(held);
  }

  #letGo(held: Holding): void {
    if (!held.isAwaited) return;
    held.isAwaited = false;
    held.owner?.letGo();
  }

  // --- ends ------------------------------------------------------------------------------------------------------------

  /** The owner has left, in order. */
  #left(held: Holding, record: Buffer): void {
    const { owner, heir } = held;
    if (owner !== undefined) this.#byRoute.delete(owner);
    this.#letGo(held);
    held.owner = undefined;
    held.heir = undefined;
    if (heir === undefined || held.isAsked || heir.route.isClosing) {
      if (heir !== undefined) this.#refuse(heir, 'SessionInUse');
      return this.#end(held, record.length > 0 ? record : undefined);
    }
    held.owner = heir.route;
    this.#byRoute.set(heir.route, held);
    this.#replace(held, record);
    held.isClean = record.length > 0;
    // The process may end before the heir says anything of its own.
    if (record.length > 0) {
      held.unwritten?.fill(0);
      held.unwritten = Buffer.from(record);
      this.#now(held);
    }
    this.#grant(held, heir);
  }

  /** The route is gone, whatever it left undone. */
  gone(route: Route): void {
    const held = this.#byRoute.get(route);
    if (held === undefined) return;
    this.#byRoute.delete(route);
    held.owner = undefined;
    if (held.heir !== undefined) this.#refuse(held.heir, 'SessionInUse');
    held.heir = undefined;
    // While it is being claimed, whoever claims gives it back.
    if (held.claiming === undefined) this.#end(held, cleanOf(held));
  }

  /** The lane could not use what it was granted. */
  #giveBack(route: Route): void {
    const held = this.#byRoute.get(route);
    if (held === undefined) return;
    this.#byRoute.delete(route);
    held.owner = undefined;
    if (held.heir !== undefined) this.#refuse(held.heir, 'SessionInUse');
    held.heir = undefined;
    this.#end(held, cleanOf(held));
  }

  /** Gives the name up. @param last its last and clean state, if there is one */
  #end(held: Holding, last: Buffer | undefined): void {
    if (held.ended !== undefined) return;
    if (held.owner !== undefined) this.#byRoute.delete(held.owner);
    held.owner = undefined;
    clearTimeout(held.timer);
    held.timer = undefined;
    held.ended = this.#release(held, last).finally(() => this.#forgotten(held));
  }

  async #release(held: Holding, last: Buffer | undefined): Promise<void> {
    await held.work;
    // What was never told to be on the disk may be late, but not lost: it is tried as long as the process lives.
    const owed = last ?? held.unwritten;
    if (owed !== undefined && held.failures > 0) await this.#writeAtLast(held, owed);
    try {
      const vault = await this.#vaultNow();
      if (last === undefined && held.unwritten !== undefined) await vault.write(held.name, held.unwritten);
      await vault.release(held.name, last);
    } catch (error) {
      this.#log.error('vaultWriteFailed', { reason: textOf(error) });
    }
    if (last !== held.record) last?.fill(0);
  }

  async #writeAtLast(held: Holding, record: Buffer): Promise<void> {
    while (!this.#isStopping) {
      await pause(waitAfter(held.failures++));
      try {
        return await (await this.#vaultNow()).write(held.name, record);
      } catch {
        // Said when it failed first.
      }
    }
  }

  #forgotten(held: Holding): void {
    if (held.owner !== undefined) this.#byRoute.delete(held.owner);
    if (this.#held.get(held.name) === held) this.#held.delete(held.name);
    this.#failing.delete(held);
    clearTimeout(held.timer);
    this.#replace(held, EMPTY);
    held.unwritten?.fill(0);
    held.unwritten = undefined;
    if (this.#held.size === 0) this.#onEmpty?.();
  }

  /** The client has logged out: what is kept goes before it hears of that; the name stays with it. */
  #loggedOut(route: Route): void {
    const held = this.#byRoute.get(route);
    if (held === undefined) return;
    held.isAwaited = true;
    route.hold();
    const before = held.work;
    this.#unkeep(held);
    this.#start(held, async () => {
      await before;
      try {
        const vault = await this.#vaultNow();
        await vault.remove(held.name);
        await vault.claim(held.name);
      } catch (error) {
        this.#log.error('vaultWriteFailed', { reason: textOf(error) });
        held.owner?.client.notice('VaultWriteFailed', reasonOf(error));
      }
      this.#letGo(held);
    });
  }

  /** Nothing of it is to be written any more. */
  #unkeep(held: Holding): void {
    clearTimeout(held.timer);
    held.timer = undefined;
    held.unwritten?.fill(0);
    held.unwritten = undefined;
    held.isDue = false;
    held.epoch++;
    held.failures = 0;
    this.#failing.delete(held);
    this.#replace(held, EMPTY);
    held.isClean = false;
  }

  /** The account is logged out, its keys are destroyed: the record goes, and with it the name. */
  async #forget(wish: Wish): Promise<void> {
    const held = this.#byRoute.get(wish.route);
    // A lost thread had done it, and not told.
    if (held === undefined) return this.#answer(wish, 0, EMPTY);
    this.#unkeep(held);
    await held.work;
    try {
      await (await this.#vaultNow()).remove(held.name);
    } catch (error) {
      return this.#refuse(wish, faultName(error));
    }
    const { heir } = held;
    this.#forgotten(held);
    this.#answer(wish, 0, EMPTY);
    if (heir !== undefined) await this.#attach(heir);
  }

  /** No name is left: every session is where it should be. @param within ms it may take */
  async stop(within: number): Promise<void> {
    this.#isStopping = true;
    if (this.#held.size > 0) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
        timer = setTimeout(resolve, within);
      });
      clearTimeout(timer);
    }
    await this.#opened?.close();
  }

  // --- answers ---------------------------------------------------------------------------------------------------------

  #answer({ route, op, ticket }: Wish, flags: number, bytes: Buffer): void {
    put(route, In.NAMED, op | flags, ticket, bytes);
  }

  /** @param fault the error's name, and its reason behind a space */
  #refuse({ route, op, ticket }: Wish, fault: string): void {
    put(route, In.NAMED, op | NamedFlag.REFUSED, ticket, Buffer.from(fault));
  }
}

/** A session that was closed meanwhile is not the lane's any more: the record is ignored there. */
function put({ lane, session }: Route, kind: number, flags: number, ticket: number, bytes: Buffer): void {
  lane.put(kind, 0, flags, session, ticket, bytes);
}

function entryOf({ name, record, owner }: Kept): Buffer[] {
  const flags =
    (owner === 'here' ? ListFlag.HERE : 0) |
    (owner === 'elsewhere' ? ListFlag.ELSEWHERE : 0) |
    (record === undefined ? ListFlag.BROKEN : 0);
  const label = Buffer.from(name);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(record?.length ?? 0);
  return [Buffer.from([flags, label.length]), label, length, Buffer.from(record ?? EMPTY)];
}

/** The name of the table for what the vault says, with the system's code. */
function faultName(error: unknown): string {
  if (!(error instanceof VaultError)) return 'VaultWriteFailed' satisfies ErrorName;
  if (error.fault === 'VaultClosed') return 'VaultUnavailable' satisfies ErrorName;
  return error.code === undefined ? error.fault : `${error.fault} ${error.code}`;
}

function reasonOf(error: unknown): Readonly<Record<string, string>> {
  const reason = faultName(error).split(' ')[1];
  return reason === undefined ? {} : { reason };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function waitAfter(failures: number): number {
  return Math.min(MOST_RETRY, RETRY * 2 ** (failures - 1));
}

/** Keeps no process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
