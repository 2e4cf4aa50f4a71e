/**
 * Frames: the server's side of the transports (protocol: Transports), told apart by the first bytes.
 * In: stream bytes in any cut; packets to send. Out: packets; stream bytes.
 * Never: a socket, or the client's framing of src/transport: a shared misreading would cancel out.
 */
import { createDecipheriv, createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Writer } from '../../bytes/writer.ts';
import type { DcEnv } from '../env.ts';
import { random } from '../env.ts';

/** What a framing tells its owner, synchronously from `feed`. */
export interface FrameSink {
  /** One packet; the view is valid during the call only. `quickAck`: the client asks for one. */
  packet(bytes: Buffer, quickAck: boolean): void;
  /** The stream cannot go on. */
  broken(why: string): void;
}

/** How one transport cuts and makes frames. */
interface Frame {
  readonly name: FramingName;
  /** Whole length of the frame at the front, its head, and whether a quick ack is asked for; undefined: not all of the head is there. */
  measure(bytes: Buffer): { whole: number; head: number; quickAck: boolean } | undefined;
  /** The packet inside a whole frame, or a text on what is wrong with it. */
  inside(frame: Buffer, head: number): Buffer | string;
  /** Appends a frame around a packet. */
  write(packet: Uint8Array, out: Writer): void;
}

export type FramingName = 'abridged' | 'intermediate' | 'padded' | 'full';

/** Telegram closes on packets of more than about 1 MiB; the rest is room for wrappers. */
const MOST = 2 * 1024 * 1024;

/** What an MTProxy's users have to know. */
export interface ProxySecret {
  /** 16 bytes. */
  readonly secret: Uint8Array;
  /** The secret begins with `dd`: the padded transport alone. */
  readonly padded: boolean;
}

/** A secret in hex: 16 bytes, or 17 that begin with `dd`. Throws RangeError. */
export function readSecret(hex: string): ProxySecret {
  const bytes = Buffer.from(hex, 'hex');
  const padded = bytes.length === 17 && bytes[0] === 0xdd;
  if (bytes.length * 2 !== hex.length || (bytes.length !== 16 && !padded))
    throw new RangeError(`${hex} is no secret of 16 bytes, nor one of 17 that begins with dd`);
  return { secret: padded ? bytes.subarray(1) : bytes, padded };
}

/** The first bytes of an obfuscated connection. */
export const OBFUSCATED_INIT_LENGTH = 64;

/** The DC an MTProxy is asked for by the first 64 bytes: +10000 in the test environment, negative for media. */
export function proxiedDc(init: Uint8Array, proxy: ProxySecret): number {
  return openInit(Buffer.from(init), proxy).plain.readInt16LE(60);
}

/** From this length on a frame gets a block of its own while it comes. */
const LARGE = 64 * 1024;

export class ServerFraming {
  readonly #env: DcEnv;
  readonly #proxy: ProxySecret | undefined;
  readonly #dcFits: (dc: number) => void;
  #frame: Frame | undefined;
  #cipherIn: Cipher | undefined;
  #cipherOut: Cipher | undefined;
  #rest: Buffer = EMPTY;
  /** A large frame of which `#filled` bytes have come: each is copied once, not with every chunk that follows. */
  #large: Buffer | undefined;
  #filled = 0;
  #broken = false;

  /**
   * @param dcFits told the DC id of an obfuscated connection's first bytes; only MTProxy clients put one there
   * @param proxy with it, nothing but obfuscation under this secret is taken
   */
  constructor(env: DcEnv, dcFits: (dc: number) => void = () => {}, proxy?: ProxySecret) {
    this.#env = env;
    this.#proxy = proxy;
    this.#dcFits = dcFits;
  }

  /** Undefined until the first bytes have come. */
  get name(): FramingName | undefined {
    return this.#frame?.name;
  }

  get isObfuscated(): boolean {
    return this.#cipherOut !== undefined;
  }

  /** Takes stream bytes; tells the sink of each packet that is now whole. */
  feed(chunk: Uint8Array, sink: FrameSink): void {
    if (this.#broken) return;
    const plain = this.#cipherIn === undefined ? chunk : this.#cipherIn.update(chunk);
    const more = this.#large === undefined ? plain : this.#fill(this.#large, plain, sink);
    if (more.length === 0 || this.#broken) return;
    this.#rest = this.#rest.length === 0 ? viewOf(more) : Buffer.concat([this.#rest, more]);
    if (this.#frame === undefined && !this.#detect(sink)) return;
    this.#cut(this.#frame!, sink);
    // What is left belongs to the caller's chunk: keep a copy.
    if (this.#rest.length > 0) this.#rest = Buffer.from(this.#rest);
  }

  /** Goes on with a large frame; the answer is what stands behind it. */
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
    while (!this.#broken) {
      const size = frame.measure(this.#rest);
      if (size === undefined) return;
      if (size.whole > MOST || size.whole < size.head) return this.#break(`a frame of ${size.whole} bytes`, sink);
      if (this.#rest.length < size.whole) return this.#wait(size.whole);
      const whole = this.#rest.subarray(0, size.whole);
      this.#rest = this.#rest.subarray(size.whole);
      this.#take(frame, whole, sink);
    }
  }

  /** The frame at the front is not all there. */
  #wait(whole: number): void {
    if (whole < LARGE) return;
    this.#large = Buffer.allocUnsafe(whole);
    this.#filled = this.#rest.copy(this.#large);
    this.#rest = EMPTY;
  }

  #take(frame: Frame, whole: Buffer, sink: FrameSink): void {
    const { head, quickAck } = frame.measure(whole)!;
    const packet = frame.inside(whole, head);
    if (typeof packet === 'string') this.#break(packet, sink);
    else sink.packet(packet, quickAck);
  }

  #break(why: string, sink: FrameSink): void {
    this.#broken = true;
    this.#rest = EMPTY;
    sink.broken(why);
  }

  /** The first bytes say which transport it is; true once that is known. */
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
    if (frame === undefined || (this.#proxy?.padded === true && frame.name !== 'padded')) {
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

  /** A transport error, e.g. -404: a packet of four bytes. */
  status(code: number, out: Writer): void {
    const packet = Buffer.alloc(4);
    packet.writeInt32LE(code);
    this.write(packet, out);
  }

  /** The answer to a quick-ack request. False: this transport has none. */
  quickAck(token: number, out: Writer): boolean {
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

type Cipher = ReturnType<typeof createDecipheriv>;

/** Both ciphers, that of the client's bytes applied to what has come: 64 bytes and more. */
function openInit(
  bytes: Buffer,
  proxy: ProxySecret | undefined,
): { cipherIn: Cipher; cipherOut: Cipher; plain: Buffer } {
  const forward = bytes.subarray(8, 56);
  const cipherIn = cipherOf(forward, proxy);
  return { cipherIn, cipherOut: cipherOf(Buffer.from(forward.toReversed()), proxy), plain: cipherIn.update(bytes) };
}

/** With a secret the key is `SHA256(key + secret)`. */
function cipherOf(keyAndIv: Buffer, proxy: ProxySecret | undefined): Cipher {
  const key = keyAndIv.subarray(0, 32);
  const hashed = proxy === undefined ? key : createHash('sha256').update(key).update(proxy.secret).digest();
  return createDecipheriv('aes-256-ctr', hashed, keyAndIv.subarray(32));
}

const EMPTY = Buffer.alloc(0);

/** HEAD, POST, GET, OPTI and a TLS hello, as a little-endian word. */
const VERBS: ReadonlySet<number> = new Set([0x44414548, 0x54534f50, 0x20544547, 0x4954504f, 0x02010316]);

const TAGS = new Map<number, (env: DcEnv) => Frame>([
  [0xefefefef, () => makeAbridged()],
  [0xeeeeeeee, () => makeIntermediate()],
  [0xdddddddd, (env) => makePadded(env)],
]);

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** len/4 in one byte below 127, else 7f and three bytes; the top bit of the first asks for a quick ack. */
function makeAbridged(): Frame {
  return {
    name: 'abridged',
    measure(bytes) {
      if (bytes.length === 0) return undefined;
      const quickAck = (bytes[0]! & 0x80) !== 0;
      const short = bytes[0]! & 0x7f;
      if (short !== 0x7f) return { whole: 1 + short * 4, head: 1, quickAck };
      return bytes.length < 4 ? undefined : { whole: 4 + bytes.readUIntLE(1, 3) * 4, head: 4, quickAck };
    },
    inside: (frame, head) => frame.subarray(head),
    write(packet, out) {
      const words = packet.length >> 2;
      if (words < 0x7f) out.byte(words);
      else out.int32((words << 8) | 0x7f);
      out.raw(packet);
    },
  };
}

/** A length of four bytes, its top bit for quick acks. */
function measureIntermediate(bytes: Buffer): { whole: number; head: number; quickAck: boolean } | undefined {
  if (bytes.length < 4) return undefined;
  const length = bytes.readUInt32LE();
  return { whole: 4 + (length & 0x7fffffff), head: 4, quickAck: length > 0x7fffffff };
}

function makeIntermediate(): Frame {
  return {
    name: 'intermediate',
    measure: measureIntermediate,
    inside: (frame, head) => frame.subarray(head),
    write(packet, out) {
      out.int32(packet.length);
      out.raw(packet);
    },
  };
}

/** As above, with 0..15 random bytes behind the packet; the receiver cuts an encrypted one to a multiple of 16. */
function makePadded(env: DcEnv): Frame {
  return {
    name: 'padded',
    measure: measureIntermediate,
    inside: (frame, head) => frame.subarray(head),
    write(packet, out) {
      const padding = random(env, random(env, 1)[0]! & 15);
      out.int32(packet.length + padding.length);
      out.raw(packet);
      out.raw(padding);
    },
  };
}

/** Length of all, sequence number, packet, CRC-32 of all before it. */
function makeFull(): Frame {
  let received = 0;
  let sent = 0;
  return {
    name: 'full',
    measure: (bytes) => (bytes.length < 4 ? undefined : { whole: bytes.readUInt32LE(), head: 12, quickAck: false }),
    inside(frame) {
      const body = frame.subarray(0, frame.length - 4);
      if (frame.readUInt32LE(4) !== received++) return `sequence ${frame.readUInt32LE(4)} in place of ${received - 1}`;
      if (crc32(body) !== frame.readUInt32LE(frame.length - 4)) return 'wrong CRC-32';
      return body.subarray(8);
    },
    write(packet, out) {
      const from = out.pos;
      out.int32(packet.length + 12);
      out.int32(sent++);
      out.raw(packet);
      out.int32(crc32(out.written(from)));
    },
  };
}
