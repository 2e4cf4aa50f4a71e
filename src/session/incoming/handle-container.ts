/**
 * Containers and gzip: bodies that hold other bodies (protocol: Service messages).
 * In: a body. Out: the messages in it, one by one. Never: a container in a container, gzip in gzip, or more than
 * `MAX_INFLATED` bytes out of one packet (256 MiB of zeros fit in 595 bytes gzipped twice, threats: The network).
 */
import { gunzipSync, inflateSync } from 'node:zlib';
import { Reader, TlReadError } from '../../bytes/reader.ts';
import { Crc, MAX_CONTAINED } from '../../tl/service.ts';
import type { ConnectionState } from '../state/state.ts';
import type { Incoming } from './incoming.ts';

/** The inbox as those see it whose bodies hold other bodies; given, not imported: the inbox imports these. */
export interface Contained {
  /** Takes one message: its id, its seq_no, and a reader that ends with its body. */
  message(s: ConnectionState, message: Incoming, now: number): void;
  /** Takes a message that was judged already, with another body and its `crc`. */
  body(s: ConnectionState, message: Incoming, now: number): void;
}

/** Telegram Desktop's packet limit. */
const MAX_INFLATED = 16 * 1024 * 1024;
/** A container may hold a few more than a client may send. */
const MOST = MAX_CONTAINED + 4;

/** `msg_container`: a bare vector of messages, each with id, seq_no and length. Each takes the place of the container. */
export function handleContainer(s: ConnectionState, message: Incoming, now: number, contained: Contained): void {
  const r = message.body;
  r.skip(4);
  const count = r.count(16);
  if (count > MOST) throw new TlReadError(`container of ${count} messages`, r.pos);
  const end = r.end;
  for (let i = 0; i < count; i++) {
    message.low = r.int32();
    message.high = r.int32();
    message.seqNo = r.int32();
    message.body = r;
    const length = r.int32();
    if (length < 0 || (length & 3) !== 0) throw new TlReadError(`contained length ${length}`, r.pos);
    const next = r.skip(length) + length;
    r.pos = next - length;
    r.end = next;
    if (length < 4 || r.peekUint32() !== Crc.msgContainer) contained.message(s, message, now);
    r.end = end;
    r.pos = next;
  }
}

/** `gzip_packed` as a whole message. The ids were judged already: what is inside is the body. */
export function handleGzip(s: ConnectionState, message: Incoming, now: number, contained: Contained): void {
  const inner = unpackGzip(message.body);
  const crc = inner.peekUint32();
  if (crc === Crc.gzipPacked || crc === Crc.msgContainer)
    throw new TlReadError('gzip_packed holds a wrapper', message.body.pos);
  message.crc = crc;
  message.body = inner;
  contained.body(s, message, now);
}

/** Reads a `gzip_packed` at the reader and gives a reader of what it holds; zlib streams are taken too. */
export function unpackGzip(r: Reader): Reader {
  r.skip(4);
  const packed = r.view();
  return new Reader(inflate(packed, r.pos));
}

function inflate(packed: Uint8Array, at: number): Uint8Array {
  const options = { maxOutputLength: MAX_INFLATED };
  try {
    return packed[0] === 0x78 ? inflateSync(packed, options) : gunzipSync(packed, options);
  } catch {
    throw new TlReadError('gzip_packed cannot be unpacked', at);
  }
}
