/**
 * The intermediate transports, plain and padded (protocol: Transports): a 4-byte length before each packet.
 * In: packets, stream bytes. Out: stream bytes, packets. Never: asks for a quick ack.
 */
import type { Writer } from '../bytes/writer.ts';
import { checkSent, Framing, int32, SHORTEST_PACKET } from './framing.ts';
import type { PacketSink } from './transport.ts';

/** The client's end of the intermediate transport. */
export class Intermediate extends Framing {
  open(out: Writer): void {
    out.int32(0xeeeeeeee | 0);
  }

  begin(out: Writer): number {
    out.int32(0);
    return out.pos - 4;
  }

  end(out: Writer, mark: number): void {
    const length = out.pos - mark - 4;
    checkSent(length);
    out.patchInt32(mark, length);
  }

  protected frameSize(bytes: Uint8Array, start: number, end: number, sink: PacketSink): number {
    if (end - start < 4) return 0;
    const length = int32(bytes, start);
    // A quick ack in place of a length.
    if (length < 0) return 4;
    return this.fits(length, sink) ? 4 + length : 0;
  }

  protected deliver(bytes: Uint8Array, start: number, end: number, sink: PacketSink): void {
    const length = end - start - 4;
    if (length === 0) return;
    if (length < SHORTEST_PACKET) this.short(bytes, start + 4, sink);
    else this.packet(bytes, start + 4, end, sink);
  }

  protected packet(bytes: Uint8Array, start: number, end: number, sink: PacketSink): void {
    sink.packet(bytes, start, end);
  }
}

/** The most padding a frame carries. */
const MOST_PADDING = 15;

/**
 * The same with 0 to 15 random bytes behind each packet. They are cut here, where it is known that they may be
 * there: an encrypted packet is 24 bytes and whole AES blocks, an unencrypted one says its length.
 */
export class Padded extends Intermediate {
  readonly #fill: (bytes: Uint8Array) => void;
  readonly #random = new Uint8Array(1 + MOST_PADDING);

  /** @param fill fills its argument with random bytes */
  constructor(fill: (bytes: Uint8Array) => void) {
    super();
    this.#fill = fill;
  }

  override open(out: Writer): void {
    out.int32(0xdddddddd | 0);
  }

  override end(out: Writer, mark: number): void {
    this.#fill(this.#random);
    out.raw(this.#random, 1, 1 + (this.#random[0]! & MOST_PADDING));
    super.end(out, mark);
  }

  protected override deliver(bytes: Uint8Array, start: number, end: number, sink: PacketSink): void {
    if (end - start - 4 < 4 + SHORTEST_PACKET) this.short(bytes, start + 4, sink);
    else super.deliver(bytes, start, end, sink);
  }

  protected override packet(bytes: Uint8Array, start: number, end: number, sink: PacketSink): void {
    const unencrypted = int32(bytes, start) === 0 && int32(bytes, start + 4) === 0;
    super.packet(bytes, start, unencrypted ? plainEnd(bytes, start, end) : end - ((end - start - 24) & 15), sink);
  }
}

/** int64 0, msg_id, int32 length, body. A length that does not fit is left to the one who reads it. */
function plainEnd(bytes: Uint8Array, start: number, end: number): number {
  const stop = start + 20 + int32(bytes, start + 16);
  return stop <= end && end - stop <= MOST_PADDING ? stop : end;
}
