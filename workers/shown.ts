/**
 * Shown: with `--verbose`, each request and answer of a lane, its values masked.
 * In: requests as they are taken, answers as they are said, the time. Out: lines through the sink. Never: a value of
 * anybody's (`mask.ts` hides them).
 */
import { BLOCK_HEAD, RecordCursor } from '../src/batch/batch.ts';
import { FormFlag } from '../src/batch/attach-records.ts';
import { Out } from '../src/batch/records.ts';
import type { Writer } from '../src/bytes/writer.ts';
import { FRAME_HEAD, type MsgpackDialect } from '../src/dialect/msgpack.ts';
import type { LaneSink } from './lane-sink.ts';
import type { Mask, Speaker } from './mask.ts';
import type { Times } from './times.ts';

/** What clients get. */
const SAID = new Set<number>([Out.REPLY, Out.UPDATE, Out.NOTICE]);

/** `--verbose`: a copy of every object, its values masked. */
export class Shown {
  readonly #mask: Mask;
  readonly #times: Times;
  readonly #sink: LaneSink;
  readonly #msgpackOf: (attachment: number) => MsgpackDialect | undefined;
  readonly #msgpack: () => MsgpackDialect | undefined;

  /** @param msgpackOf what a client speaks, if that is msgpack @param msgpack what those speak who do */
  constructor(
    mask: Mask,
    times: Times,
    sink: LaneSink,
    msgpackOf: (attachment: number) => MsgpackDialect | undefined,
    msgpack: () => MsgpackDialect | undefined = () => undefined,
  ) {
    this.#mask = mask;
    this.#times = times;
    this.#sink = sink;
    this.#msgpackOf = msgpackOf;
    this.#msgpack = msgpack;
  }

  /** A REQUEST record. @param now Unix ms */
  request(r: RecordCursor, now: number): void {
    this.#show('client', r, now);
  }

  /** What a batch has said so far, as the clients will get it. @param now Unix ms */
  answers({ bytes, pos }: Writer, now: number): void {
    // What is shown is written behind it, and may move the block.
    const cursor = new RecordCursor(Uint8Array.from(bytes.subarray(0, pos)), BLOCK_HEAD, pos);
    while (cursor.next()) if (SAID.has(cursor.kind) && cursor.stop > cursor.start) this.#show('gateway', cursor, now);
  }

  #show(from: Speaker, r: RecordCursor, now: number): void {
    const isForAll = r.kind === Out.UPDATE;
    const packed = (r.flags & FormFlag.MSGPACK) !== 0 ? this.#msgpack() : undefined;
    const msgpack = isForAll ? packed : this.#msgpackOf(r.session);
    const head = msgpack !== undefined && from === 'gateway' ? FRAME_HEAD : 0;
    const bytes = r.bytes.subarray(r.start + head, r.stop);
    const ms = from === 'gateway' && r.ticket !== 0 ? this.#times.msOf(r.session, r.ticket) : undefined;
    const object = this.#mask.show(from, bytes, msgpack && ((frame) => msgpack.plain(frame)));
    this.#sink.verbose(now, from, r.session, ms, object);
  }
}
