/**
 * Lane writer: what the main thread tells the sessions of a lane, a method for each kind of record; `session/sink.ts` is the
 * same for the other way.
 * In: sessions by number, what happened to them. Out: records, to whoever takes them (`lane.ts`). Never: decides anything.
 *
 * A session the lane does not have any more is told nothing: its records are dropped there.
 */
import type { PutRecord } from '../../batch/batch.ts';
import {
  type ServerAddress,
  type LinkEnd,
  linkDownFlags,
  writeLinkDown,
  writeLinkUp,
} from '../../batch/link-records.ts';
import { namedFlags, type NameOutcome, writeNamed } from '../../batch/name-records.ts';
import { In } from '../../batch/records.ts';

const NOTHING = new Uint8Array(0);

/** Puts records for the sessions of one lane; whoever extends it takes them on. */
export abstract class LaneWriter {
  /**
   * Takes one record; its bytes are `bytes[start..stop)`. Those of a REQUEST or an AGAIN must stay as they are until
   * its answer comes; those of others are copied.
   * @returns true if much of this session waits: whoever feeds it should wait
   */
  protected abstract readonly put: PutRecord;

  /** A session begins. @param flags `openFlags` */
  open(session: number, flags: number): void {
    this.put(In.OPEN, 0, flags, session, 0, NOTHING, 0, 0);
  }

  /**
   * One message of its client, `bytes[start..stop)`, which stays as it is until it is answered.
   * @param flags `requestFlags` @returns true if the client should wait
   */
  request(session: number, ticket: number, flags: number, bytes: Uint8Array, start: number, stop: number): boolean {
    return this.put(In.REQUEST, 0, flags, session, ticket, bytes, start, stop);
  }

  /** The connection its attempt asked for stands. */
  linkUp(session: number, link: number, attempt: number, address: ServerAddress): void {
    const bytes = writeLinkUp(address);
    this.put(In.LINK_UP, link, 0, session, attempt, bytes, 0, bytes.length);
  }

  /** The first `length` bytes of a read of that connection. @returns true if the connection should wait */
  linkBytes(session: number, link: number, attempt: number, bytes: Uint8Array, length: number): boolean {
    return this.put(In.LINK_BYTES, link, 0, session, attempt, bytes, 0, length);
  }

  /** That connection has ended, or could not be made. */
  linkDown(session: number, link: number, attempt: number, end: LinkEnd): void {
    const bytes = writeLinkDown(end);
    this.put(In.LINK_DOWN, link, linkDownFlags(end), session, attempt, bytes, 0, bytes.length);
  }

  /** Its client is gone. */
  close(session: number): void {
    this.put(In.CLOSE, 0, 0, session, 0, NOTHING, 0, 0);
  }

  /** A session goes on where it stood in a lost thread. @param flags `openFlags` @param saved of `writeResume`; may be zeroed afterwards */
  resume(session: number, flags: number, saved: Uint8Array): void {
    this.put(In.RESUME, 0, flags, session, 0, saved, 0, saved.length);
  }

  /** A request that the lost thread had taken. @param flags `requestFlags` @param entry of `writeAgain`; stays as it is */
  again(session: number, ticket: number, flags: number, entry: Uint8Array): void {
    this.put(In.AGAIN, 0, flags, session, ticket, entry, 0, entry.length);
  }

  /** An address that could not be reached answers again. */
  nudge(session: number): void {
    this.put(In.NUDGE, 0, 0, session, 0, NOTHING, 0, 0);
  }

  /** What came of a NAME or of an explicit STORE. @param op its `NameOp` @param ticket the request that waits for it */
  named(session: number, ticket: number, op: number, outcome: NameOutcome): void {
    const bytes = writeNamed(outcome);
    this.put(In.NAMED, 0, namedFlags(op, outcome), session, ticket, bytes, 0, bytes.length);
  }

  /** Somebody else takes the session over. */
  leave(session: number): void {
    this.put(In.LEAVE, 0, 0, session, 0, NOTHING, 0, 0);
  }
}
