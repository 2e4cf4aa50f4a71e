/**
 * A sink that keeps what a transport says, and ways to frame packets.
 * In: transports. Out: bytes and lists. Never: a view kept beyond its call.
 */
import { Writer } from '../../src/bytes/writer.ts';
import type { PacketSink, Transport } from '../../src/transport/transport.ts';

export class Said implements PacketSink {
  readonly packets: string[] = [];
  readonly statuses: number[] = [];
  readonly broke: string[] = [];

  packet(bytes: Uint8Array, start: number, end: number): void {
    this.packets.push(Buffer.from(bytes.subarray(start, end)).toString('hex'));
  }

  status(code: number): void {
    this.statuses.push(code);
  }

  broken(why: string): void {
    this.broke.push(why);
  }
}

/** What `transport` sends for these packets, `first` with its opening bytes. */
export function framed(transport: Transport, packets: readonly Uint8Array[], first = false): Buffer {
  const out = new Writer(16);
  if (first) transport.open(out);
  for (const packet of packets) {
    const mark = transport.begin(out);
    out.raw(packet);
    transport.end(out, mark);
  }
  return Buffer.from(out.written());
}

/** What `transport` says about a stream that comes in these pieces. */
export function unpacked(transport: Transport, pieces: readonly Uint8Array[]): Said {
  const said = new Said();
  for (const piece of pieces) {
    // Each piece lies in the midst of a block full of other bytes, as in a slot, and goes bad after the call.
    const block = Buffer.alloc(piece.length + 10, 0xa5);
    block.set(piece, 5);
    transport.unpack(block, 5, 5 + piece.length, said);
    block.fill(0x5a);
  }
  return said;
}

/** Whether these packets came, in hex, with at most the 15 bytes of padding that the padded transport puts behind each. */
export function areThese(came: readonly string[], packets: readonly Uint8Array[]): boolean {
  return (
    came.length === packets.length &&
    packets.every((packet, i) => {
      const hex = Buffer.from(packet).toString('hex');
      return came[i]!.startsWith(hex) && came[i]!.length - hex.length <= 30;
    })
  );
}
