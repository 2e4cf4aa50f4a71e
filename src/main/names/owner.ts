/**
 * Name owner: what the registry of names needs of a session that has a name, or is to have one (`sessions/open-session.ts` is it).
 * In: nothing. Out: a shape. Never: code.
 */
import type { OpenState } from '../../batch/name-records.ts';
import type { ErrorName } from '../../errors.ts';
import type { NoticeFields } from '../front.ts';
import type { LaneWriter } from '../lanes/lane-writer.ts';

/** A session, as far as names are concerned. */
export interface NameOwner {
  /** Number of the session in the records. */
  readonly session: number;
  /** Takes records to the session. */
  readonly lane: Pick<LaneWriter, 'named' | 'leave'>;
  /** Something was sent to a data centre since it was opened: what is stored is not where it stands, unless it says so. */
  readonly hasSent: boolean;
  /** Nobody needs the session any more. */
  readonly isClosing: boolean;
  /** Something is stored under its name. */
  isStored: boolean;
  /** It lingers: nobody is there, and neither a resident nor a sign-in under way keeps it. */
  readonly isIdle: boolean;
  /** It is opened again when it ends. */
  isResident: boolean;
  /** What a list tells of it. */
  readonly state: OpenState;
  /** Something about the session that answers no request, for all who speak in it. */
  notice(name: ErrorName, fields: NoticeFields): void;
  /** What is said to its clients from here on waits for `uncork`. */
  cork(): void;
  /** Says to the clients what has waited. */
  uncork(): void;
  /** Nobody finds it by its name any more. */
  unname(): void;
}
