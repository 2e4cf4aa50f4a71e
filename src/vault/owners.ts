/**
 * Owners: which process has which name, from the rows of names and of processes.
 * In: the rows of an open store. Out: who has a name; rows that say so. Never: a name taken from a living process; a wait
 * inside a transaction: sockets are asked before.
 *
 * The owner row of a name has the uuid of its process, or says that the last owner released it, clean; without one nobody has it. The row of a
 * process says how others can see that it lives (`processes.ts`, `liveness.ts`); the process renews it while it has names.
 */
import { type Liveness, LivenessSocket, livenessOf, type ProcessRow } from './liveness.ts';
import { readProcessRow, removeLivenessSocket, writeProcessRow } from './liveness.ts';
import { type Identity, isAlive, isInOtherNamespace } from './processes.ts';
import type { Rows } from './rows.ts';
import { RowKind } from './seal.ts';
import type { ListedSession } from './vault.ts';

/** In place of a uuid in the owner row of a name that was released. */
const NO_OWNER = '-';

/** What an owner row says. */
interface Owner {
  readonly uuid: string;
  readonly isClean: boolean;
}

/** The owners of one vault as one process sees them. What writes is called inside a transaction. */
export class Owners {
  readonly #rows: Rows;
  readonly #self: Identity;
  readonly #folder: string;
  readonly #socket: LivenessSocket;
  /** What the sockets of other processes told when they were asked last, by uuid. */
  readonly #liveness = new Map<string, Liveness>();

  constructor(rows: Rows, self: Identity, folder: string) {
    this.#rows = rows;
    this.#self = self;
    this.#folder = folder;
    this.#socket = new LivenessSocket(folder, self.uuid);
  }

  /** Before a transaction about the name: opens this process's socket, and asks the socket of the name's owner. */
  async prepare(name: string): Promise<void> {
    await this.#socket.open();
    this.#rows.refresh();
    const owner = this.#ownerOf(name);
    if (owner !== undefined) await this.#probe(owner.uuid);
  }

  /** Asks the sockets of all processes: one that lived when it was asked last may be dead. */
  async probeAll(): Promise<void> {
    for (const { name } of [...this.#rows.all(RowKind.PROCESS)]) await this.#probe(name);
  }

  async #probe(uuid: string): Promise<void> {
    const process = this.#process(uuid);
    if (process === undefined || uuid === this.#self.uuid || !isInOtherNamespace(process.identity)) return;
    this.#liveness.set(uuid, await livenessOf(this.#folder, uuid, process.file));
  }

  /** Who has the name: this process, another living one, or nobody. */
  stateOf(name: string): ListedSession['owner'] {
    return this.#stateOf(this.#ownerOf(name));
  }

  #stateOf(owner: Owner | undefined): ListedSession['owner'] {
    if (owner === undefined || owner.uuid === NO_OWNER) return undefined;
    if (owner.uuid === this.#self.uuid) return 'here';
    return this.#isAlive(owner.uuid) ? 'elsewhere' : undefined;
  }

  #isAlive(uuid: string): boolean {
    const process = this.#process(uuid);
    if (process === undefined) return false;
    const liveness = this.#liveness.get(uuid);
    return liveness === undefined ? isAlive(process.identity, process.writtenAt, Date.now()) : liveness === 'alive';
  }

  /** Whether the owner row names this process, whatever the process itself believes. */
  isOwn(name: string): boolean {
    return this.#ownerOf(name)?.uuid === this.#self.uuid;
  }

  /**
   * Makes the name this process's.
   * @returns whether its last owner released it clean; undefined if another living process has it
   */
  take(name: string): boolean | undefined {
    const owner = this.#ownerOf(name);
    if (this.#stateOf(owner) === 'elsewhere') return undefined;
    if (owner?.uuid !== this.#self.uuid) {
      // Frees all names of the dead process: an owner without a process row counts as dead.
      if (owner !== undefined) this.#removeProcess(owner.uuid);
      this.renew();
      this.#write(name, { uuid: this.#self.uuid, isClean: false });
    }
    return owner?.uuid === NO_OWNER && owner.isClean;
  }

  /**
   * Nobody has the name any more. @param isClean the record is the session's last state; else no row is left, which says as much, and
   * tells nobody of a name under which nothing may be stored
   */
  release(name: string, isClean: boolean): void {
    if (isClean) this.#write(name, { uuid: NO_OWNER, isClean });
    else this.forget(name);
  }

  /** Removes the rows of who has the name, and of who wants it. */
  forget(name: string): void {
    this.#rows.remove(RowKind.OWNER, name);
    this.#rows.remove(RowKind.REQUEST, name);
  }

  /** Writes this process's row. */
  renew(): void {
    this.#rows.put(RowKind.PROCESS, this.#self.uuid, writeProcessRow(this.#self, this.#socket));
  }

  /** Removes this process's row. */
  leave(): void {
    this.#rows.remove(RowKind.PROCESS, this.#self.uuid);
  }

  /** Closes this process's socket. */
  close(): Promise<void> {
    return this.#socket.close();
  }

  #removeProcess(uuid: string): void {
    this.#rows.remove(RowKind.PROCESS, uuid);
    if (this.#liveness.get(uuid) === 'dead') removeLivenessSocket(this.#folder, uuid);
    this.#liveness.delete(uuid);
  }

  /** A row that does not open names nobody. */
  #ownerOf(name: string): Owner | undefined {
    const text = this.#rows.get(RowKind.OWNER, name)?.body?.toString('latin1').split(' ');
    return text === undefined ? undefined : { uuid: text[0]!, isClean: text[1] === 'clean' };
  }

  #process(uuid: string): ProcessRow | undefined {
    const body = this.#rows.get(RowKind.PROCESS, uuid)?.body;
    return body && readProcessRow(body);
  }

  #write(name: string, { uuid, isClean }: Owner): void {
    this.#rows.put(RowKind.OWNER, name, Buffer.from(`${uuid} ${isClean ? 'clean' : '-'}`));
    this.#rows.remove(RowKind.REQUEST, name);
  }
}
