/**
 * Link records: how the bytes of DIAL, LINK_UP, LINK_DOWN and CENTRE are written and read.
 * In: addresses, ends of connections, news of data centres. Out: the bytes of these records, and what they said.
 * Never: judges an address, or reads past the end of a record.
 */
import { Reader } from '../bytes/reader.ts';
import { Writer } from '../bytes/writer.ts';
import type { RecordCursor } from './batch.ts';

/** What becomes of a connection to a data centre; CENTRE says it by its place. */
const CENTRE_EVENTS = ['dialled', 'connected', 'back', 'lost', 'failed'] as const;
export type CentreEvent = (typeof CENTRE_EVENTS)[number];

/** Where a server can be reached: an IP literal (a name only where the operator configured one), a TCP port. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** Who named an address: the operator's are dialled as they are, others are judged at each dial (options: What it guards). */
export type NamedBy = 'operator' | 'client' | 'server';

/** A connection that is asked for. */
export interface Dial {
  /** Addresses of one server, in the order they are tried. */
  readonly addresses: readonly [ServerAddress, ...ServerAddress[]];
  readonly namedBy: NamedBy;
  /** A key will be created on it, which is costly for the server and for the lane. */
  readonly makesKey: boolean;
}

const DialFlag = { OF_CLIENT: 1, OF_SERVER: 2, MAKES_KEY: 4 } as const;
const NAMED_BY: Readonly<Record<NamedBy, number>> = {
  operator: 0,
  client: DialFlag.OF_CLIENT,
  server: DialFlag.OF_SERVER,
};

/** The flags of a DIAL record. */
export function dialFlags(namedBy: NamedBy, makesKey: boolean): number {
  return NAMED_BY[namedBy] | (makesKey ? DialFlag.MAKES_KEY : 0);
}

/** Writes the bytes of a DIAL record: the addresses of one server, in the order they are tried. */
export function writeDial(out: Writer, first: ServerAddress, others: readonly ServerAddress[]): void {
  writeAddress(out, first);
  for (const other of others) writeAddress(out, other);
}

/** What a DIAL record asks for. @throws TlReadError for bytes that end in the middle of an address */
export function readDial({ flags, bytes, start, stop }: RecordCursor): Dial {
  const r = new Reader(bytes, start, stop);
  const addresses: [ServerAddress, ...ServerAddress[]] = [readAddress(r)];
  while (r.left > 0) addresses.push(readAddress(r));
  const namedBy =
    (flags & DialFlag.OF_CLIENT) !== 0 ? 'client' : (flags & DialFlag.OF_SERVER) !== 0 ? 'server' : 'operator';
  return { addresses, namedBy, makesKey: (flags & DialFlag.MAKES_KEY) !== 0 };
}

/** The bytes of a LINK_UP record: the address that was reached. */
export function writeLinkUp(address: ServerAddress): Uint8Array {
  const out = new Writer(64);
  writeAddress(out, address);
  return out.written();
}

/** The address of a LINK_UP record. @throws TlReadError for bytes that end in the middle of it */
export function readLinkUp({ bytes, start, stop }: RecordCursor): ServerAddress {
  return readAddress(new Reader(bytes, start, stop));
}

/** `port i32 | host string`, as TL has them. */
function writeAddress(out: Writer, { host, port }: ServerAddress): void {
  out.int32(port);
  out.string(Buffer.from(host));
}

function readAddress(r: Reader): ServerAddress {
  const port = r.int32();
  return { host: Buffer.from(r.view()).toString(), port };
}

/** How a connection ended, or why there was none. */
export interface LinkEnd {
  /** The system's code, `ECONNREFUSED`, or `END` for an orderly end. */
  readonly code: string;
  readonly wasNeverUp: boolean;
  readonly hasTimedOut: boolean;
  readonly isNotAllowed: boolean;
}

export const DownFlag = { NEVER_UP: 1, TIMED_OUT: 2, NOT_ALLOWED: 4 } as const;

/** The flags of a LINK_DOWN record: `DownFlag`. */
export function linkDownFlags({ wasNeverUp, hasTimedOut, isNotAllowed }: LinkEnd): number {
  return (
    (wasNeverUp ? DownFlag.NEVER_UP : 0) |
    (hasTimedOut ? DownFlag.TIMED_OUT : 0) |
    (isNotAllowed ? DownFlag.NOT_ALLOWED : 0)
  );
}

/** The bytes of a LINK_DOWN record: the system's code, ASCII. */
export function writeLinkDown({ code }: LinkEnd): Uint8Array {
  return Buffer.from(code, 'latin1');
}

/** What a LINK_DOWN record says. */
export function readLinkDown(record: RecordCursor): LinkEnd {
  const { flags } = record;
  return {
    code: asciiOf(record),
    wasNeverUp: (flags & DownFlag.NEVER_UP) !== 0,
    hasTimedOut: (flags & DownFlag.TIMED_OUT) !== 0,
    isNotAllowed: (flags & DownFlag.NOT_ALLOWED) !== 0,
  };
}

/** The flags of a CENTRE record: the place of the event in `CENTRE_EVENTS`. */
export function centreFlags(event: CentreEvent): number {
  return CENTRE_EVENTS.indexOf(event);
}

/** Writes the bytes of a CENTRE record: its fields as JSON text. */
export function writeCentre(out: Writer, fields: object): void {
  out.raw(Buffer.from(JSON.stringify(fields)));
}

/** What a CENTRE record says. @throws RangeError for an event that is none, SyntaxError for text that is not JSON */
export function readCentre(record: RecordCursor): { event: CentreEvent; fields: Record<string, unknown> } {
  const event = CENTRE_EVENTS[record.flags];
  if (event === undefined) throw new RangeError(`event ${record.flags} of a data centre`);
  const text = Buffer.from(record.bytes.subarray(record.start, record.stop)).toString();
  return { event, fields: JSON.parse(text) as Record<string, unknown> };
}

function asciiOf({ bytes, start, stop }: RecordCursor): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, stop - start).toString('latin1');
}
