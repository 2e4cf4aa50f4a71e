/**
 * Shelf: what the main thread does about stored sessions, as little of it as one lane's tests need.
 * In: NAME and STORE records of the pair's lane. Out: NAMED, LISTED and LEAVE records. Never: a vault, a promise, a second process.
 */
import {
  namedFlags,
  type NameOutcome,
  type NameEntry,
  type OpenState,
  storeKind,
  writeNamed,
  writeNameList,
} from '../../src/batch/name-records.ts';
import { In, NameOp } from '../../src/batch/records.ts';
import { readRecord, type SessionRecord } from '../../src/account/record.ts';

/** One record on its way to the lane. */
export interface Said {
  readonly kind: number;
  readonly session: number;
  readonly ticket: number;
  readonly flags: number;
  readonly bytes: Buffer;
}

interface Kept {
  record: Buffer;
  isClean: boolean;
}

export class Shelf {
  readonly kept = new Map<string, Kept>();
  /** The session that has each name. */
  readonly owners = new Map<string, number>();
  /** `urgent NAME`, `later NAME`, …, in order. */
  readonly notes: string[] = [];
  /** An explicit STORE, and a removal that a line asks for, are refused with this. */
  refusal: string | undefined;
  /** Names that another process has. */
  readonly elsewhere = new Set<string>();
  /** What sessions that have not said anything of it yet were told. */
  readonly #told = new Map<number, Said>();
  readonly #say: (said: Said) => void;
  readonly #unname: (session: number) => void;

  readonly #stateOf: (session: number) => OpenState;

  /** @param unname a session has lost its name @param stateOf what a list tells of an open session */
  constructor(say: (said: Said) => void, unname: (session: number) => void, stateOf: (session: number) => OpenState) {
    this.#stateOf = stateOf;
    this.#say = say;
    this.#unname = unname;
  }

  record(name: string): SessionRecord {
    return readRecord(this.kept.get(name)!.record);
  }

  /** What was stored, as after the end of the whole process without a word. */
  die(): void {
    this.owners.clear();
    for (const kept of this.kept.values()) kept.isClean = false;
  }

  /** A session wants its name. */
  claim(session: number, name: string): void {
    if (this.elsewhere.has(name)) {
      this.#named(session, 0, NameOp.OPEN, { fault: { error: 'SessionInUse' } });
      return this.#unname(session);
    }
    this.owners.set(name, session);
    const kept = this.kept.get(name);
    this.#named(session, 0, NameOp.OPEN, { bytes: kept?.record ?? Buffer.alloc(0), isClean: kept?.isClean === true });
    if (kept !== undefined) kept.isClean = false;
  }

  /** The lane's thread was lost: a session is told again what it was told. */
  again(session: number): void {
    const told = this.#told.get(session);
    if (told !== undefined) this.#say(told);
  }

  /** Another process wants the name. */
  ask(name: string): void {
    const session = this.owners.get(name)!;
    this.#say({ kind: In.LEAVE, session, ticket: 0, flags: 0, bytes: Buffer.alloc(0) });
  }

  /** A NAME record of a session. */
  request(session: number, ticket: number, op: number): void {
    const name = this.#nameOf(session);
    // A thread that was lost had asked.
    if (name === undefined) return op === NameOp.FORGET ? this.#named(session, ticket, op, {}) : undefined;
    if (op === NameOp.RELEASE) {
      this.#given(session, name);
      this.notes.push(`released ${name}`);
      return;
    }
    if (op === NameOp.FORGET && this.refusal !== undefined)
      return this.#named(session, ticket, op, { fault: { error: this.refusal } });
    this.kept.delete(name);
    this.notes.push(`removed ${name}`);
    if (op === NameOp.LOGGED_OUT) return;
    this.#given(session, name);
    this.#named(session, ticket, NameOp.FORGET, {});
  }

  #nameOf(session: number): string | undefined {
    return [...this.owners].find(([, owner]) => owner === session)?.[0];
  }

  /** The name is given up. */
  #given(session: number, name: string): void {
    this.owners.delete(name);
    this.#unname(session);
  }

  store(session: number, ticket: number, flags: number, record: Buffer): void {
    const name = this.#nameOf(session);
    // A thread was lost behind the end of the name: what goes on from what it had saved has it no longer.
    if (name === undefined) return;
    const kind = storeKind(flags);
    const isLast = kind === 'last';
    const isExplicit = kind === 'explicit';
    this.notes.push(`${kind} ${name}`);
    if (isExplicit && this.refusal !== undefined)
      return this.#named(session, ticket, NameOp.STORE, { fault: { error: this.refusal } });
    if (record.length > 0) this.kept.set(name, { record: Buffer.from(record), isClean: isLast });
    if (isExplicit) this.#named(session, ticket, NameOp.STORE, {});
    if (isLast) this.#given(session, name);
  }

  /** A LIST of a client. */
  list(attachment: number, ticket: number): void {
    const entries: NameEntry[] = [...this.kept].map(([name, { record }]) => ({
      name,
      record,
      owner: undefined,
      ...(this.owners.has(name) && { owner: 'here' as const, open: this.#stateOf(this.owners.get(name)!) }),
    }));
    const outcome = { bytes: writeNameList(entries) };
    const flags = namedFlags(NameOp.LIST, outcome);
    this.#say({ kind: In.LISTED, session: attachment, ticket, flags, bytes: Buffer.from(writeNamed(outcome)) });
  }

  #named(session: number, ticket: number, op: number, outcome: NameOutcome): void {
    const bytes = Buffer.from(writeNamed(outcome));
    const said = { kind: In.NAMED, session, ticket, flags: namedFlags(op, outcome), bytes };
    if (op === NameOp.OPEN) this.#told.set(session, said);
    this.#say(said);
  }
}
