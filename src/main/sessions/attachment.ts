/**
 * Attachment: how one client speaks in one session: its open tickets there, its place in the session's lane.
 * In: the client's messages; what the lane says to it. Out: records to the lane; answers to the client, in order.
 * Never: looks into a message; an answer of another client.
 */
import type { Move } from '../../batch/name-records.ts';
import type { ErrorName } from '../../errors.ts';
import { MannerFlag, type Speaking } from '../../batch/attach-records.ts';
import { isolatedFlags } from '../../batch/request-flags.ts';
import { Count, type Metrics } from '../../telemetry/metrics.ts';
import type { MainEnv } from '../env.ts';
import { type Gate, Why } from '../flow/gate.ts';
import type { IdText, NoticeFields } from '../front.ts';
import type { Lane } from '../lanes/lane.ts';
import { Ledger, type Tally, type Ticket } from './ledger.ts';

/** Who speaks in a session: a connection of lines or frames (`Client`), or one of HTTP (`front/http-client.ts`). */
export interface SessionClient {
  readonly gate: Gate;
  readonly isUnread: boolean;
  /** The answer to one ticket. @param outcome place in `OUTCOMES` */
  reply(ticket: number, line: Buffer, isBad: boolean, outcome: number): void;
  /** A line that answers no ticket. */
  update(line: Buffer): void;
  /** Whether the message may have an idempotency key: only the lane has read it. */
  mayHaveKey(ticket: Ticket): boolean;
  /** The request is given up with its lane. @param fate what is known of it, beyond the table of errors */
  crashed(ticket: number, id: IdText, fate: NoticeFields): void;
  /** A session it spoke in is lost with its lane. */
  lostSession(): void;
  /** Something about its session that answers no request. */
  notice(name: ErrorName, fields: NoticeFields): void;
  /** Fewer requests are open than before. */
  settled(): void;
  /** Lines of it belong elsewhere. Not called while a block is applied. */
  moved(from: Attachment, move: Move): void;
  /** It does not speak in the session any more. Not called while a block is applied. @param isBare it has lost it */
  detached(from: Attachment, isBare: boolean): void;
  /** A message of it is for one session more than it may speak in. Its ticket is closed already. */
  refused(ticket: Ticket): void;
  /** The form of its answers has changed. @param manner `MannerFlag` */
  speaks(from: Attachment, manner: number): void;
  /** It has left a session. */
  left(from: Attachment): void;
}

/** The session that a client speaks in (`OpenSession`). */
export interface AttachedSession {
  readonly number: number;
  readonly name: string | undefined;
  /** It keeps its name, and is found by it. */
  readonly isNamed: boolean;
  readonly isClosing: boolean;
  readonly isCorked: boolean;
  readonly lane: Lane;
  readonly env: MainEnv;
  readonly metrics: Metrics;
  /** Says a line now, or when the session is uncorked. */
  say(line: () => void): void;
  /** Says a line when the session is uncorked, in its turn. */
  sayLater(say: () => void): void;
  /** The request of one of its clients; undefined if nothing is owed to it. */
  standingOf(ticket: number): Ticket | undefined;
  uncork(): void;
  pauseLinks(): void;
  readOn(): void;
  entered(attachment: Attachment): void;
  left(attachment: Attachment): void;
  /** One that had nothing open asks for something. */
  woke(): void;
  /** One that each line of names its session has nothing open any more. */
  rests(): void;
  /** Calls `then` when the session has ended. */
  whenEnded(then: () => void): void;
}

/** One client in one session, as the main thread has it; it survives the loss of its lane's thread. */
export class Attachment {
  /** Its number in the records. */
  readonly number: number;
  readonly session: AttachedSession;
  readonly client: SessionClient;
  readonly ledger: Ledger;
  readonly tally: Tally;
  /** Whose turn its records wait for: its own, or that of another attachment of its client in the session. */
  readonly turn: number;
  #speaking: Speaking;
  /** Its client's gate is shut until the lane takes more of it. */
  #waits = false;
  /** Answers that wait for the disk. */
  #later = 0;
  /** It counts as one that speaks in the session: one each line of which names its session does while something of it is open. */
  isPresent: boolean;
  /** When a line of its client has named it last: numbers of the client's own that rise. */
  usedAt = 0;
  /** The client speaks elsewhere; what was taken here is still answered. */
  isRetired = false;
  hasLeft = false;

  /** @param tally of all that the client has open @param sibling another one of the client in the session, whose records are not passed */
  constructor(
    number: number,
    session: AttachedSession,
    client: SessionClient,
    speaking: Speaking,
    tally: Tally,
    sibling?: Attachment,
  ) {
    this.number = number;
    this.turn = sibling?.turn ?? number;
    this.session = session;
    this.client = client;
    this.tally = tally;
    this.ledger = new Ledger(session.env, tally);
    this.#speaking = speaking;
    this.isPresent = !this.#isPassing;
    this.attach();
  }

  /** A session without a name is its client's own, whatever its lines name. */
  get #isPassing(): boolean {
    return this.#speaking.isStateless && this.session.name !== undefined;
  }

  /** Tells the lane how the client speaks: at its beginning, and when the lane's thread was lost. */
  attach(): void {
    this.session.lane.attach(this.number, this.session.number, this.#speaking, this.turn);
  }

  get speaking(): Speaking {
    return this.#speaking;
  }

  /** `FormFlag`: what its answers look like. */
  get form(): number {
    return this.#speaking.manner & MannerFlag.FORM;
  }

  get isMute(): boolean {
    return this.#speaking.isMute;
  }

  /** How the client speaks has changed; the lane knows. @param manner `MannerFlag` */
  speaks(manner: number): void {
    this.#speaking = { ...this.#speaking, manner, init: NOTHING };
  }

  /**
   * Passes one message on to the lane, which owes exactly one answer to it.
   * @param flags `requestFlags` @returns the message's ticket, which the answer carries
   */
  request(bytes: Buffer, start: number, stop: number, id: IdText, flags: number): number {
    this.session.metrics.counts[Count.REQUESTS]!++;
    const ticket = this.ledger.open(id, bytes, start, stop, flags);
    this.#wake();
    this.put(ticket);
    return ticket.number;
  }

  /** Takes a ticket of another attachment of the client: its message runs here. */
  adopt(ticket: Ticket): void {
    this.ledger.adopt(ticket);
    this.#wake();
    this.put(ticket);
  }

  #wake(): void {
    if (this.isPresent) return;
    this.isPresent = true;
    this.session.woke();
  }

  /** Puts a request to the lane. @param isIsolated it runs alone in its batch */
  put({ number, bytes, start, stop, requestFlags }: Ticket, isIsolated = false): void {
    if (
      !this.session.lane.request(
        this.number,
        number,
        isIsolated ? isolatedFlags(requestFlags) : requestFlags,
        bytes,
        start,
        stop,
      )
    )
      return;
    if (this.#waits) return;
    this.#waits = true;
    this.client.gate.hold(Why.LANE);
  }

  /** The lane takes more of it. The client may have to wait again at once. */
  goOn(): void {
    if (!this.#waits) return;
    this.#waits = false;
    this.client.gate.release(Why.LANE);
  }

  /** An answer came. @param line of the lane's block @param outcome place in `OUTCOMES` */
  reply(ticket: number, line: Buffer, isBad: boolean, outcome: number): void {
    this.client.reply(ticket, line, isBad, outcome);
    this.leaveIfDone();
  }

  /** An answer that waits for the disk. The request is open for its client until the answer is said. @returns what says it */
  laterReply(ticket: number, line: Buffer, isBad: boolean, outcome: number): () => void {
    this.tally.open++;
    this.#later++;
    return () => {
      this.tally.open--;
      this.#later--;
      this.reply(ticket, line, isBad, outcome);
    };
  }

  /** The client speaks elsewhere from here on: it leaves the session when all that was taken is answered. */
  retire(): void {
    this.isRetired = true;
    // To a next thread it is no more than the form of its answers: it hears nothing, and stands in nobody's way.
    this.#speaking = { ...this.#speaking, manner: this.form, isMute: true, init: NOTHING };
    this.goOn();
    this.leaveIfDone();
  }

  /** When nothing is open there, one that its client speaks in no more is left, and one that each line names counts no longer. */
  leaveIfDone(): void {
    // Its client may have gone with the answer that is said just now, or while one waited for the disk.
    if (this.hasLeft || this.ledger.size > 0 || this.#later > 0) return;
    if (this.isRetired) this.leave();
    else if (this.isPresent && this.#isPassing) {
      this.isPresent = false;
      this.session.rests();
    }
  }

  /** The client is done with the session. */
  leave(): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    this.goOn();
    this.ledger.drain();
    this.session.left(this);
  }
}

const NOTHING = new Uint8Array(0);
