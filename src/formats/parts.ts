/**
 * Parts: what the formats share: base64, keys, addresses, and a record made of what a format has.
 * In: parts of a session in another program's format, or a record. Out: the other. Never: a part in an error.
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
/** Characters that a session text has at most; session lines and JSON with many keys have far fewer. */
export const MAX_TEXT = 65_536;

/** What the user adds where a format has no room for it. */
export interface Hints {
  readonly dc?: number | undefined;
  readonly test?: boolean | undefined;
}

/** What a format with one key has. */
export interface Plain {
  readonly dc: number;
  readonly test: boolean;
  /** 256 bytes; `plainRecord` copies them. */
  readonly key: Uint8Array;
  readonly host?: string | undefined;
  readonly port?: number;
  readonly userId?: bigint | undefined;
  readonly isBot?: boolean;
  readonly apiId?: number | undefined;
}

/**
 * Makes a record with one key.
 * @throws FormatError for data centre 0, or a key that is none
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

/** A copy of a key. @throws FormatError if it has another length than 256, or one byte 256 times, as a blank record has */
export function keyFrom(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== KEY_SIZE) throw new FormatError('the key in it does not have 256 bytes');
  if (bytes.every((byte) => byte === bytes[0])) throw new FormatError('the key in it is blank');
  // `slice` of a Buffer is a view, not a copy.
  return new Uint8Array(bytes);
}

/** The key of the home data centre, not a copy. @throws FormatError if the record has none */
export function homeKey(record: SessionRecord): Uint8Array {
  const kept = record.keys.find(({ dc }) => dc === record.dc);
  if (kept === undefined) throw new FormatError(`this session has no key of its data centre ${record.dc} yet`);
  return kept.key;
}

/** The number of the home data centre, for formats with one byte for it. @throws FormatError above 255 */
export function smallDc({ dc }: SessionRecord): number {
  if (dc < 1 || dc > 255) throw new FormatError(`this format has no room for the number of data centre ${dc}`);
  return dc;
}

/** Host and port of the home data centre: the record's own, or those of the built-in list. @throws FormatError if there are none */
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

/** An IP address in its usual form, or a host name as it is. @throws FormatError for any other text */
export function hostText(text: string): string {
  const address = parseAddress(text);
  if (address !== undefined) return addressText(address);
  if (!/^(?=.*[a-z])[a-z\d]([\w.-]{0,250}[a-z\d])?$/i.test(text)) throw new FormatError('the address in it is none');
  return text;
}

/** Whether the address is one of the test data centres' list: some formats tell the environment only so. */
export function isTestHost(host: string): boolean {
  return TEST_DCS.some((dc) => dc.host === host);
}

/** Decodes base64 of either alphabet, with or without padding. The caller wipes the bytes. @throws FormatError */
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
 * Decodes base64 text, reads the bytes, and wipes them.
 * @throws FormatError for text that is no base64, and whatever `read` throws
 */
export function readBytes<T>(text: string, read: (bytes: Buffer) => T): T {
  const bytes = fromBase64(text);
  try {
    return read(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** Reads TL bytes. @throws FormatError if they are cut off, or some are left */
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

/** Joins pieces and encodes them; the joined bytes are wiped. */
export function base64Of(encoding: 'base64' | 'base64url', ...pieces: readonly Uint8Array[]): string {
  const bytes = Buffer.concat(pieces);
  const text = bytes.toString(encoding);
  bytes.fill(0);
  return text;
}

/** A value that a format needs. @param flag the option of the command line that gives it @throws FormatError if the record lacks it */
export function needed<T>(value: T | undefined, what: string, flag: string): T {
  if (value === undefined)
    throw new FormatError(`this format needs ${what}, which this session does not know: give ${flag}`);
  return value;
}

/** Two bytes, big-endian. */
export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
