/**
 * Vault: where named sessions are kept, and which process has each of them (the interface).
 * In: names, records as bytes (`account/record.ts` says what they mean). Out: the same bytes; who owns what.
 * Never: a record that was acknowledged and is lost; a key in an error or a log; a session with two owners.
 *
 * Several processes may open one vault. A name has at most one owner: a claim, which dies with its process. A record
 * that was written but whose owner never released it is not clean: its counters may be behind what the server has seen.
 */

export { NAME } from '../account/name.ts';

/** What went wrong with the vault itself. */
export type VaultFault =
  /** Nothing could be written: disk full, read-only, not allowed. What was there before still is. */
  | 'VaultWriteFailed'
  /** This record cannot be read: changed, cut, foreign, of a newer version. Others can. */
  | 'VaultRecordBroken'
  /** The whole vault cannot be opened: wrong key or passphrase, foreign or newer files, modes too open. */
  | 'VaultClosed';

export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly fault: VaultFault;
  /** The system's code (`ENOSPC`), if it was the system. */
  readonly code: string | undefined;
  constructor(fault: VaultFault, message: string, code?: string) {
    super(message);
    this.fault = fault;
    this.code = code;
  }
}

/** Takes what is wanted of a record's bytes: a copy, or the bytes themselves. */
export type Part = (record: Uint8Array) => Uint8Array;

export const whole: Part = (record) => record;

/** A record as a list has it. */
export interface Kept {
  readonly name: string;
  /** What was wanted of the record; undefined if it is broken. All of it is secret: the caller wipes it. */
  readonly record: Uint8Array | undefined;
  /** Who has it: this process, another living one, or nobody. */
  readonly owner: 'here' | 'elsewhere' | undefined;
  /** When it was written last, milliseconds since 1970. */
  readonly writtenAt: number;
}

/** The name is now this process's. */
export interface Claim {
  /** As it was written last; undefined for a name that is not kept yet. Secret, the caller wipes it. */
  readonly record: Uint8Array | undefined;
  /** Its last owner released it: the record is exactly where it stopped. */
  readonly isClean: boolean;
}

export interface Vault {
  /** How records are protected: by a key, by a passphrase, or by file modes alone. */
  readonly protection: 'key' | 'passphrase' | 'modes';

  /**
   * Every name, in order, and whether its owner lives now. One that cannot be read is among them, without its record.
   * Others of the process have their turns meanwhile: what changes then may be in it or not.
   * @param part what of each record is wanted; all of it if nothing is said
   */
  list(part?: Part): Promise<Kept[]>;

  /** @returns undefined for a name that is not kept @throws VaultError `VaultRecordBroken` */
  read(name: string): Uint8Array | undefined;

  /**
   * Makes the name this process's. Idempotent for a name it has.
   * @returns undefined while another living process has it
   * @throws VaultError `VaultRecordBroken`, `VaultWriteFailed`
   */
  claim(name: string): Promise<Claim | undefined>;

  /** Asks the process that has the name to give it up (`asked` there). It answers by releasing it, or not. */
  ask(name: string): Promise<void>;

  /** Called when another process asks for a name this one has. */
  asked: ((name: string) => void) | undefined;

  /**
   * Keeps a record under a name this process has. It is on the disk when the promise resolves.
   * @throws VaultError `VaultWriteFailed`: what was kept before is still kept
   */
  write(name: string, record: Uint8Array): Promise<void>;

  /**
   * Gives the name up; with a record, that is its last and clean state, written in the same transaction.
   * @throws VaultError `VaultWriteFailed`: it is given up nevertheless, and not clean
   */
  release(name: string, record?: Uint8Array): Promise<void>;

  /** Forgets a name that this process has or nobody has. @returns false if another living process has it */
  remove(name: string): Promise<boolean>;

  /** Claims are given up, what was written is on the disk. */
  close(): Promise<void>;
}
