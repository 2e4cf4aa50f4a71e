/**
 * Name request: what a lane asks about a name (a NAME record), and how it is answered.
 * In: requests; what `session-registry.ts` and `record-writer.ts` have found out. Out: NAMED and LEAVE records. Never: decides anything.
 *
 * The lane ignores a record for a session that was closed meanwhile.
 */
import { In, ListFlag, NamedFlag, NameOp } from '../../batch/records.ts';
import type { ListedSession } from '../../vault/vault.ts';
import type { NameOwner } from './owner.ts';

/** Stands for a record where there is none. */
export const NO_RECORD = Buffer.alloc(0);

/** What one session wants of one name. */
export interface NameRequest {
  readonly route: NameOwner;
  /** `NameOp`. */
  readonly op: number;
  readonly ticket: number;
  readonly name: string;
}

/** Answers a request that was granted or done. @param flags `NamedFlag` @param bytes a record or a list */
export function answerName({ route, op, ticket }: NameRequest, flags: number, bytes: Buffer): void {
  put(route, In.NAMED, op | flags, ticket, bytes);
}

/** Refuses a request. @param fault the error's name, and its reason behind a space */
export function refuseName({ route, op, ticket }: NameRequest, fault: string): void {
  put(route, In.NAMED, op | NamedFlag.REFUSED, ticket, Buffer.from(fault));
}

/** Answers a request that asked for its session to be stored: it is on the disk, or is not, with the fault as `refuseName` has it. */
export function answerStore(route: NameOwner, ticket: number, fault?: string): void {
  if (fault === undefined) put(route, In.NAMED, NameOp.KEEP, ticket, NO_RECORD);
  else put(route, In.NAMED, NameOp.KEEP | NamedFlag.REFUSED, ticket, Buffer.from(fault));
}

/** Asks the owner of a name to give it up. */
export function askToLeave(route: NameOwner): void {
  put(route, In.LEAVE, 0, 0, NO_RECORD);
}

function put({ lane, session }: NameOwner, kind: number, flags: number, ticket: number, bytes: Buffer): void {
  lane.put(kind, 0, flags, session, ticket, bytes);
}

/** The answer to LIST: every name with what may be shown of its record. */
export function listEntries(kept: readonly ListedSession[]): Buffer {
  return Buffer.concat(kept.flatMap(entryOf));
}

function entryOf({ name, record, owner }: ListedSession): Buffer[] {
  const flags =
    (owner === 'here' ? ListFlag.HERE : 0) |
    (owner === 'elsewhere' ? ListFlag.ELSEWHERE : 0) |
    (record === undefined ? ListFlag.BROKEN : 0);
  const label = Buffer.from(name);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(record?.length ?? 0);
  return [Buffer.from([flags, label.length]), label, length, Buffer.from(record ?? NO_RECORD)];
}
