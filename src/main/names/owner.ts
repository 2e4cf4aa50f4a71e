/**
 * Name owner: what the registry of names needs of a session that asks for a name or has one (`sessions/route.ts` is it).
 * In: nothing. Out: a shape. Never: code.
 */
import type { ErrorName } from '../../errors.ts';
import type { NoticeFields } from '../front.ts';
import type { LaneWriter } from '../lanes/lane-writer.ts';

/** A session, as far as names are concerned. */
export interface NameOwner {
  /** Number of the session in the records. */
  readonly session: number;
  /** Takes records to the session. */
  readonly lane: Pick<LaneWriter, 'named' | 'leave'>;
  readonly client: {
    /** The client leaves its answers unread. */
    readonly isUnread: boolean;
    /** Something about its session that answers no request. */
    notice(name: ErrorName, fields: NoticeFields): void;
  };
  /** The client is done with the session. */
  readonly isClosing: boolean;
  /** What is said to the client from here on waits for `uncork`. */
  cork(): void;
  /** Says to the client what has waited. */
  uncork(): void;
}
