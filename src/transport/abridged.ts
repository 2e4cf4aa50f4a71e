/**
 * The abridged transport (protocol: Transports): the packet's length in words, in one byte or four.
 * In: packets, stream bytes. Out: stream bytes, packets. Never: asks for a quick ack.
 */
import type { Writer } from '../bytes/writer.ts';
import { checkSent, Framing, SHORTEST_PACKET } from './framing.ts';
import type { PacketSink } from './transport.ts';

/** The client's end of the abridged transport. `end` throws RangeError for a packet that is no whole words. */
export class Abridged extends Framing {
  open(out: Writer): void {
    out.byte(0xef);
  }

  begin(out: Writer): number {
    out.int32(0);
    return out.pos - 4;
  }

  end(out: Writer, mark: number): void {
    const length = out.pos - mark - 4;
    checkSent(length);
    if ((length & 3) !== 0) throw new RangeError(`the abridged transport cannot send ${length} bytes`);
    const words = length >> 2;
    if (words >= 127) {
      out.patchInt32(mark, (words << 8) | 127);
      return;
    }
    out.bytes[mark] = words;
    out.bytes.copyWithin(mark + 1, mark + 4, out.pos);
    out.pos -= 3;
  }

  protected frameSize(bytes: Uint8Array, start: number, end: number, sink: PacketSink): number {
    const words = bytes[start]!;
    // The high bit means a quick ack of four bytes in place of a packet.
    if (words >= 0x80) return 4;
    if (words < 127) return this.fits(words * 4, sink) ? 1 + words * 4 : 0;
    if (end - start < 4) return 0;
    const length = (bytes[start + 1]! | (bytes[start + 2]! << 8) | (bytes[start + 3]! << 16)) * 4;
    return this.fits(length, sink) ? 4 + length : 0;
  }

  protected deliver(bytes: Uint8Array, start: number, end: number, sink: PacketSink): void {
    const first = bytes[start]!;
    if (first >= 0x80) return;
    const from = start + (first === 127 ? 4 : 1);
    if (end - from < SHORTEST_PACKET) this.short(bytes, from, sink);
    else sink.packet(bytes, from, end);
  }
}
