/**
 * Vault: the interface of the store of named sessions, and of which process has each name.
 * In: names, records as bytes (their format: `account/record.ts`). Out: the same bytes; the owner of each name.
 * Never: a record that was acknowledged and is lost; a key in an error or a log; a name with two owners.
 *
 * Several processes may open one vault. A name has at most one owner, the process that claimed it; the claim ends with its process.
 * The record of an owner that never released it is not clean: its counters may be behind what the server has seen.
 */

import type { Outcomes } from './outcomes.ts';

export { NAME } from '../account/name.ts';

/** What went wrong with the vault itself. */
export type VaultFault =
  /** Nothing could be written: disk full, read-only, not allowed. The vault is as it was before. */
  | 'VaultWriteFailed'
  /** One record cannot be read: changed, cut, foreign, of a newer version. The others can. */
  | 'VaultRecordBroken'
  /** The whole vault cannot be opened: wrong key or passphrase, foreign or newer files, modes too open. */
  | 'VaultClosed';

/** A refusal of the vault; its message is a sentence without secrets. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly fault: VaultFault;
  /** The system's code (`ENOSPC`), if the system refused. */
  readonly code: string | undefined;
  constructor(fault: VaultFault, message: string, code?: string) {
    super(message);
    this.fault = fault;
    this.code = code;
  }
}

/** What a list takes of each record's bytes: a copy of a part, or the bytes themselves. */
export type RecordExcerpt = (record: Uint8Array) => Uint8Array;

/** Takes the bytes themselves. */
export const wholeRecord: RecordExcerpt = (record) => record;

/** One entry of a list. */
export interface ListedSession {
  readonly name: string;
  /** What the excerpt took of the record, secret, wiped by the caller; undefined if the record cannot be read. */
  readonly record: Uint8Array | undefined;
  /** Who has the name: this process, another living one, or nobody. */
  readonly owner: 'here' | 'elsewhere' | undefined;
  /** When the record was written last, by `write` or with `release`, Unix ms; 0 if it cannot be read. */
  readonly writtenAt: number;
}

/** A name that is now this process's. */
export interface Claim {
  /** The record as it was written last, secret, wiped by the caller; undefined for a name without a record. */
  readonly record: Uint8Array | undefined;
  /** The last owner released the name with this record, which is the session's last state. */
  readonly isClean: boolean;
}

/** An open vault. */
export interface Vault {
  /** What protects the records: a key, a passphrase, or file modes alone. */
  readonly protection: 'key' | 'passphrase' | 'modes';

  /**
   * Every name with a record, sorted. A record that cannot be read is listed too. A long list gives others of the process turns, and
   * may or may not have what they change meanwhile.
   * @param excerpt what is taken of each record; the whole record by default
   */
  list(excerpt?: RecordExcerpt): Promise<ListedSession[]>;

  /** The record of a name, secret; undefined for a name without one. @throws VaultError `VaultRecordBroken` */
  read(name: string): Uint8Array | undefined;

  /**
   * Makes the name this process's; one that it has stays so.
   * @returns undefined if another living process has the name
   * @throws VaultError `VaultRecordBroken`, `VaultWriteFailed`
   */
  claim(name: string): Promise<Claim | undefined>;

  /**
   * Asks the owner of the name to release it: its `asked` is called. The owner may release the name, or not.
   * @param isIfIdle only if nobody speaks in its session
   */
  ask(name: string, isIfIdle?: boolean): Promise<void>;

  /** Asks no longer: an owner that has not heard of it yet does not. */
  withdraw(name: string): Promise<void>;

  /** What became of requests with an idempotency key. */
  readonly outcomes: Outcomes;

  /** Called with a name of this process's that another process asks for. */
  asked: ((name: string, isIfIdle: boolean) => void) | undefined;

  /**
   * Writes the record of a name that this process has. The record is on the disk when the promise resolves.
   * @throws VaultError `VaultWriteFailed`: the record before is still there
   */
  write(name: string, record: Uint8Array): Promise<void>;

  /**
   * Ends this process's claim. A record that is given is the session's last state, written in the same transaction.
   * @throws VaultError `VaultWriteFailed`: the claim ends all the same, and the record is not clean
   */
  release(name: string, record?: Uint8Array): Promise<void>;

  /**
   * Removes a record and its outcomes, and with it the name.
   * @param isKept the name stays this process's, which has it @returns false if another living process has the name
   */
  remove(name: string, isKept?: boolean): Promise<boolean>;

  /** Ends all claims. Records whose `write` was called are on the disk when the promise resolves. */
  close(): Promise<void>;
}
