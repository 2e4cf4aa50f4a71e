/**
 * Shown: what a lane tells of its requests and answers: how long each took, and with `--verbose` each object, masked.
 * In: requests as they are taken, answers as they are said, the time. Out: lines through the sink. Never: a value of
 * anybody's (`mask.ts` hides them); the time of a request that was answered in a batch before.
 */
import { BLOCK_HEAD, RecordCursor } from '../src/batch/batch.ts';
import { Out } from '../src/batch/records.ts';
import type { Writer } from '../src/bytes/writer.ts';
import { FRAME_HEAD, type MsgpackDialect } from '../src/dialect/msgpack.ts';
import type { LaneSink } from './lane-sink.ts';
import type { Mask, Speaker } from './mask.ts';

/** When open requests were taken, by session and ticket. An answer may be shown until its batch ends, and is timed so long. */
export class Times {
  readonly #taken = new Map<number, Map<number, number>>();
  /** Session and ticket of each answer of this batch, one behind the other. */
  readonly #answered: number[] = [];
  #now = 0;

  /** How many requests are timed. */
  get size(): number {
    let size = 0;
    for (const taken of this.#taken.values()) size += taken.size;
    return size;
  }

  /** A batch begins. @param now Unix ms */
  begin(now: number): void {
    this.#now = now;
  }

  taken(session: number, ticket: number): void {
    let taken = this.#taken.get(session);
    if (taken === undefined) this.#taken.set(session, (taken = new Map<number, number>()));
    taken.set(ticket, this.#now);
  }

  answered(session: number, ticket: number): void {
    this.#answered.push(session, ticket);
  }

  /** How long ago a request was taken, in tenths of ms; undefined of one that is not open. */
  msOf(session: number, ticket: number): number | undefined {
    const taken = this.#taken.get(session)?.get(ticket);
    return taken === undefined ? undefined : Math.round((this.#now - taken) * 10) / 10;
  }

  /** The session is gone. */
  forget(session: number): void {
    this.#taken.delete(session);
  }

  /** The batch is over: what was answered in it is nobody's any more. */
  end(): void {
    for (let at = 0; at < this.#answered.length; at += 2)
      this.#taken.get(this.#answered[at]!)?.delete(this.#answered[at + 1]!);
    this.#answered.length = 0;
  }
}

/** `--verbose`: a copy of every object, its values masked. */
export class Shown {
  readonly #mask: Mask;
  readonly #times: Times;
  readonly #sink: LaneSink;
  readonly #msgpackOf: (session: number) => MsgpackDialect | undefined;

  /** @param msgpackOf what a session's client speaks, if that is msgpack */
  constructor(mask: Mask, times: Times, sink: LaneSink, msgpackOf: (session: number) => MsgpackDialect | undefined) {
    this.#mask = mask;
    this.#times = times;
    this.#sink = sink;
    this.#msgpackOf = msgpackOf;
  }

  /** A REQUEST record. @param now Unix ms */
  request(r: RecordCursor, now: number): void {
    this.#show('client', r, now);
  }

  /** What a batch has said so far, as the clients will get it. @param now Unix ms */
  answers({ bytes, pos }: Writer, now: number): void {
    // What is shown is written behind it, and may move the block.
    const cursor = new RecordCursor(Uint8Array.from(bytes.subarray(0, pos)), BLOCK_HEAD, pos);
    while (cursor.next())
      if ((cursor.kind === Out.REPLY || cursor.kind === Out.UPDATE) && cursor.stop > cursor.start)
        this.#show('gateway', cursor, now);
  }

  #show(from: Speaker, r: RecordCursor, now: number): void {
    this.#sink.session = r.session;
    const msgpack = this.#msgpackOf(r.session);
    const head = msgpack !== undefined && from === 'gateway' ? FRAME_HEAD : 0;
    const bytes = r.bytes.subarray(r.start + head, r.stop);
    const ms = from === 'gateway' && r.ticket !== 0 ? this.#times.msOf(r.session, r.ticket) : undefined;
    const object = this.#mask.show(from, bytes, msgpack && ((frame) => msgpack.plain(frame)));
    this.#sink.verbose(now, from, ms, object);
  }
}
