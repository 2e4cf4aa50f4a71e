/**
 * Frames: how each of the four transports cuts a stream into packets and writes one (protocol: Transports).
 * In: stream bytes from the start of a frame; a packet. Out: the frame's lengths and packet; the frame's bytes.
 * Never: obfuscation, or the client's framing of src/transport: a shared misreading would cancel out.
 */
import { crc32 } from 'node:zlib';
import type { Writer } from '../../bytes/writer.ts';
import type { DcEnv } from '../env.ts';
import { random } from '../env.ts';

/** The frame at the front of a stream. */
export interface FrameSize {
  /** Bytes of the whole frame. */
  readonly whole: number;
  /** Bytes before the packet. */
  readonly head: number;
  /** Whether the client asks for a quick ack. */
  readonly wantsQuickAck: boolean;
}

/** How one transport cuts and writes frames, on one connection. */
export interface Frame {
  readonly name: FramingName;
  /** Measures the frame at the front of `bytes`; undefined while its head is not all there. */
  measure(bytes: Buffer): FrameSize | undefined;
  /** The packet inside a whole frame, or a text on what is wrong with it. */
  inside(frame: Buffer, head: number): Buffer | string;
  /** Appends a frame around a packet. */
  write(packet: Uint8Array, out: Writer): void;
}

/** The four transports. */
export type FramingName = 'abridged' | 'intermediate' | 'padded' | 'full';

/** Abridged: length / 4 in one byte below 127, else 7f and three bytes; the top bit of the first asks for a quick ack. */
export function makeAbridged(): Frame {
  return {
    name: 'abridged',
    measure(bytes) {
      if (bytes.length === 0) return undefined;
      const wantsQuickAck = (bytes[0]! & 0x80) !== 0;
      const short = bytes[0]! & 0x7f;
      if (short !== 0x7f) return { whole: 1 + short * 4, head: 1, wantsQuickAck };
      return bytes.length < 4 ? undefined : { whole: 4 + bytes.readUIntLE(1, 3) * 4, head: 4, wantsQuickAck };
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

/** A length of four bytes, little-endian; its top bit asks for a quick ack. */
function measureIntermediate(bytes: Buffer): FrameSize | undefined {
  if (bytes.length < 4) return undefined;
  const length = bytes.readUInt32LE();
  return { whole: 4 + (length & 0x7fffffff), head: 4, wantsQuickAck: length > 0x7fffffff };
}

/** Intermediate: a length of four bytes, then the packet. */
export function makeIntermediate(): Frame {
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

/** Padded: intermediate with 0..15 random bytes behind the packet; the receiver cuts an encrypted one to a multiple of 16. */
export function makePadded(env: DcEnv): Frame {
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

/** Full: length of all, sequence number, packet, CRC-32 of all before it. Each direction counts its frames from 0. */
export function makeFull(): Frame {
  let received = 0;
  let sent = 0;
  return {
    name: 'full',
    measure: (bytes) =>
      bytes.length < 4 ? undefined : { whole: bytes.readUInt32LE(), head: 12, wantsQuickAck: false },
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
