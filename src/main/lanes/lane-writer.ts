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
import { attachFlags, type Speaking, writeAttach } from '../../batch/attach-records.ts';
import { type KeyFinding, keyedFlags, writeKeyed } from '../../batch/key-records.ts';
import { namedFlags, type NameOutcome, writeNamed } from '../../batch/name-records.ts';
import { In, NameOp, OpenFlag } from '../../batch/records.ts';

const NOTHING = new Uint8Array(0);

/** Puts records for the sessions of one lane; whoever extends it takes them on. */
export abstract class LaneWriter {
  /**
   * Takes one record; its bytes are `bytes[start..stop)`. Those of a REQUEST or an AGAIN must stay as they are until
   * its answer comes; those of others are copied.
   * @returns true if much of this session waits: whoever feeds it should wait
   */
  protected abstract readonly put: PutRecord;

  /** The records of two attachments of one client in a session keep their order. */
  protected shareTurn(_attachment: number, _turn: number, _session: number): void {}

  /** A session begins. @param name under which it is stored: then NAMED follows @param isBare it is there to refuse */
  open(session: number, name?: string, isBare = false): void {
    const bytes = name === undefined ? NOTHING : Buffer.from(name);
    const flags = (name === undefined ? 0 : OpenFlag.NAMED) | (isBare ? OpenFlag.BARE : 0);
    this.put(In.OPEN, 0, flags, session, 0, bytes, 0, bytes.length);
  }

  /**
   * A client speaks in a session from here on. @param attachment its number there
   * @param turn number of the attachment of the same client there, if there is another, that this one's records never pass
   */
  attach(attachment: number, session: number, speaking: Speaking, turn = attachment): void {
    if (turn !== attachment) this.shareTurn(attachment, turn, session);
    const bytes = writeAttach(speaking);
    this.put(In.ATTACH, 0, attachFlags(speaking), attachment, session, bytes, 0, bytes.length);
  }

  /** The client wants its answers in this form. @param form `FormFlag` */
  form(attachment: number, form: number): void {
    this.put(In.FORM, 0, form, attachment, 0, NOTHING, 0, 0);
  }

  /** It does not any more. */
  detach(attachment: number): void {
    this.put(In.DETACH, 0, 0, attachment, 0, NOTHING, 0, 0);
  }

  /**
   * One message of a client, `bytes[start..stop)`, which stays as it is until it is answered.
   * @param flags `requestFlags` @returns true if the client should wait
   */
  request(attachment: number, ticket: number, flags: number, bytes: Uint8Array, start: number, stop: number): boolean {
    return this.put(In.REQUEST, 0, flags, attachment, ticket, bytes, start, stop);
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

  /** Nobody needs it any more. */
  close(session: number): void {
    this.put(In.CLOSE, 0, 0, session, 0, NOTHING, 0, 0);
  }

  /** A session that was opened goes on where it stood in a lost thread. @param saved of `writeResume`; may be zeroed afterwards */
  resume(session: number, saved: Uint8Array): void {
    this.put(In.RESUME, 0, 0, session, 0, saved, 0, saved.length);
  }

  /** A request that the lost thread had taken. @param flags `requestFlags` @param entry of `writeAgain`; stays as it is */
  again(attachment: number, ticket: number, flags: number, entry: Uint8Array): void {
    this.put(In.AGAIN, 0, flags, attachment, ticket, entry, 0, entry.length);
  }

  /** An address that could not be reached answers again. */
  nudge(session: number): void {
    this.put(In.NUDGE, 0, 0, session, 0, NOTHING, 0, 0);
  }

  /** What was found under the session's name, or came of a FORGET or of an explicit STORE. @param op its `NameOp` @param ticket the request that waits for it, or 0 */
  named(session: number, ticket: number, op: number, outcome: NameOutcome): void {
    const bytes = writeNamed(outcome);
    this.put(In.NAMED, 0, namedFlags(op, outcome), session, ticket, bytes, 0, bytes.length);
  }

  /** What came of a LIST. @param ticket the request that waits for it */
  listed(attachment: number, ticket: number, outcome: NameOutcome): void {
    const bytes = writeNamed(outcome);
    this.put(In.LISTED, 0, namedFlags(NameOp.LIST, outcome), attachment, ticket, bytes, 0, bytes.length);
  }

  /** What is known of the key of a request. @param ticket the request that asked */
  keyed(session: number, ticket: number, finding: KeyFinding): void {
    const bytes = writeKeyed(finding);
    this.put(In.KEYED, 0, keyedFlags(finding), session, ticket, bytes, 0, bytes.length);
  }

  /** Another process takes the session over. */
  leave(session: number): void {
    this.put(In.LEAVE, 0, 0, session, 0, NOTHING, 0, 0);
  }
}
