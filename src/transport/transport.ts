/**
 * A transport: how packets are told apart in the byte stream of one TCP connection (protocol: Transports).
 * In: packets, and stream bytes in any cut. Out: stream bytes, and packets or 4-byte status codes.
 * Never: a socket, a timer, or a packet's content.
 */
import type { Writer } from '../bytes/writer.ts';

/** What a transport tells its owner while it reads; called synchronously from `unpack`. */
export interface PacketSink {
  /** One packet `bytes[start..end)`. The view is valid only during the call. */
  packet(bytes: Uint8Array, start: number, end: number): void;
  /** A transport error: negative, e.g. -404 (server to client only). */
  status(code: number): void;
  /** The connection cannot go on: frame too long, wrong CRC or sequence. Nothing more will be unpacked. */
  broken(why: string): void;
}

/** One instance per connection and side; it holds the unfinished frame. */
export interface Transport {
  /** Writes what a client sends first (`ee ee ee ee`), if anything. */
  open(out: Writer): void;
  /**
   * Frames a packet that the caller writes: `begin` leaves room for the head, `end` patches it and adds a tail.
   * @returns the mark to give to `end`
   */
  begin(out: Writer): number;
  end(out: Writer, mark: number): void;
  /** Takes stream bytes; calls the sink for each packet that is now whole. Keeps a copy of an unfinished rest only. */
  unpack(bytes: Uint8Array, start: number, end: number, sink: PacketSink): void;
}

/** Transports by the words of `--transport`. */
export type TransportName = 'intermediate' | 'padded' | 'abridged' | 'full';

/** Longest frame taken, in bytes: Telegram's packets end well below (threats: The network). */
export const MAX_FRAME = 16 * 1024 * 1024;
