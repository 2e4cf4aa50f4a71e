/**
 * Incoming: one message of the server, as the handlers see it.
 * In: the fields of its head, its body. Out: the same. Never: a new object for a message: one is written over for each.
 */
import { Reader } from '../../bytes/reader.ts';

/** A message on its way to its handler. It holds until another is read: whoever needs a field later copies it. */
export interface Incoming {
  /** Halves of the msg_id. */
  low: number;
  high: number;
  seqNo: number;
  /** The body's constructor number; 0 where there is none. */
  crc: number;
  /** Stands at the constructor number, ends with the body. */
  body: Reader;
}

/** An empty one. */
export function newIncoming(): Incoming {
  return { low: 0, high: 0, seqNo: 0, crc: 0, body: new Reader(new Uint8Array(0)) };
}

/** The constructor number at a reader that may stand at its end: then 0. */
export function crcAt(body: Reader): number {
  return body.left >= 4 ? body.peekUint32() : 0;
}
