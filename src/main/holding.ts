/**
 * Holding: one name that this process has, is about to have, or is giving up: who has it, and what of it waits for the disk.
 * In: what `names.ts` finds out. Out: fields. Never: decides anything, or writes; the record in it is secret.
 */
import type { Route } from './route.ts';

/** No record. */
export const EMPTY = Buffer.alloc(0);

/** A wish of a line that waits. */
export interface Wish {
  readonly route: Route;
  readonly op: number;
  readonly ticket: number;
  readonly name: string;
}

/** A name this process has, or is about to have, or is giving up. */
export class Holding {
  readonly name: string;
  owner: Route | undefined;
  /** The wish that is being claimed for; undefined once it has been granted. */
  claiming: Wish | undefined;
  /** As it came from the vault or the last owner; until the owner says what it is now. */
  record: Buffer = EMPTY;
  isClean = false;
  /** The newest that is not on the disk. */
  unwritten: Buffer | undefined;
  /** It is to be written now, not later. */
  isDue = false;
  /** The owner's output waits for the disk. */
  isAwaited = false;
  /** Ticket of the request that asked for it to be kept. */
  explicit: number | undefined;
  /** Runs while the vault works on this name. */
  work: Promise<void> | undefined;
  /** Rises when all that was to be written is not to be any more. */
  epoch = 0;
  timer: NodeJS.Timeout | undefined;
  failures = 0;
  /** Who takes it over when the owner has left. */
  heir: Wish | undefined;
  /** Another process wants it. */
  isAsked = false;
  /** Resolves when it has been given up. */
  ended: Promise<void> | undefined;

  constructor(name: string, owner: Route) {
    this.name = name;
    this.owner = owner;
  }
}

/** What is given back without having been used is as clean as it came. */
export function cleanOf({ isClean, record }: Holding): Buffer | undefined {
  return isClean && record.length > 0 ? record : undefined;
}
