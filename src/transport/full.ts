/**
 * The full transport (protocol: Transports): length, sequence number, packet, CRC-32.
 * In: packets, stream bytes. Out: stream bytes, packets. Never: goes on behind a wrong sequence or CRC.
 */
import { crc32 } from 'node:zlib';
import type { Writer } from '../bytes/writer.ts';
import { checkSent, Framing, int32, SHORTEST_PACKET } from './framing.ts';
import type { PacketSink } from './transport.ts';

/** Bytes of length, sequence number and CRC. */
const OVERHEAD = 12;

/** The client's end of the full transport; counts the frames of each direction from 0. */
export class Full extends Framing {
  #sent = 0;
  #taken = 0;

  /** Nothing: this transport is told by its first frame. */
  open(_out: Writer): void {}

  begin(out: Writer): number {
    out.long(0, this.#sent);
    return out.pos - 8;
  }

  end(out: Writer, mark: number): void {
    const length = out.pos - mark + 4;
    checkSent(length - OVERHEAD);
    out.patchInt32(mark, length);
    out.int32(crc32(out.written(mark)));
    this.#sent = (this.#sent + 1) | 0;
  }

  protected frameSize(bytes: Uint8Array, start: number, end: number, sink: PacketSink): number {
    if (end - start < 4) return 0;
    const length = int32(bytes, start);
    // A server's error was seen as a bare negative number in place of a length.
    if (length < 0) return 4;
    return this.fits(length - OVERHEAD, sink) ? length : 0;
  }

  protected deliver(bytes: Uint8Array, start: number, end: number, sink: PacketSink): void {
    if (end - start === 4) this.short(bytes, start, sink);
    else if (int32(bytes, end - 4) >>> 0 !== crc32(bytes.subarray(start, end - 4))) this.fail(sink, 'wrong CRC-32');
    else if (int32(bytes, start + 4) !== this.#taken) this.fail(sink, 'wrong sequence number');
    else this.#packet(bytes, start + 8, end - 4, sink);
  }

  #packet(bytes: Uint8Array, start: number, end: number, sink: PacketSink): void {
    this.#taken = (this.#taken + 1) | 0;
    if (end - start < SHORTEST_PACKET) this.short(bytes, start, sink);
    else sink.packet(bytes, start, end);
  }
}
