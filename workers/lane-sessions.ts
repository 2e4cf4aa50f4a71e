/**
 * LaneSessions: the sessions that live on this lane, their turns and their deadlines.
 * In: the records of a batch, the time. Out: records through the sink. Never: throws, awaits, or lets one session's
 * fault touch another.
 */
import { BatchWriter, RecordCursor } from '../src/batch/batch.ts';
import { In, OpenFlag } from '../src/batch/records.ts';
import type { Dialect } from '../src/dialect/dialect.ts';
import { MsgpackDialect } from '../src/dialect/msgpack.ts';
import type { Env } from '../src/session/env.ts';
import { Session } from '../src/session/session.ts';
import { Deadlines, type Timed } from './deadlines.ts';
import { LaneSink } from './lane-sink.ts';
import type { Mask } from './mask.ts';
import { Rotation } from './rotation.ts';
import { tellSession } from './session-events.ts';
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

class Seat implements Timed {
  readonly number: number;
  readonly session: Session;
  wantedAt = Infinity;
  listedAt = Infinity;
  /** Something happened to it in this batch. */
  touched = false;
  /** A step of a key exchange waits. */
  queued = false;
  closed = false;
  readonly speaksMsgpack: boolean;

  constructor(number: number, session: Session, speaksMsgpack: boolean) {
    this.number = number;
    this.session = session;
    this.speaksMsgpack = speaksMsgpack;
  }
}

export class LaneSessions {
  readonly #env: Env;
  readonly #batch = new BatchWriter(BLOCK_LEAST);
  readonly #sink: LaneSink;
  /** If anybody wants to know how long requests take. */
  readonly #times: Times | undefined;
  /** With `--verbose` alone. */
  readonly #shown: Shown | undefined;
  readonly #seats = new Map<number, Seat>();
  /** Made with the first client that speaks it. */
  #msgpack: MsgpackDialect | undefined;
  readonly #deadlines = new Deadlines<Seat>();
  #touched: Seat[] = [];
  /** Key exchanges take turns: one step a batch, so that nobody else waits long. */
  readonly #work: Seat[] = [];
  /** Sessions that have more to send than a little. */
  readonly #rest = new Rotation<Seat>();
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
    this.#shown = new Shown(mask, this.#times, this.#sink, (session) =>
      this.#seats.get(session)?.speaksMsgpack === true ? this.#msgpack : undefined,
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
    for (let seat = this.#deadlines.due(now); seat; seat = this.#deadlines.due(now)) this.#tick(seat);
    for (const seat of this.#touched) this.#finish(seat);
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
      this.#rest.serve(Math.max(1, most), (seat, worth) => this.#goOn(seat, worth));
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
    this.#sink.session = r.session;
    if (r.kind === In.OPEN || r.kind === In.RESUME) this.#open(r.session, r.flags);
    if (r.kind === In.OPEN) return;
    if (r.kind === In.REQUEST) this.#shown?.request(r, this.#now);
    const seat = this.#seats.get(r.session);
    if (seat === undefined) return;
    if (r.kind === In.CLOSE) return this.#close(seat);
    if (r.kind === In.REQUEST || r.kind === In.AGAIN) this.#times?.taken(r.session, r.ticket);
    try {
      tellSession(seat.session, r, this.#now);
    } catch (error) {
      this.#fault(seat, error, r.kind === In.REQUEST ? r : undefined);
    }
    this.#touch(seat);
    if (seat.session.hasWork && !seat.queued) {
      seat.queued = true;
      this.#work.push(seat);
    }
  }

  #open(number: number, flags: number): void {
    const speaksMsgpack = (flags & OpenFlag.MSGPACK) !== 0;
    const dialect = this.#dialect(speaksMsgpack);
    const session = new Session(this.#env, this.#sink, number, dialect, (flags & OpenFlag.LINES) !== 0);
    this.#seats.set(number, new Seat(number, session, speaksMsgpack));
  }

  #dialect(speaksMsgpack: boolean): Dialect {
    if (!speaksMsgpack) return this.#env.dialect;
    this.#msgpack ??= new MsgpackDialect();
    return this.#msgpack;
  }

  #close(seat: Seat): void {
    seat.closed = true;
    this.#seats.delete(seat.number);
    this.#times?.forget(seat.number);
    try {
      seat.session.close(this.#now);
    } catch (error) {
      this.#log(error);
    }
    this.#sink.gone();
  }

  #touch(seat: Seat): void {
    if (seat.touched) return;
    seat.touched = true;
    this.#touched.push(seat);
  }

  #workOnce(): void {
    const seat = this.#work.shift();
    if (seat === undefined || seat.closed) return;
    seat.queued = false;
    this.#guard(seat, () => seat.session.work(this.#now));
    if (seat.session.hasWork) this.#work.push(seat);
    this.#touch(seat);
  }

  #tick(seat: Seat): void {
    if (seat.closed) return;
    this.#guard(seat, () => seat.session.tick(this.#now));
    this.#touch(seat);
  }

  /** The end of a session's part in a batch: what waits goes out, if it is little, and its next deadline is noted. */
  #finish(seat: Seat): void {
    seat.touched = false;
    if (seat.closed) return;
    const isLate = this.#sent > LITTLE_OF_ALL;
    // What it has told its client goes with what it has become, whether it has its turn to send or not.
    if (isLate) this.#save(seat);
    else this.#flush(seat, LITTLE, false);
    if (isLate || seat.session.hasRest) this.#rest.add(seat);
  }

  /** Its turn: more of what waits goes out. @returns its work, in bytes, and whether more waits */
  #goOn(seat: Seat, most: number): { done: number; hasMore: boolean } {
    if (seat.closed) return { done: 0, hasMore: false };
    const done = this.#flush(seat, most, true);
    return { done, hasMore: done > 0 && seat.session.hasRest };
  }

  #flush(seat: Seat, most: number, mayExceed: boolean): number {
    let done = 0;
    this.#guard(seat, () => (done = seat.session.flush(this.#now, most, mayExceed)));
    this.#sent += done;
    this.#save(seat);
    this.#deadlines.schedule(seat, seat.session.nextDeadline());
    return done;
  }

  /** Also after a fault: what was sent before it has left. */
  #save(seat: Seat): void {
    this.#sink.session = seat.number;
    try {
      seat.session.save();
    } catch (error) {
      this.#fault(seat, error);
    }
  }

  #guard(seat: Seat, act: () => unknown): void {
    this.#sink.session = seat.number;
    try {
      act();
    } catch (error) {
      this.#fault(seat, error);
    }
  }

  /** A bug met by one session: its requests are told, the log gets the stack, the lane goes on. */
  #fault(seat: Seat, error: unknown, asked?: RecordCursor): void {
    seat.session.crash(this.#log(error), stackOf(error), asked);
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
