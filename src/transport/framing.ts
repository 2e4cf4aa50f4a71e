/**
 * Framing: what the transports share. Finds whole frames in stream bytes that come in any cut.
 * In: stream bytes. Out: frames as views. Never: an allocation by a length that was only announced.
 */
import type { Writer } from '../bytes/writer.ts';
import type { PacketSink, Transport } from './transport.ts';
import { MAX_FRAME } from './transport.ts';

/** A rest of more bytes than this is given back once its frame was handed out, for whichever connection needs one next. */
const KEPT_REST = 64 * 1024;
const NOTHING = new Uint8Array(0);
/**
 * Long rests that are free, for all connections of this thread: at most so many, of at most so many bytes. Parts of files
 * come one after another, and a new block for each, grown as the part comes, cost 0.5 ms a part of 512 KiB.
 */
const SPARES = 4;
const SPARE_MOST = 2 * 1024 * 1024;
const spares: Uint8Array[] = [];

/** A transport that cuts frames by lengths; a subclass says how a frame begins and what stands in it. */
export abstract class Framing implements Transport {
  /** The unfinished frame: `#rest[0..#held)`. */
  #rest: Uint8Array = NOTHING;
  #held = 0;
  #isBroken = false;

  abstract open(out: Writer): void;
  abstract begin(out: Writer): number;
  abstract end(out: Writer, mark: number): void;

  /**
   * The size of the frame that begins at `start`, its head and tail included; 0 while its head is not whole.
   * Calls `fail` on a length that cannot be.
   */
  protected abstract frameSize(bytes: Uint8Array, start: number, end: number, sink: PacketSink): number;

  /** Hands out the whole frame `bytes[start..end)`. */
  protected abstract deliver(bytes: Uint8Array, start: number, end: number, sink: PacketSink): void;

  unpack(bytes: Uint8Array, start: number, end: number, sink: PacketSink): void {
    let pos = this.#held === 0 ? start : this.#complete(bytes, start, end, sink);
    while (pos < end && !this.#isBroken) {
      const size = this.frameSize(bytes, pos, end, sink);
      if (this.#isBroken) return;
      if (size === 0 || pos + size > end) {
        this.#keep(bytes, pos, end);
        return;
      }
      this.deliver(bytes, pos, pos + size, sink);
      pos += size;
    }
  }

  /** Adds to the rest until its frame is whole; returns where the next frame begins. */
  #complete(bytes: Uint8Array, start: number, end: number, sink: PacketSink): number {
    let pos = start;
    while (!this.#isBroken) {
      const size = this.frameSize(this.#rest, 0, this.#held, sink);
      if (this.#isBroken) return end;
      const missing = size === 0 ? 1 : size - this.#held;
      if (missing === 0) {
        this.#held = 0;
        this.deliver(this.#rest, 0, size, sink);
        this.#release();
        return pos;
      }
      if (pos === end) return end;
      const stop = Math.min(end, pos + missing);
      this.#keep(bytes, pos, stop);
      pos = stop;
    }
    return end;
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    const held = this.#held + end - start;
    if (held > this.#rest.length) this.#grow(held);
    this.#rest.set(bytes.subarray(start, end), this.#held);
    this.#held = held;
  }

  #grow(held: number): void {
    const spare = held > KEPT_REST ? spares.pop() : undefined;
    const isEnough = spare !== undefined && spare.length >= held;
    const grown = isEnough ? spare : new Uint8Array(Math.max(held, 2 * this.#rest.length, 256));
    grown.set(this.#rest.subarray(0, this.#held));
    this.#rest = grown;
  }

  #release(): void {
    if (this.#rest.length <= KEPT_REST) return;
    if (spares.length < SPARES && this.#rest.length <= SPARE_MOST) spares.push(this.#rest);
    this.#rest = NOTHING;
  }

  /** Says that the connection cannot go on; nothing is unpacked after it. */
  protected fail(sink: PacketSink, why: string): void {
    this.#isBroken = true;
    sink.broken(why);
  }

  /** Whether a packet may have this length; says `broken` if not. */
  protected fits(length: number, sink: PacketSink): boolean {
    if (length >= 4 && length <= MAX_FRAME) return true;
    this.fail(sink, `frame of ${length} bytes`);
    return false;
  }

  /**
   * A packet too short for a message is a transport error (protocol: Receiving, step 1); 0 and -1 mean nothing
   * (-1 marks a quick ack of the padded transport).
   */
  protected short(bytes: Uint8Array, start: number, sink: PacketSink): void {
    const code = int32(bytes, start);
    if (code > 0) this.fail(sink, 'packet too short for a message');
    else if (code < -1) sink.status(code);
  }
}

/** A packet of fewer bytes than this is a status. */
export const SHORTEST_PACKET = 16;

/** Four bytes at `at`, little-endian, as a signed number. */
export function int32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Throws RangeError for a packet of more bytes than the other end would take. */
export function checkSent(length: number): void {
  if (length > MAX_FRAME) throw new RangeError(`a frame of ${length} bytes is too long to send`);
}
