/**
 * Ownership: one name that this process has, is about to have, or is giving up: who has it, and where it stood when it was
 * handed over.
 * In: what `session-registry.ts` finds out. Out: fields. Never: decides anything; the record in it is secret.
 */
import type { MainEnv } from '../env.ts';
import type { Log } from '../../telemetry/log.ts';
import type { LazyVault } from './lazy-vault.ts';
import type { NameOwner } from './owner.ts';
import { NO_RECORD } from './name-request.ts';
import { RecordWriter } from './record-writer.ts';

/** One name from its claim to its release. */
export class Ownership {
  readonly name: string;
  owner: NameOwner | undefined;
  /** The vault has not said yet whether the name can be had. */
  isClaiming = true;
  /** Another process wants the name. */
  isAsked = false;
  /** The name is being given up. */
  isEnding = false;
  /** Resolves when it has been. */
  readonly over: Promise<void>;
  isOver: () => void = () => undefined;
  /** What of the name's records waits for the disk. */
  readonly writer: RecordWriter;
  #record: Buffer = NO_RECORD;
  #isClean = false;

  constructor(name: string, owner: NameOwner, vault: LazyVault, log: Log, env: MainEnv) {
    this.name = name;
    this.owner = owner;
    this.over = new Promise((resolve) => (this.isOver = resolve));
    this.writer = new RecordWriter(this, vault, log, env);
  }

  /** The record as it came from the vault; empty once the owner has said a newer one. */
  get record(): Buffer {
    return this.#record;
  }

  /** The record is exactly where its last owner stopped. */
  get isClean(): boolean {
    return this.#isClean;
  }

  /** Replaces the record; zeroes the old bytes. @param isClean it is exactly where its last owner stopped */
  stands(record: Buffer, isClean: boolean): void {
    this.#record.fill(0);
    this.#record = record;
    this.#isClean = isClean;
  }

  /** The record that a release gives back as clean: one that was clean and has not been used. */
  get clean(): Buffer | undefined {
    return this.#isClean && this.#record.length > 0 ? this.#record : undefined;
  }
}
