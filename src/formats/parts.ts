/**
 * What the formats share: base64, keys, addresses, and a record from what a format has.
 * In: pieces of a foreign form, or a record. Out: the other. Never: a piece in an error.
 */
import { emptyRecord, type SessionRecord } from '../account/record.ts';
import { addressText, parseAddress } from '../address/address.ts';
import { PRODUCTION_DCS, TEST_DCS } from '../address/data-centres.ts';
import { readBase64 } from '../bytes/base64.ts';
import { Reader, TlReadError } from '../bytes/reader.ts';
import { Writer } from '../bytes/writer.ts';
import { FormatError } from './format-error.ts';

/** Bytes of an authorization key. */
export const KEY_SIZE = 256;
/** No session text is longer; the original's line and the portable JSON with many keys stay far below. */
export const MAX_TEXT = 65_536;

/** What the user says beside the session, where a format does not. */
export interface Hints {
  readonly dc?: number | undefined;
  readonly test?: boolean | undefined;
}

/** What a format that holds one key says of the session. */
export interface Plain {
  readonly dc: number;
  readonly test: boolean;
  /** A view; it is copied. */
  readonly key: Uint8Array;
  readonly host?: string | undefined;
  readonly port?: number;
  readonly userId?: bigint | undefined;
  readonly isBot?: boolean;
  readonly apiId?: number | undefined;
}

/**
 * A record with one key and no more than the format knows.
 * @throws FormatError if there is no data centre 0, or the key is none
 */
export function plainRecord(plain: Plain): SessionRecord {
  if (plain.dc < 1) throw new FormatError('there is no data centre 0');
  return {
    ...emptyRecord(plain.dc, plain.test),
    keys: [{ dc: plain.dc, key: keyFrom(plain.key) }],
    host: plain.host,
    port: plain.host === undefined ? 0 : (plain.port ?? 0),
    userId: plain.userId,
    isBot: plain.isBot ?? false,
    apiId: plain.apiId,
  };
}

/** A copy of the key. @throws FormatError for another length, or 256 times the same byte, as a blank record would have */
export function keyFrom(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== KEY_SIZE) throw new FormatError('the key in it does not have 256 bytes');
  if (bytes.every((byte) => byte === bytes[0])) throw new FormatError('the key in it is blank');
  // Not `slice`: that of a Buffer is a view.
  return new Uint8Array(bytes);
}

/** The key of the home data centre. @throws FormatError if nobody has signed in yet */
export function homeKey(record: SessionRecord): Uint8Array {
  const kept = record.keys.find(({ dc }) => dc === record.dc);
  if (kept === undefined) throw new FormatError(`this session has no key of its data centre ${record.dc} yet`);
  return kept.key;
}

/** Number of the data centre, for formats that give it one byte. */
export function smallDc({ dc }: SessionRecord): number {
  if (dc < 1 || dc > 255) throw new FormatError(`this format has no room for the number of data centre ${dc}`);
  return dc;
}

/** Where the session's data centre is: as the record says, or as the built-in list does. */
export function serverAddress({ dc, test, host, port }: SessionRecord): {
  readonly host: string;
  readonly port: number;
} {
  if (host !== undefined) return { host, port };
  const known = (test ? TEST_DCS : PRODUCTION_DCS).find(({ id }) => id === dc);
  if (known === undefined)
    throw new FormatError(`this format needs an address, and none is known of ${test ? 'test ' : ''}data centre ${dc}`);
  return known;
}

/** An address as it is always written; a name as it is. @throws FormatError for what is neither */
export function hostText(text: string): string {
  const address = parseAddress(text);
  if (address !== undefined) return addressText(address);
  if (!/^(?=.*[a-z])[a-z\d]([\w.-]{0,250}[a-z\d])?$/i.test(text)) throw new FormatError('the address in it is none');
  return text;
}

/** Some forms do not say which environment they are of; an address of the test list does. */
export function isTestHost(host: string): boolean {
  return TEST_DCS.some((dc) => dc.host === host);
}

/** The bytes of base64, either alphabet, with padding or without. The caller wipes them. */
export function fromBase64(text: string): Buffer {
  if (!/^[\w+/-]+={0,2}$/.test(text)) throw new FormatError('this is no base64');
  const from = Buffer.from(text, 'latin1');
  const out = new Writer(from.length);
  const isGood = readBase64(out, from, 0, from.length);
  from.fill(0);
  if (!isGood) throw new FormatError('this is no whole base64');
  return out.written();
}

/**
 * Runs a reader over base64 text and wipes the bytes afterwards.
 * @throws FormatError in place of whatever the reader found
 */
export function readBytes<T>(text: string, read: (bytes: Buffer) => T): T {
  const bytes = fromBase64(text);
  try {
    return read(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** As `readBytes`, for TL bytes, which must be used up. */
export function readTl<T>(bytes: Uint8Array, read: (r: Reader) => T): T {
  try {
    const r = new Reader(bytes);
    const value = read(r);
    if (r.left !== 0) throw new FormatError('it is longer than it should be');
    return value;
  } catch (error) {
    if (error instanceof TlReadError) throw new FormatError('it is cut off or changed');
    throw error;
  }
}

/** Joins pieces, makes text of them, wipes the joined bytes. */
export function base64Of(encoding: 'base64' | 'base64url', ...pieces: readonly Uint8Array[]): string {
  const bytes = Buffer.concat(pieces);
  const text = bytes.toString(encoding);
  bytes.fill(0);
  return text;
}

/** What a format needs and a record lacks, by the flag that gives it. */
export function needed<T>(value: T | undefined, what: string, flag: string): T {
  if (value === undefined)
    throw new FormatError(`this format needs ${what}, which this session does not know: give ${flag}`);
  return value;
}

/** Whole and big-endian, for the formats that are laid out that way. */
export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
