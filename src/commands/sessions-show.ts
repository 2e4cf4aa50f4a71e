/**
 * What `sessions list` and `sessions show` say of a session.
 * In: a kept record. Out: an object for machines, lines for people. Never: a key, a salt, a session id.
 */
import { createHash } from 'node:crypto';
import { type StoredTemporary, readRecord, RecordError, type SessionRecord, wipeRecord } from '../account/record.ts';
import type { ListedSession } from '../vault/vault.ts';

/** What `sessions list --json` says of one session. */
export interface ListEntry {
  readonly name: string;
  readonly dc?: number;
  readonly test?: boolean;
  readonly user_id?: number;
  readonly is_bot?: boolean;
  /** auth_key_id of the home data centre. */
  readonly key?: string;
  readonly in_use: boolean;
  /** When its record was last written, ISO 8601. */
  readonly written: string | undefined;
  readonly lost?: string;
  /** The gateway opens it at its own start. */
  readonly resident?: true;
  readonly broken?: true;
}

/** What tells one key from another without being it: auth_key_id, hex (protocol: Objects and lifetimes). */
export function fingerprint(key: Uint8Array): string {
  return createHash('sha1').update(key).digest().subarray(12, 20).toString('hex');
}

/** Reads the record for `use`, and wipes its bytes and what was read; undefined for a broken record. */
function withRecord<T>({ record }: ListedSession, use: (record: SessionRecord | undefined) => T): T {
  let read: SessionRecord | undefined;
  try {
    if (record !== undefined) read = readRecord(record);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
  }
  record?.fill(0);
  const result = use(read);
  if (read !== undefined) wipeRecord(read);
  return result;
}

function time(milliseconds: number): string | undefined {
  return milliseconds === 0 ? undefined : new Date(milliseconds).toISOString();
}

function seconds(unix: number): string {
  return new Date(unix * 1000).toISOString();
}

/** What `list` says of a session; wipes the record's bytes. */
export function listEntry(kept: ListedSession): ListEntry {
  const own = { in_use: kept.owner === 'elsewhere', written: time(kept.writtenAt) };
  return withRecord(kept, (record) => {
    if (record === undefined) return { name: kept.name, broken: true, ...own };
    const home = record.keys.find(({ dc }) => dc === record.dc);
    return {
      name: kept.name,
      dc: record.dc,
      ...(record.test ? { test: true } : {}),
      ...(record.userId === undefined ? {} : { user_id: Number(record.userId), is_bot: record.isBot }),
      ...(home === undefined ? {} : { key: fingerprint(home.key) }),
      ...own,
      ...(record.lost === undefined ? {} : { lost: record.lost }),
      ...(record.isResident ? { resident: true } : {}),
    };
  });
}

/** The text of `sessions list`: a head and a line each, in columns as wide as needed. */
export function table(sessions: readonly ListEntry[]): string {
  const rows = sessions.map((one) => [
    one.name,
    one.broken ? 'broken' : `${one.dc}${one.test ? ' test' : ''}`,
    one.user_id === undefined ? '-' : `${one.user_id}${one.is_bot ? ' bot' : ''}`,
    one.key ?? '-',
    one.lost ?? (one.in_use ? 'in use' : 'free'),
    one.written ?? '-',
  ]);
  const all = [['name', 'dc', 'user', 'key', 'state', 'written'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return all.map((row) => `${line(row)}\n`).join('');
}

/** What `sessions show` says of a session: all but its secrets; wipes the record's bytes. */
export function membersShown(kept: ListedSession): Record<string, unknown> {
  return withRecord(kept, (record) => ({
    ...listEntry({ ...kept, record: undefined }),
    broken: record === undefined ? true : undefined,
    ...(record === undefined ? {} : described(record)),
  }));
}

function described(record: SessionRecord): Record<string, unknown> {
  const { temporary, updates, userId } = record;
  return {
    dc: record.dc,
    test: record.test,
    address: record.host === undefined ? undefined : `${record.host}:${record.port}`,
    own_server_key: record.rsa === undefined ? undefined : true,
    user_id: userId === undefined ? undefined : Number(userId),
    is_bot: userId === undefined ? undefined : record.isBot,
    api_id: record.apiId,
    keys: Object.fromEntries(record.keys.map(({ dc, key }) => [dc, fingerprint(key)])),
    ...(temporary && shownTemporary(temporary)),
    has_session_id: record.sessionLow !== 0 || record.sessionHigh !== 0,
    last_seqno: record.lastSeqNo,
    salts: record.salts.length,
    time_offset: Math.round(record.timeOffset) / 1000,
    flood_waits: record.floods.map(({ method, until }) => ({
      method: (method >>> 0).toString(16).padStart(8, '0'),
      until: time(until),
    })),
    updates_state: updates && { ...updates, date: seconds(updates.date) },
    lost: record.lost,
    resident: record.isResident || undefined,
    init_connection: record.initText,
  };
}

/** Until when there is a temporary key, or before when none is made again after faults. */
function shownTemporary(temporary: StoredTemporary): Record<string, unknown> {
  if (temporary.key !== undefined) return { temporary_key_until: seconds(temporary.until) };
  return { no_temporary_key_before: temporary.notBefore === 0 ? undefined : seconds(temporary.notBefore) };
}

/** One line a member; what is not known is left out. */
export function lines(members: Readonly<Record<string, unknown>>): string {
  const known = Object.entries(members).filter(([, value]) => value !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${words(value)}\n`).join('');
}

function words(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(words).join('; ');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([name, one]) => `${name} ${words(one)}`)
      .join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
}
