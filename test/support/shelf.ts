/**
 * Shelf: what the main thread does about kept sessions, as little of it as one lane's tests need.
 * In: NAME and STORE records of the pair's lane. Out: NAMED and LEAVE records. Never: a vault, a promise, a second process.
 */
import {
  namedFlags,
  type NameOutcome,
  type StoreKind,
  writeNamed,
  writeNameList,
} from '../../src/batch/name-records.ts';
import { NameOp } from '../../src/batch/records.ts';
import { readRecord, type SessionRecord } from '../../src/account/record.ts';

/** One record on its way to the lane: NAMED, or LEAVE where `leave` is set. */
export interface Said {
  readonly session: number;
  readonly ticket: number;
  readonly flags: number;
  readonly bytes: Buffer;
  readonly leave?: true;
}

interface Kept {
  record: Buffer;
  isClean: boolean;
}

export class Shelf {
  readonly kept = new Map<string, Kept>();
  readonly owners = new Map<string, number>();
  /** `urgent NAME`, `later NAME`, …, in order. */
  readonly notes: string[] = [];
  /** An explicit STORE is refused with this. */
  refusal: string | undefined;
  readonly #heirs = new Map<string, { session: number; ticket: number; op: number }>();
  readonly #say: (said: Said) => void;

  constructor(say: (said: Said) => void) {
    this.#say = say;
  }

  record(name: string): SessionRecord {
    return readRecord(this.kept.get(name)!.record);
  }

  /** What was kept, as after the end of the whole process without a word. */
  die(): void {
    this.owners.clear();
    for (const kept of this.kept.values()) kept.isClean = false;
  }

  named(session: number, ticket: number, op: number, name: string): void {
    if (op === NameOp.LIST) return this.#answer(session, ticket, op, this.#list());
    if (op === NameOp.FORGET || op === NameOp.LOGGED_OUT) {
      this.kept.delete(name);
      this.notes.push(`removed ${name}`);
      if (op === NameOp.LOGGED_OUT) return;
      this.owners.delete(name);
      return this.#answer(session, ticket, op, Buffer.alloc(0));
    }
    if (op === NameOp.RELEASE) {
      this.owners.delete(name);
      this.notes.push(`released ${name}`);
      return;
    }
    this.#attach(session, ticket, op, name);
  }

  #attach(session: number, ticket: number, op: number, name: string): void {
    const owner = this.owners.get(name);
    if (owner !== undefined && owner !== session) {
      if (op !== NameOp.TAKEOVER) return this.#refuse(session, ticket, op, 'SessionInUse');
      this.#heirs.set(name, { session, ticket, op });
      return this.#say({ session: owner, ticket: 0, flags: 0, bytes: Buffer.alloc(0), leave: true });
    }
    const kept = this.kept.get(name);
    if (op === NameOp.NEW && kept !== undefined) return this.#refuse(session, ticket, op, 'InvalidSession');
    this.owners.set(name, session);
    const record = kept === undefined ? Buffer.alloc(0) : Buffer.from(kept.record);
    this.#answer(session, ticket, op, record, kept?.isClean === true);
    if (kept !== undefined) kept.isClean = false;
  }

  store(session: number, ticket: number, kind: StoreKind, record: Buffer): void {
    const name = [...this.owners].find(([, owner]) => owner === session)![0];
    const isLast = kind === 'last';
    const isExplicit = kind === 'explicit';
    this.notes.push(`${kind} ${name}`);
    if (isExplicit && this.refusal !== undefined) return this.#refuse(session, ticket, NameOp.STORE, this.refusal);
    if (record.length > 0) this.kept.set(name, { record: Buffer.from(record), isClean: isLast });
    if (isExplicit) this.#answer(session, ticket, NameOp.STORE, Buffer.alloc(0));
    if (!isLast) return;
    this.owners.delete(name);
    const heir = this.#heirs.get(name);
    this.#heirs.delete(name);
    if (heir !== undefined) this.#attach(heir.session, heir.ticket, heir.op, name);
  }

  #list(): Buffer {
    return writeNameList(
      [...this.kept].map(([name, { record }]) => ({ name, record, owner: this.owners.has(name) ? 'here' : undefined })),
    );
  }

  #answer(session: number, ticket: number, op: number, bytes: Buffer, isClean = false): void {
    this.#named(session, ticket, op, { bytes, isClean });
  }

  #refuse(session: number, ticket: number, op: number, error: string): void {
    this.#named(session, ticket, op, { fault: { error } });
  }

  #named(session: number, ticket: number, op: number, outcome: NameOutcome): void {
    this.#say({ session, ticket, flags: namedFlags(op, outcome), bytes: Buffer.from(writeNamed(outcome)) });
  }
}
