/**
 * Open key: one idempotency key whose first request has no outcome yet: who asked first, who waits for the outcome.
 * In: askers. Out: fields. Never: decides anything.
 */
import type { KeyQuestion } from '../../batch/key-records.ts';
import type { LaneWriter } from '../lanes/lane-writer.ts';

/** A session, as far as the keys of its requests are concerned. */
export interface KeyOwner {
  /** Number of the session in the records. */
  readonly number: number;
  readonly name: string | undefined;
  /** Takes records to the session. */
  readonly lane: Pick<LaneWriter, 'keyed'>;
  /** Whether a request has no answer yet; undefined if nothing is owed to it. */
  standingOf(ticket: number): RequestStanding | undefined;
}

/** Where an open request stands. */
export interface RequestStanding {
  /** A data centre may have it. */
  readonly isSent: boolean;
}

/** A request that has asked about its key. */
export interface KeyAsker extends KeyQuestion {
  readonly owner: KeyOwner;
}

/**
 * `noting`: the vault is asked, and the key noted there. `granted`: the first request may go. `ending`: its outcome is being written.
 * `left`: nobody is left to be granted what is being noted.
 */
export type KeyStage = 'noting' | 'granted' | 'ending' | 'left';

/** A key from the first question about it until its outcome is stored, or is known to be unknown. */
export class OpenKey {
  /** Name of the session, and key. */
  readonly id: string;
  readonly name: string;
  first: KeyAsker;
  stage: KeyStage = 'noting';
  /** When the key was noted, Unix ms. */
  since = 0;
  /** Those that wait for its outcome. */
  waiting: KeyAsker[] = [];
  /** What is said to clients once the outcome is stored. */
  readonly held: (() => void)[] = [];

  constructor(id: string, name: string, first: KeyAsker) {
    this.id = id;
    this.name = name;
    this.first = first;
  }

  /** Which request was first. */
  get place(): string {
    return placeInSession(this.first.owner.number, this.first.ticket);
  }
}

/** A request of a session. */
export function placeInSession(session: number, ticket: number): string {
  return `${session}/${ticket}`;
}
