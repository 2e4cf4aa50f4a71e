/**
 * `msg_container` and `gzip_packed`, which messages come packed in (protocol: Service messages).
 * In: a reader at the constructor number. Out: the messages, or a reader over what was packed; or a
 * text on what is wrong. Never: more bytes than a bound, a container in a container.
 */
import { gzipSync, unzipSync } from 'node:zlib';
import { Reader, TlReadError } from '../../bytes/reader.ts';
import { Writer } from '../../bytes/writer.ts';

export const CONTAINER = 0x73f1f8dc;
export const GZIP_PACKED = 0x3072cfa1;

/** Messages in a container, at most. */
const MOST_MESSAGES = 1020;
/** Bytes out of a gzip stream, at most. */
const MOST_UNPACKED = 16 * 1024 * 1024;

/** A message in a container; the body is `[start, end)` of the container's bytes. */
export interface Inner {
  readonly low: number;
  readonly high: number;
  readonly seqNo: number;
  readonly start: number;
  readonly end: number;
}

/** Reads a `msg_container`: count, then msg_id, seqno, bytes and body of each. A text says what is wrong. */
export function readContainer(reader: Reader): Inner[] | string {
  try {
    return readMessages(reader);
  } catch (error) {
    if (error instanceof TlReadError) return error.message;
    throw error;
  }
}

function readMessages(reader: Reader): Inner[] | string {
  reader.skip(4);
  const count = reader.count(16);
  if (count > MOST_MESSAGES) return `${count} messages`;
  const messages: Inner[] = [];
  for (let i = 0; i < count; i++) {
    const low = reader.int32();
    const high = reader.int32();
    const seqNo = reader.int32();
    const length = reader.int32();
    if (length < 4 || length % 4 !== 0) return `a message of ${length} bytes`;
    const start = reader.skip(length);
    if (new Reader(reader.bytes, start, start + 4).uint32() === CONTAINER) return 'a container in a container';
    messages.push({ low, high, seqNo, start, end: start + length });
  }
  return reader.left === 0 ? messages : `${reader.left} bytes behind the last message`;
}

/** Reads a `gzip_packed`: a gzip stream; some clients write a zlib stream, and Telegram takes it. A text says what is wrong. */
export function unpack(reader: Reader): Reader | string {
  try {
    reader.skip(4);
    const packed = reader.view();
    if (reader.left > 0) return `${reader.left} bytes behind the packed data`;
    const bytes = unzipSync(packed, { maxOutputLength: MOST_UNPACKED });
    if (bytes.length < 4) return 'nothing inside';
    const inside = new Reader(bytes);
    const crc = inside.peekUint32();
    return crc === CONTAINER || crc === GZIP_PACKED ? 'packed data that is packed itself' : inside;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** `gzip_packed` of these bytes, or the bytes themselves if that is not shorter. */
export function pack(bytes: Uint8Array): Uint8Array {
  const packed = gzipSync(bytes, { level: 6 });
  if (packed.length + 8 >= bytes.length || packed.length > 0xffffff) return bytes;
  const out = new Writer(packed.length + 16);
  out.int32(GZIP_PACKED);
  out.string(packed);
  return out.written();
}
