/**
 * Name request: what a lane asks about a name (a NAME record), and how it is answered.
 * In: requests; what `session-registry.ts` and `record-writer.ts` have found out. Out: NAMED and LEAVE records. Never: decides anything.
 *
 * The lane ignores a record for a session that was closed meanwhile.
 */
import { NameOp } from '../../batch/records.ts';
import type { NameOwner } from './owner.ts';
import type { NameRefusal } from './refusal-of-vault.ts';

/** Stands for a record where there is none. */
export const NO_RECORD = Buffer.alloc(0);

/** Tells a session what was found under its name. @param record empty if nothing is stored there; copied */
export function answerOpen(owner: NameOwner, record: Buffer, isClean: boolean): void {
  owner.lane.named(owner.session, 0, NameOp.OPEN, { bytes: record, isClean });
}

/** Tells a session that it cannot have its name. */
export function refuseOpen(owner: NameOwner, fault: NameRefusal): void {
  owner.lane.named(owner.session, 0, NameOp.OPEN, { fault });
}

/** Answers a line that asked for its session to be forgotten: the record is gone, or is not, with the fault. */
export function answerForget(owner: NameOwner, ticket: number, fault?: NameRefusal): void {
  owner.lane.named(owner.session, ticket, NameOp.FORGET, { fault });
}

/** Answers a request that asked for its session to be stored: it is on the disk, or is not, with the fault. */
export function answerStore(owner: NameOwner, ticket: number, fault?: NameRefusal): void {
  owner.lane.named(owner.session, ticket, NameOp.STORE, { fault });
}

/** Asks the owner of a name to give it up to another process. */
export function askToLeave(owner: NameOwner): void {
  owner.lane.leave(owner.session);
}
