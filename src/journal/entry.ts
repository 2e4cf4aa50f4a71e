/**
 * Entry: one update in the journal, and what stands beside it: where its boxes stand, how far consumers are.
 * In: fields. Out: bytes of a row's body, and back. Never: a row that is not read as it was written.
 */
import { Reader } from '../bytes/reader.ts';
import { Writer } from '../bytes/writer.ts';

/** An update before it has its number. */
export interface NewEntry {
  /** When it came, Unix ms. */
  readonly at: number;
  /** The box that counts it; '' for none. */
  readonly box: string;
  /** Layer of the scheme that its bytes were read by. */
  readonly layer: number;
  /** Name of the update's constructor. */
  readonly kind: string;
  /** The chat it is about; '' for none. */
  readonly chat: string;
  /** It comes from a difference. */
  readonly isFetched: boolean;
  /** TL bytes of an `Updates` object that holds it alone. */
  readonly bytes: Uint8Array;
}

/** One update in the journal of a session; numbers rise by one. */
export interface Entry extends NewEntry {
  readonly number: number;
}

const FETCHED = 1;
const out = new Writer(4096);

/** The body of an entry's row. */
export function entryBody({ at, box, layer, kind, chat, isFetched, bytes }: NewEntry): Uint8Array {
  out.clear();
  out.int32(isFetched ? FETCHED : 0);
  out.double(at);
  out.int32(layer);
  for (const text of [box, kind, chat]) out.string(Buffer.from(text));
  out.raw(bytes);
  return out.written();
}

/** An entry from its row. @param body its bytes stay as they are @throws TlReadError */
export function entryOf(number: number, body: Uint8Array): Entry {
  const r = new Reader(body);
  const isFetched = (r.int32() & FETCHED) !== 0;
  const at = r.double();
  const layer = r.int32();
  const [box, kind, chat] = [textOf(r), textOf(r), textOf(r)];
  return { number, at, box, layer, kind, chat, isFetched, bytes: body.subarray(r.pos) };
}

function textOf(r: Reader): string {
  r.string();
  return Buffer.from(r.bytes.buffer, r.bytes.byteOffset + r.start, r.stop - r.start).toString();
}

/** From where to where a journal reaches. */
export interface Bounds {
  /** Number of the oldest entry that is kept; that of the next one if there is none. */
  readonly first: number;
  /** Number that the next entry gets. */
  readonly next: number;
  /** Bytes of the rows that are kept. */
  readonly size: number;
}

export const EMPTY: Bounds = { first: 1, next: 1, size: 0 };

/** The body of the row with a journal's bounds. */
export function writeBounds({ first, next, size }: Bounds): Uint8Array {
  out.clear();
  for (const number of [first, next, size]) out.double(number);
  return out.written();
}

/** Bounds from their row. @throws TlReadError */
export function readBounds(body: Uint8Array): Bounds {
  const r = new Reader(body);
  return { first: r.double(), next: r.double(), size: r.double() };
}
