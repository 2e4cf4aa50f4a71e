/**
 * ServerFraming: the server's side of one connection's transport (protocol: Transports), told by the first bytes.
 * In: stream bytes in any cut; packets to send. Out: packets; stream bytes.
 * Never: a socket, or the client's framing of src/transport: a shared misreading would cancel out.
 */
import type { Writer } from '../../bytes/writer.ts';
import type { DcEnv } from '../env.ts';
import { makeAbridged, makeFull, makeIntermediate, makePadded } from './frames.ts';
import type { Frame, FramingName } from './frames.ts';
import { OBFUSCATED_INIT_LENGTH, openInit } from './obfuscation.ts';
import type { ProxySecret, StreamCipher } from './obfuscation.ts';

/** What a framing tells its owner, synchronously from `feed`. */
export interface FrameSink {
  /** One packet; the view is valid during the call only. `wantsQuickAck`: the client asks for a quick ack. */
  packet(bytes: Buffer, wantsQuickAck: boolean): void;
  /** The stream cannot go on. */
  broken(why: string): void;
}

/** Bytes of a frame, at most: Telegram closes on packets of more than about 1 MiB; the rest is room for wrappers. */
const MOST = 2 * 1024 * 1024;

/** A frame of at least this many bytes gets a block of its own while it comes. */
const LARGE = 64 * 1024;

/** One connection's transport: cuts what the client sends, and frames what is sent to it. */
export class ServerFraming {
  readonly #env: DcEnv;
  readonly #proxy: ProxySecret | undefined;
  readonly #dcFits: (dc: number) => void;
  #frame: Frame | undefined;
  #cipherIn: StreamCipher | undefined;
  #cipherOut: StreamCipher | undefined;
  #rest: Buffer = EMPTY;
  /** A large frame of which `#filled` bytes have come: each byte is copied once, not with every chunk that follows. */
  #large: Buffer | undefined;
  #filled = 0;
  #isBroken = false;

  /**
   * `dcFits` is told the DC id in an obfuscated connection's first bytes; only clients of an MTProxy put one there.
   * With `proxy` nothing but obfuscation under that secret is taken.
   */
  constructor(env: DcEnv, dcFits: (dc: number) => void = () => {}, proxy?: ProxySecret) {
    this.#env = env;
    this.#proxy = proxy;
    this.#dcFits = dcFits;
  }

  /** The transport; undefined until the first bytes have told it. */
  get name(): FramingName | undefined {
    return this.#frame?.name;
  }

  get isObfuscated(): boolean {
    return this.#cipherOut !== undefined;
  }

  /** Takes stream bytes; tells the sink of each packet that is now whole. */
  feed(chunk: Uint8Array, sink: FrameSink): void {
    if (this.#isBroken) return;
    const plain = this.#cipherIn === undefined ? chunk : this.#cipherIn.update(chunk);
    const more = this.#large === undefined ? plain : this.#fill(this.#large, plain, sink);
    if (more.length === 0 || this.#isBroken) return;
    this.#rest = this.#rest.length === 0 ? viewOf(more) : Buffer.concat([this.#rest, more]);
    if (this.#frame === undefined && !this.#detect(sink)) return;
    this.#cut(this.#frame!, sink);
    // The rest is a view of the caller's chunk, which does not outlive this call.
    if (this.#rest.length > 0) this.#rest = Buffer.from(this.#rest);
  }

  /** Fills a large frame with what has come, and returns the bytes behind the frame. */
  #fill(large: Buffer, plain: Uint8Array, sink: FrameSink): Uint8Array {
    const part = plain.subarray(0, large.length - this.#filled);
    large.set(part, this.#filled);
    this.#filled += part.length;
    if (this.#filled === large.length) {
      this.#large = undefined;
      this.#take(this.#frame!, large, sink);
    }
    return plain.subarray(part.length);
  }

  #cut(frame: Frame, sink: FrameSink): void {
    while (!this.#isBroken) {
      const size = frame.measure(this.#rest);
      if (size === undefined) return;
      if (size.whole > MOST || size.whole < size.head) return this.#break(`a frame of ${size.whole} bytes`, sink);
      if (this.#rest.length < size.whole) return this.#wait(size.whole);
      const whole = this.#rest.subarray(0, size.whole);
      this.#rest = this.#rest.subarray(size.whole);
      this.#take(frame, whole, sink);
    }
  }

  /** Makes a block for the frame at the front, of which only a part has come, if the frame is large. */
  #wait(whole: number): void {
    if (whole < LARGE) return;
    this.#large = Buffer.allocUnsafe(whole);
    this.#filled = this.#rest.copy(this.#large);
    this.#rest = EMPTY;
  }

  #take(frame: Frame, whole: Buffer, sink: FrameSink): void {
    const { head, wantsQuickAck } = frame.measure(whole)!;
    const packet = frame.inside(whole, head);
    if (typeof packet === 'string') this.#break(packet, sink);
    else sink.packet(packet, wantsQuickAck);
  }

  #break(why: string, sink: FrameSink): void {
    this.#isBroken = true;
    this.#rest = EMPTY;
    sink.broken(why);
  }

  /** Tells the transport by the first bytes; true once it is known. */
  #detect(sink: FrameSink): boolean {
    const bytes = this.#rest;
    if (this.#proxy !== undefined) return bytes.length >= OBFUSCATED_INIT_LENGTH && this.#deobfuscate(sink);
    if (bytes.length === 0) return false;
    if (bytes[0] === 0xef) return this.#begin(makeAbridged(), 1);
    if (bytes.length < 4) return false;
    const word = bytes.readUInt32LE();
    if (word === 0xeeeeeeee) return this.#begin(makeIntermediate(), 4);
    if (word === 0xdddddddd) return this.#begin(makePadded(this.#env), 4);
    if (VERBS.has(word)) {
      this.#break('HTTP and TLS are no transports of this DC', sink);
      return false;
    }
    if (bytes.length < 8) return false;
    // The full transport's first frame has sequence number 0, which obfuscation avoids for that reason.
    if (bytes.readUInt32LE(4) === 0) return this.#begin(makeFull(), 0);
    return bytes.length >= OBFUSCATED_INIT_LENGTH && this.#deobfuscate(sink);
  }

  #begin(frame: Frame, skip: number): boolean {
    this.#frame = frame;
    this.#rest = this.#rest.subarray(skip);
    return true;
  }

  #deobfuscate(sink: FrameSink): boolean {
    const { cipherIn, cipherOut, plain } = openInit(this.#rest, this.#proxy);
    const frame = TAGS.get(plain.readUInt32LE(56))?.(this.#env);
    if (frame === undefined || (this.#proxy?.isPaddedOnly === true && frame.name !== 'padded')) {
      this.#break('the first bytes belong to no transport', sink);
      return false;
    }
    this.#cipherIn = cipherIn;
    this.#cipherOut = cipherOut;
    this.#dcFits(plain.readInt16LE(60));
    this.#rest = plain;
    return this.#begin(frame, OBFUSCATED_INIT_LENGTH);
  }

  /** Appends a packet as one frame. */
  write(packet: Uint8Array, out: Writer): void {
    const from = out.pos;
    (this.#frame ?? makeIntermediate()).write(packet, out);
    this.#obfuscate(out, from);
  }

  /** Appends a transport error, e.g. -404: a packet of four bytes. */
  status(code: number, out: Writer): void {
    const packet = Buffer.alloc(4);
    packet.writeInt32LE(code);
    this.write(packet, out);
  }

  /** Appends the answer to a quick-ack request. False, and nothing written: the full transport has none. */
  writeQuickAck(token: number, out: Writer): boolean {
    const from = out.pos;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(token);
    if (this.name === 'full' || this.name === undefined) return false;
    if (this.name === 'padded') this.#frame!.write(Buffer.concat([Buffer.alloc(4, 0xff), bytes]), out);
    else out.raw(this.name === 'abridged' ? bytes.toReversed() : bytes);
    this.#obfuscate(out, from);
    return true;
  }

  #obfuscate(out: Writer, from: number): void {
    if (this.#cipherOut === undefined) return;
    const plain = out.written(from);
    plain.set(this.#cipherOut.update(plain));
  }
}

const EMPTY = Buffer.alloc(0);

/** HEAD, POST, GET, OPTI and a TLS hello, as a little-endian word. */
const VERBS: ReadonlySet<number> = new Set([0x44414548, 0x54534f50, 0x20544547, 0x4954504f, 0x02010316]);

/** Obfuscated transports by the tag in bytes 56..59 of the first 64. */
const TAGS = new Map<number, (env: DcEnv) => Frame>([
  [0xefefefef, () => makeAbridged()],
  [0xeeeeeeee, () => makeIntermediate()],
  [0xdddddddd, (env) => makePadded(env)],
]);

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
