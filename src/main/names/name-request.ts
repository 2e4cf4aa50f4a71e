/**
 * Name request: what a lane asks about a name (a NAME record), and how it is answered.
 * In: requests; what `session-registry.ts` and `record-writer.ts` have found out. Out: NAMED and LEAVE records. Never: decides anything.
 *
 * The lane ignores a record for a session that was closed meanwhile.
 */
import { NameOp } from '../../batch/records.ts';
import type { NameRefusal } from './refusal-of-vault.ts';
import type { NameOwner } from './owner.ts';

/** Stands for a record where there is none. */
export const NO_RECORD = Buffer.alloc(0);

/** What one session wants of one name. */
export interface NameRequest {
  readonly owner: NameOwner;
  /** `NameOp`. */
  readonly op: number;
  readonly ticket: number;
  readonly name: string;
}

/** Answers a request that was granted or done. @param bytes the record, or the list; copied */
export function answerName({ owner, op, ticket }: NameRequest, bytes: Buffer, isClean = false): void {
  owner.lane.named(owner.session, ticket, op, { bytes, isClean });
}

/** Refuses a request. */
export function refuseName({ owner, op, ticket }: NameRequest, fault: NameRefusal): void {
  owner.lane.named(owner.session, ticket, op, { fault });
}

/** Answers a request that asked for its session to be stored: it is on the disk, or is not, with the fault. */
export function answerStore(owner: NameOwner, ticket: number, fault?: NameRefusal): void {
  owner.lane.named(owner.session, ticket, NameOp.STORE, { fault });
}

/** Asks the owner of a name to give it up. */
export function askToLeave(owner: NameOwner): void {
  owner.lane.leave(owner.session);
}
