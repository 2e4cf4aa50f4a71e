/**
 * LaneSessions: the sessions that live on this lane, their turns and their deadlines.
 * In: the records of a batch, the time. Out: records through the sink. Never: throws, awaits, or lets one session's
 * fault touch another.
 */
import { BatchWriter, RecordCursor } from '../src/batch/batch.ts';
import { FormFlag, readAttach } from '../src/batch/attach-records.ts';
import { In, OpenFlag } from '../src/batch/records.ts';
import type { Dialect } from '../src/dialect/dialect.ts';
import { MsgpackDialect } from '../src/dialect/msgpack.ts';
import type { Env } from '../src/session/env.ts';
import { Session } from '../src/session/session.ts';
import { AttachmentState, type ClientLine } from '../src/session/state/attachment.ts';
import { DeadlineHeap, type Timed } from './deadline-heap.ts';
import { LaneSink } from './lane-sink.ts';
import type { Mask } from './mask.ts';
import { Rotation } from './rotation.ts';
import { lineOf, tellAttachment, tellSession } from './session-events.ts';
import { Shown } from './shown.ts';
import { Times } from './times.ts';

/**
 * Bytes a session sends in every batch, whatever others have: more than what small calls take. What is more waits for
 * its turn.
 */
const LITTLE = 64 * 1024;
/** Bytes that all sessions together send in one batch without a turn: who comes behind that has its turn. */
const LITTLE_OF_ALL = 256 * 1024;
/** Bytes of such turns in one batch, of all sessions together, what came in with it counted: 1 ms of AES. */
const TURN = 128 * 1024;
/** A block's first size; it follows what batches need. */
const BLOCK_LEAST = 4096;
const BLOCK_MOST = 1 << 20;

/** A session as its lane keeps it. */
class LaneSession implements Timed {
  readonly number: number;
  readonly session: Session;
  wantedAt = Infinity;
  listedAt = Infinity;
  /** Something happened to it in this batch. */
  isTouched = false;
  /** A step of a key exchange waits. */
  isQueued = false;
  isClosed = false;

  constructor(number: number, session: Session) {
    this.number = number;
    this.session = session;
  }
}

/** A client as the lane keeps it. */
interface Speaker {
  readonly of: LaneSession;
  readonly attachment: AttachmentState;
}

/** Runs the batches of one lane. */
export class LaneSessions {
  readonly #env: Env;
  readonly #batch = new BatchWriter(BLOCK_LEAST);
  readonly #sink: LaneSink;
  /** If anybody wants to know how long requests take. */
  readonly #times: Times | undefined;
  /** With `--verbose` alone. */
  readonly #shown: Shown | undefined;
  readonly #sessions = new Map<number, LaneSession>();
  /** Who speaks in which session, by the number of the attachment. */
  readonly #speakers = new Map<number, Speaker>();
  /** Made with the first client that speaks it. */
  #msgpack: MsgpackDialect | undefined;
  readonly #deadlines = new DeadlineHeap<LaneSession>();
  #touched: LaneSession[] = [];
  /** Key exchanges take turns: one step a batch, so that nobody else waits long. */
  readonly #work: LaneSession[] = [];
  /** Sessions that have more to send than a little. */
  readonly #rest = new Rotation<LaneSession>();
  /** Bytes sent in this batch. */
  #sent = 0;
  /** They had no turn in the last batch. */
  #hasSkipped = false;
  #now = 0;
  #faults = 0;
  /** About the most that a batch has needed lately, bytes. */
  #recent = BLOCK_LEAST;
  #spare: ArrayBuffer | undefined;

  /** @param mask with `--verbose` alone */
  constructor(env: Env, mask?: Mask) {
    this.#env = env;
    this.#times = mask !== undefined || env.settings.logsRequests ? new Times() : undefined;
    this.#sink = new LaneSink(this.#batch, this.#times);
    if (mask === undefined || this.#times === undefined) return;
    this.#shown = new Shown(
      mask,
      this.#times,
      this.#sink,
      (attachment) =>
        this.#speakers.get(attachment)?.attachment.dialect === this.#msgpack ? this.#msgpack : undefined,
      () => this.#msgpack,
    );
  }

  /** Runs one batch, `bytes[from..to)`. @returns the block that goes back, whole */
  run(bytes: Uint8Array, to: number, now: number, from = 0): Buffer {
    this.#now = now;
    this.#times?.begin(now);
    this.#sent = 0;
    const cursor = new RecordCursor(bytes, from, to);
    while (cursor.next()) this.#record(cursor);
    this.#workOnce();
    for (let one = this.#deadlines.due(now); one; one = this.#deadlines.due(now)) this.#tick(one);
    for (const one of this.#touched) this.#finish(one);
    this.#touched = [];
    this.#serveRest(to - from);
    this.#shown?.answers(this.#batch.writer, now);
    this.#times?.end();
    const wakeAt = this.#work.length > 0 || !this.#rest.isEmpty ? 0 : this.#deadlines.first;
    return this.#finishBlock(wakeAt);
  }

  /** After a batch with much in it, who has more to send waits for the next one; but not for two. */
  #serveRest(taken: number): void {
    const most = TURN - taken;
    if (most <= 0 && !this.#hasSkipped) this.#hasSkipped = !this.#rest.isEmpty;
    else {
      this.#hasSkipped = false;
      this.#rest.serve(Math.max(1, most), (one, worth) => this.#goOn(one, worth));
    }
  }

  /** A block that came back is written next; a block far beyond what batches need lately is let go. */
  #finishBlock(wakeAt: number): Buffer {
    const used = this.#batch.writer.pos;
    this.#recent = Math.max(used, this.#recent - (this.#recent >> 4));
    const capacity = Math.min(BLOCK_MOST, Math.max(BLOCK_LEAST, this.#recent + (this.#recent >> 2)));
    const spare = this.#spare;
    this.#spare = undefined;
    const isFit = spare !== undefined && spare.byteLength >= capacity >> 1 && spare.byteLength <= capacity * 8;
    return this.#batch.finish(wakeAt, capacity, isFit ? spare : undefined);
  }

  /** Takes a block back that was handed out. */
  reuse(block: ArrayBuffer): void {
    this.#spare = block;
  }

  #record(r: RecordCursor): void {
    if (r.kind === In.REQUEST || ABOUT_ATTACHMENTS.has(r.kind)) return this.#spoken(r);
    this.#sink.session = r.session;
    if (r.kind === In.OPEN) return this.#open(r);
    const one = this.#sessions.get(r.session);
    if (one === undefined) return;
    if (r.kind === In.CLOSE) return this.#close(one);
    this.#tell(one, r);
  }

  /** A record about one client in a session. */
  #spoken(r: RecordCursor): void {
    if (r.kind === In.ATTACH) return this.#attach(r);
    if (r.kind === In.REQUEST) this.#shown?.request(r, this.#now);
    const speaker = this.#speakers.get(r.session);
    if (speaker === undefined) return;
    const { of: one, attachment } = speaker;
    this.#sink.session = one.number;
    if (r.kind === In.DETACH) {
      this.#speakers.delete(r.session);
      this.#times?.forget(r.session);
    } else if (r.kind === In.REQUEST || r.kind === In.AGAIN) this.#times?.taken(r.session, r.ticket);
    this.#tell(one, r, attachment);
  }

  /** Tells a session of a record; a fault of ours ends no other. @param asker whose record it is */
  #tell(one: LaneSession, r: RecordCursor, asker?: AttachmentState): void {
    try {
      if (asker === undefined) tellSession(one.session, r, this.#now);
      else tellAttachment(one.session, asker, r, this.#now);
    } catch (error) {
      this.#fault(one, error, r.kind === In.REQUEST && asker !== undefined ? lineOf(r, asker) : undefined);
    }
    this.#touch(one);
    if (one.session.hasWork && !one.isQueued) {
      one.isQueued = true;
      this.#work.push(one);
    }
  }

  #open(r: RecordCursor): void {
    const name = (r.flags & OpenFlag.NAMED) === 0 ? undefined : textOf(r);
    const isBare = (r.flags & OpenFlag.BARE) !== 0;
    const session = new Session(this.#env, this.#sink, r.session, name, isBare);
    this.#sessions.set(r.session, new LaneSession(r.session, session));
  }

  #attach(r: RecordCursor): void {
    const one = this.#sessions.get(r.ticket);
    if (one === undefined) return;
    const speaking = readAttach(r);
    const dialect = this.#dialect((speaking.manner & FormFlag.MSGPACK) !== 0);
    const attachment = new AttachmentState(r.session, dialect, speaking);
    this.#speakers.set(r.session, { of: one, attachment });
    one.session.attach(attachment);
  }

  #dialect(speaksMsgpack: boolean): Dialect {
    if (!speaksMsgpack) return this.#env.dialect;
    this.#msgpack ??= new MsgpackDialect();
    return this.#msgpack;
  }

  #close(one: LaneSession): void {
    one.isClosed = true;
    this.#sessions.delete(one.number);
    for (const { number } of one.session.attachments()) {
      this.#speakers.delete(number);
      this.#times?.forget(number);
    }
    let isFaulty = false;
    try {
      one.session.close(this.#now);
    } catch (error) {
      isFaulty = true;
      this.#log(error);
    }
    this.#sink.gone(isFaulty);
  }

  #touch(one: LaneSession): void {
    if (one.isTouched) return;
    one.isTouched = true;
    this.#touched.push(one);
  }

  #workOnce(): void {
    const one = this.#work.shift();
    if (one === undefined || one.isClosed) return;
    one.isQueued = false;
    this.#guard(one, () => one.session.work(this.#now));
    if (one.session.hasWork) this.#work.push(one);
    this.#touch(one);
  }

  #tick(one: LaneSession): void {
    if (one.isClosed) return;
    this.#guard(one, () => one.session.tick(this.#now));
    this.#touch(one);
  }

  /** The end of a session's part in a batch: what waits goes out, if it is little, and its next deadline is noted. */
  #finish(one: LaneSession): void {
    one.isTouched = false;
    if (one.isClosed) return;
    const isLate = this.#sent > LITTLE_OF_ALL;
    // What it has told its client goes with what it has become, whether it has its turn to send or not.
    if (isLate) this.#save(one);
    else this.#flush(one, LITTLE, false);
    if (isLate || one.session.hasRest) this.#rest.add(one);
  }

  /** Its turn: more of what waits goes out. @returns its work, in bytes, and whether more waits */
  #goOn(one: LaneSession, most: number): { done: number; hasMore: boolean } {
    if (one.isClosed) return { done: 0, hasMore: false };
    const done = this.#flush(one, most, true);
    return { done, hasMore: done > 0 && one.session.hasRest };
  }

  #flush(one: LaneSession, most: number, mayExceed: boolean): number {
    let done = 0;
    this.#guard(one, () => (done = one.session.flush(this.#now, most, mayExceed)));
    this.#sent += done;
    this.#save(one);
    this.#deadlines.schedule(one, one.session.nextDeadline());
    return done;
  }

  /** Also after a fault: what was sent before it has left. */
  #save(one: LaneSession): void {
    this.#sink.session = one.number;
    try {
      one.session.save();
    } catch (error) {
      this.#fault(one, error);
    }
  }

  #guard(one: LaneSession, act: () => unknown): void {
    this.#sink.session = one.number;
    try {
      act();
    } catch (error) {
      this.#fault(one, error);
    }
  }

  /** A bug met by one session: its requests are told, the log gets the stack, the lane goes on. */
  #fault(one: LaneSession, error: unknown, asked?: ClientLine): void {
    one.session.crash(this.#log(error), stackOf(error), asked);
  }

  #log(error: unknown): string {
    if (this.#batch.isOpen) this.#batch.drop();
    const ref = `${this.#env.lane}-${++this.#faults}`;
    this.#sink.log('internal error', { ref, stack: stackOf(error) });
    return ref;
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Records whose `session` is an attachment's number. */
const ABOUT_ATTACHMENTS = new Set<number>([In.AGAIN, In.ATTACH, In.DETACH, In.LISTED, In.FORM]);

function textOf({ bytes, start, stop }: RecordCursor): string {
  return Buffer.from(bytes.subarray(start, stop)).toString();
}
