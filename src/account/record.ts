/**
 * Session record: everything that a session of an account needs to continue in another process or program, and its bytes.
 * In: a record, or bytes that were written here. Out: the other. Never: seals, stores or shows a record: its keys are secret.
 *
 * The bytes are like TL, little-endian: `magic "mj", version u16 | flags int | fields`. Flags say which optional fields follow, counts
 * how long the lists are. Lanes, vault and commands use this one form.
 *
 * Version 2 is version 1 with two fields more, `isResident` and `initText`. A record that has neither is written as version 1, so that
 * an older gateway reads it. Of a record of version 2 an older gateway says `VaultRecordBroken`, and leaves it as it is: it would lose
 * both fields when it next stored the session.
 */
import { Reader, TlReadError } from '../bytes/reader.ts';
import { Writer } from '../bytes/writer.ts';

/** A permanent key at one data centre. */
export interface StoredKey {
  readonly dc: number;
  /** 256 bytes. Secret. */
  readonly key: Uint8Array;
}

/** A salt, as two halves, and from when until when it is valid, server seconds. */
export interface StoredSalt {
  readonly since: number;
  readonly until: number;
  readonly low: number;
  readonly high: number;
}

/** A wait that the server asked for: the constructor id of the method, and the end of the wait, Unix ms. */
export interface StoredFlood {
  readonly method: number;
  readonly until: number;
}

/** Forward secrecy at the home data centre: the temporary key, or that one has to be made. Absent without forward secrecy. */
export type StoredTemporary = StoredTemporaryKey | NoTemporaryKey;

/** A temporary key that is bound to the permanent one, so that a restart can use it. */
export interface StoredTemporaryKey {
  /** 256 bytes. Secret. */
  readonly key: Uint8Array;
  /** When the key expires, server seconds. */
  readonly until: number;
}

/** Forward secrecy without a temporary key yet. */
export interface NoTemporaryKey {
  readonly key: undefined;
  /** Until when the session uses its permanent key after failures, Unix seconds; 0: a temporary key is made at once. */
  readonly notBefore: number;
}

/** `updates.state` as the server gave it last: the position in the account's updates. */
export interface StoredUpdates {
  readonly pts: number;
  readonly qts: number;
  readonly date: number;
  readonly seq: number;
}

/** A session of an account, decoded. Secret. */
export interface SessionRecord {
  /** The session is of the test data centres. */
  readonly test: boolean;
  /** Number of the home data centre. */
  readonly dc: number;
  /** Host of the home data centre, if it is not in the gateway's own list. */
  readonly host: string | undefined;
  readonly port: number;
  /** RSA key of that server, PEM, if it is not a built-in one. */
  readonly rsa: string | undefined;
  /** Permanent keys, one for each data centre; that of the home data centre is among them. */
  readonly keys: readonly StoredKey[];
  readonly temporary: StoredTemporary | undefined;
  /** MTProto's session_id, in two halves; both are 0 if there is none. */
  readonly sessionLow: number;
  readonly sessionHigh: number;
  /** seqno of the last content-related message that was sent in that MTProto session. */
  readonly lastSeqNo: number;
  readonly salts: readonly StoredSalt[];
  /** Server time minus this machine's, ms. */
  readonly timeOffset: number;
  /** Id of the account's user; undefined before the first login. */
  readonly userId: bigint | undefined;
  readonly isBot: boolean;
  readonly apiId: number | undefined;
  readonly floods: readonly StoredFlood[];
  readonly updates: StoredUpdates | undefined;
  /** Why Telegram has ended the session (`AUTH_KEY_UNREGISTERED`, …); undefined while it can be used. */
  readonly lost: string | undefined;
  /** The gateway opens the session at its own start and keeps it open. */
  readonly isResident: boolean;
  /** JSON text of the parameters of `initConnection` that the session is bound to; undefined while nobody gave any. */
  readonly initText: string | undefined;
}

/** The newest version of the bytes; newer ones are refused. */
export const RECORD_VERSION = 2;
/** `mj`, little-endian. */
const MAGIC = 0x6a6d;
const KEY_LENGTH = 256;
const NO_KEY = new Uint8Array(KEY_LENGTH);

const Has = {
  TEST: 1,
  HOST: 2,
  RSA: 4,
  TEMPORARY: 8,
  BOUND: 16,
  USER: 32,
  BOT: 64,
  API_ID: 128,
  UPDATES: 256,
  LOST: 512,
  RESIDENT: 1024,
  INIT_TEXT: 2048,
} as const;
/** What version 1 has no room for. */
const SINCE_VERSION_2 = Has.RESIDENT | Has.INIT_TEXT;

/** Bytes that are no record of this version. The message never has a part of the bytes. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
}

/** A record without a key, of a session that nobody has signed in with. */
export function emptyRecord(dc: number, test: boolean): SessionRecord {
  return {
    test,
    dc,
    host: undefined,
    port: 0,
    rsa: undefined,
    keys: [],
    temporary: undefined,
    sessionLow: 0,
    sessionHigh: 0,
    lastSeqNo: 0,
    salts: [],
    timeOffset: 0,
    userId: undefined,
    isBot: false,
    apiId: undefined,
    floods: [],
    updates: undefined,
    lost: undefined,
    isResident: false,
    initText: undefined,
  };
}

/**
 * The most bytes that a record may take. A writer that begins with so many never grows: one that grows leaves the block that
 * became too small behind, with keys in it.
 */
export function recordRoom({ host, rsa, lost, initText, keys, salts, floods }: SessionRecord): number {
  // A UTF-16 unit has at most three bytes; 1024 are more than all that each record has once.
  const texts = [host, rsa, lost, initText].reduce((sum, text) => sum + 3 * (text?.length ?? 0), 0);
  return 1024 + texts + keys.length * 260 + salts.length * 16 + floods.length * 12;
}

/** Appends the bytes of a record. */
export function writeRecord(out: Writer, record: SessionRecord): void {
  const flags = flagsOf(record);
  out.int32(MAGIC | (((flags & SINCE_VERSION_2) === 0 ? 1 : RECORD_VERSION) << 16));
  out.int32(flags);
  out.int32(record.dc);
  out.int32(record.port);
  for (const text of [record.host, record.rsa, record.lost]) if (text !== undefined) out.string(Buffer.from(text));
  out.int32(record.keys.length);
  for (const { dc, key } of record.keys) {
    out.int32(dc);
    out.raw(key);
  }
  if (record.temporary !== undefined) writeTemporary(out, record.temporary);
  out.long(record.sessionLow, record.sessionHigh);
  out.int32(record.lastSeqNo);
  out.double(record.timeOffset);
  if (record.userId !== undefined)
    out.long(Number(BigInt.asIntN(32, record.userId)), Number(BigInt.asIntN(32, record.userId >> 32n)));
  if (record.apiId !== undefined) out.int32(record.apiId);
  writeLists(out, record);
  if (record.initText !== undefined) out.string(Buffer.from(record.initText));
}

/** A missing temporary key is written as 256 zero bytes. */
function writeTemporary(out: Writer, temporary: StoredTemporary): void {
  out.raw(temporary.key ?? NO_KEY);
  out.int32(temporary.key === undefined ? temporary.notBefore : temporary.until);
}

function writeLists(out: Writer, { salts, floods, updates }: SessionRecord): void {
  out.int32(salts.length);
  for (const { since, until, low, high } of salts) for (const word of [since, until, low, high]) out.int32(word);
  out.int32(floods.length);
  for (const { method, until } of floods) {
    out.int32(method);
    out.double(until);
  }
  if (updates !== undefined) for (const word of [updates.pts, updates.qts, updates.date, updates.seq]) out.int32(word);
}

function flagsOf(record: SessionRecord): number {
  return (
    (record.test ? Has.TEST : 0) |
    (record.host === undefined ? 0 : Has.HOST) |
    (record.rsa === undefined ? 0 : Has.RSA) |
    (record.lost === undefined ? 0 : Has.LOST) |
    (record.temporary === undefined ? 0 : Has.TEMPORARY) |
    (record.temporary?.key === undefined ? 0 : Has.BOUND) |
    (record.userId === undefined ? 0 : Has.USER) |
    (record.isBot ? Has.BOT : 0) |
    (record.apiId === undefined ? 0 : Has.API_ID) |
    (record.updates === undefined ? 0 : Has.UPDATES) |
    (record.isResident ? Has.RESIDENT : 0) |
    (record.initText === undefined ? 0 : Has.INIT_TEXT)
  );
}

/**
 * Reads the bytes of one record; keys are copies, so that the bytes may be wiped.
 * @throws RecordError for bytes that are none, or of a newer version
 */
export function readRecord(bytes: Uint8Array): SessionRecord {
  try {
    const r = new Reader(bytes);
    const record = readFields(r);
    if (r.left !== 0) throw new RecordError('the record is longer than it should be');
    return record;
  } catch (error) {
    if (error instanceof TlReadError) throw new RecordError('the record is cut off');
    throw error;
  }
}

/** Zeroes the keys of a record that `readRecord` made; the record must not be used afterwards. */
export function wipeRecord({ keys, temporary }: SessionRecord): void {
  for (const { key } of keys) key.fill(0);
  temporary?.key?.fill(0);
}

function readFields(r: Reader): SessionRecord {
  const head = r.int32();
  if ((head & 0xffff) !== MAGIC) throw new RecordError('this is no session record');
  const version = head >>> 16;
  if (version < 1 || version > RECORD_VERSION)
    throw new RecordError(`the record has version ${version}, this program reads 1 to ${RECORD_VERSION}`);
  const flags = r.int32();
  const has = (flag: number): boolean => (flags & flag) !== 0;
  // In the order of the bytes: properties are evaluated from top to bottom.
  return {
    test: has(Has.TEST),
    isBot: has(Has.BOT),
    isResident: has(Has.RESIDENT),
    dc: r.int32(),
    port: r.int32(),
    host: has(Has.HOST) ? text(r) : undefined,
    rsa: has(Has.RSA) ? text(r) : undefined,
    lost: has(Has.LOST) ? text(r) : undefined,
    keys: list(r, 4 + KEY_LENGTH, () => ({ dc: r.int32(), key: Uint8Array.from(r.raw(KEY_LENGTH)) })),
    temporary: has(Has.TEMPORARY) ? temporary(r, has(Has.BOUND)) : undefined,
    sessionLow: r.int32(),
    sessionHigh: r.int32(),
    lastSeqNo: r.int32(),
    timeOffset: r.double(),
    userId: has(Has.USER) ? long(r) : undefined,
    apiId: has(Has.API_ID) ? r.int32() : undefined,
    salts: list(r, 16, () => ({ since: r.int32(), until: r.int32(), low: r.int32(), high: r.int32() })),
    floods: list(r, 12, () => ({ method: r.int32(), until: r.double() })),
    updates: has(Has.UPDATES) ? { pts: r.int32(), qts: r.int32(), date: r.int32(), seq: r.int32() } : undefined,
    initText: has(Has.INIT_TEXT) ? text(r) : undefined,
  };
}

function temporary(r: Reader, isThere: boolean): StoredTemporary {
  const key = r.raw(KEY_LENGTH);
  return isThere ? { key: Uint8Array.from(key), until: r.int32() } : { key: undefined, notBefore: r.int32() };
}

/** A list: its count is checked against the bytes that are left before an array is made. */
function list<T>(r: Reader, size: number, read: () => T): T[] {
  const count = r.int32();
  r.need(count < 0 ? Infinity : count * size);
  return Array.from({ length: count }, read);
}

function long(r: Reader): bigint {
  const low = r.int32();
  return (BigInt(r.int32()) << 32n) | BigInt(low >>> 0);
}

function text(r: Reader): string {
  return Buffer.from(r.view()).toString();
}
