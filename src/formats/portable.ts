/**
 * Portable: the gateway's own formats, which have everything of a record: one JSON object (to read and store), and one string (to paste).
 * `{"v":1,"test":false,"dc":2,"keys":{"2":"<base64>"},…}`; the string is `mj1`, then base64url of the record's bytes and the first 4 bytes of
 * their SHA-256, by which a cut or mistyped string is refused.
 * In: a text, or a record. Out: the other. Never: a loss of anything that the record had.
 */
import { createHash } from 'node:crypto';
import {
  type StoredTemporary,
  readRecord,
  recordRoom,
  RecordError,
  type SessionRecord,
  writeRecord,
} from '../account/record.ts';
import { Writer } from '../bytes/writer.ts';
import { FormatError } from './format-error.ts';
import {
  halves,
  int64Member,
  integerMember,
  joined,
  keyMember,
  type JsonMembers,
  membersOf,
  numberMember,
  parseMembers,
  textMember,
  booleanMember,
} from './json-text.ts';
import { fromBase64, keyFrom, base64Of, MAX_TEXT } from './parts.ts';

const VERSION = 1;
const PREFIX = 'mj1';
const SUM = 4;
const INT = 0x7fff_ffff;
/** Entries that a list of salts or waits has at most. */
const MAX_LIST = 1_024;

/** Reads the JSON object. @throws FormatError */
export function readPortable(json: string): SessionRecord {
  const from = parseMembers(json);
  if (integerMember(from, 'v', 0, INT) !== VERSION) throw new FormatError(`it has no "v":${VERSION}`);
  const dc = integerMember(from, 'dc', 1, 0xffff);
  if (dc === undefined) throw new FormatError('it has no dc');
  const { low, high } = halves(int64Member(from, 'session_id') ?? 0n);
  const userId = int64Member(from, 'user_id');
  if (userId !== undefined && userId < 0n) throw new FormatError('user_id in it is none');
  return {
    test: booleanMember(from, 'test') ?? false,
    dc,
    host: textMember(from, 'host', 253),
    port: integerMember(from, 'port', 0, 65_535) ?? 0,
    rsa: textMember(from, 'rsa', 8192),
    keys: keysOf(membersOf(from['keys'] ?? {}, 'keys')),
    temporary: temporaryOf(from),
    sessionLow: low,
    sessionHigh: high,
    lastSeqNo: integerMember(from, 'last_seqno', 0, INT) ?? 0,
    salts: listOf(from, 'salts', (one) => ({
      since: integerMember(one, 'since', 0, INT) ?? 0,
      until: integerMember(one, 'until', 0, INT) ?? 0,
      ...halves(int64Member(one, 'salt') ?? 0n),
    })),
    timeOffset: Math.round((numberMember(from, 'server_time_diff') ?? 0) * 1000),
    userId,
    isBot: booleanMember(from, 'is_bot') ?? false,
    apiId: integerMember(from, 'api_id', 1, INT),
    floods: listOf(from, 'flood_waits', (one) => ({
      method: (integerMember(one, 'method', 0, 0xffff_ffff) ?? 0) | 0,
      until: integerMember(one, 'until', 0, Number.MAX_SAFE_INTEGER) ?? 0,
    })),
    updates: updatesOf(from),
    lost: textMember(from, 'lost', 128),
    isResident: booleanMember(from, 'is_resident') ?? false,
    initText: checkedInit(textMember(from, 'init_connection', MAX_TEXT)),
  };
}

/** The text, if it is JSON of an object. @throws FormatError */
function checkedInit(text: string | undefined): string | undefined {
  if (text !== undefined) parseMembers(text);
  return text;
}

function keysOf(keys: JsonMembers): SessionRecord['keys'] {
  return Object.keys(keys).map((name) => {
    if (!/^[1-9]\d{0,4}$/.test(name) || Number(name) > 0xffff)
      throw new FormatError('keys in it are not by data centre');
    return { dc: Number(name), key: keyMember(keys, name) };
  });
}

function temporaryOf(from: JsonMembers): SessionRecord['temporary'] {
  if (from['temporary_key'] === undefined) return undefined;
  const one = membersOf(from['temporary_key'], 'temporary_key');
  // Without a key, or with one that was not bound: forward secrecy is wanted, and a key has to be made.
  if (one['key'] === undefined || booleanMember(one, 'bound') === false)
    return { key: undefined, notBefore: integerMember(one, 'not_before', 0, INT) ?? 0 };
  return { key: keyMember(one, 'key'), until: integerMember(one, 'until', 0, INT) ?? 0 };
}

function updatesOf(from: JsonMembers): SessionRecord['updates'] {
  if (from['updates_state'] === undefined) return undefined;
  const one = membersOf(from['updates_state'], 'updates_state');
  const at = (name: string): number => integerMember(one, name, -INT - 1, INT) ?? 0;
  return { pts: at('pts'), qts: at('qts'), date: at('date'), seq: at('seq') };
}

function listOf<T>(from: JsonMembers, name: string, read: (one: JsonMembers) => T): T[] {
  const list = from[name] ?? [];
  if (!Array.isArray(list) || list.length > MAX_LIST) throw new FormatError(`${name} in it is no list`);
  return list.map((one) => read(membersOf(one, name)));
}

/** Writes the JSON object in one line. What the record lacks is left out. */
export function writePortable(record: SessionRecord): string {
  const { temporary, userId, salts, floods, updates } = record;
  return JSON.stringify({
    v: VERSION,
    test: record.test,
    dc: record.dc,
    host: record.host,
    port: record.port || undefined,
    rsa: record.rsa,
    keys: Object.fromEntries(record.keys.map((kept) => [kept.dc, base64(kept.key)])),
    user_id: userId === undefined || userId > BigInt(Number.MAX_SAFE_INTEGER) ? userId?.toString() : Number(userId),
    is_bot: record.isBot,
    api_id: record.apiId,
    temporary_key: temporary && membersOfTemporary(temporary),
    session_id: joined(record.sessionLow, record.sessionHigh).toString(),
    last_seqno: record.lastSeqNo,
    server_time_diff: record.timeOffset / 1000,
    salts: salts.map(({ since, until, low, high }) => ({ since, until, salt: joined(low, high).toString() })),
    flood_waits: floods.map(({ method, until }) => ({ method: method >>> 0, until })),
    updates_state: updates,
    lost: record.lost,
    is_resident: record.isResident || undefined,
    init_connection: record.initText,
  });
}

function membersOfTemporary(temporary: StoredTemporary): Record<string, unknown> {
  if (temporary.key === undefined) return { not_before: temporary.notBefore || undefined };
  return { key: base64(temporary.key), until: temporary.until };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** Reads the string. @throws FormatError */
export function readOneString(string: string): SessionRecord {
  if (!string.startsWith(PREFIX)) throw new FormatError(`it does not begin with ${PREFIX}`);
  const bytes = fromBase64(string.slice(PREFIX.length));
  const end = Math.max(0, bytes.length - SUM);
  try {
    if (!sumOf(bytes.subarray(0, end)).equals(bytes.subarray(end))) throw new FormatError('it is cut off or changed');
    const record = readRecord(bytes.subarray(0, end));
    for (const kept of record.keys) keyFrom(kept.key);
    checkedInit(record.initText);
    return record;
  } catch (error) {
    if (error instanceof RecordError) throw new FormatError(error.message);
    throw error;
  } finally {
    bytes.fill(0);
  }
}

/** Writes the string. */
export function writeOneString(record: SessionRecord): string {
  const out = new Writer(recordRoom(record));
  writeRecord(out, record);
  const bytes = out.written();
  const text = PREFIX + base64Of('base64url', bytes, sumOf(bytes));
  bytes.fill(0);
  return text;
}

function sumOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, SUM);
}
