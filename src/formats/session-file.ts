/**
 * The `.session` files of Telethon and Pyrogram: SQLite, with a table `sessions` of one row (protocol: Session formats).
 * In: the whole file. Out: a record. Never: a file that its program has open, if that can be seen (the caller looks for
 * its journal); contacts, hashes, phone numbers, which are there as well.
 *
 * Telethon has `dc_id, server_address, port, auth_key`, keeps its own user id as the hash of entity 0, and where its updates
 * stood in `update_state`. Pyrogram has `dc_id, test_mode, auth_key, user_id, is_bot`, and `api_id` since its second version.
 */
import type { StoredUpdates, SessionRecord } from '../account/record.ts';
import { FormatError } from './format-error.ts';
import { hostText, type Hints, isTestHost, plainRecord } from './parts.ts';
import { type SqliteRow, SqliteFile, type Value } from './sqlite.ts';

export interface FromFile {
  readonly format: 'telethon-file' | 'pyrogram-file';
  readonly record: SessionRecord;
}

/** @throws FormatError for what is none of the two, is changed, or has no session in it */
export function readSessionFile(bytes: Buffer, hints: Hints = {}): FromFile {
  const file = new SqliteFile(bytes);
  const sessions = file.rows('sessions');
  if (sessions === undefined)
    throw new FormatError('this SQLite file has no table of sessions: it is no .session file');
  const [row, another] = [...sessions];
  if (row === undefined) throw new FormatError('nobody is signed in with this file');
  if (another !== undefined) throw new FormatError('this file has several sessions: that is not known here');
  if ('server_address' in row) return { format: 'telethon-file', record: telethon(file, row, hints) };
  if ('test_mode' in row) return { format: 'pyrogram-file', record: pyrogram(row) };
  throw new FormatError('its table of sessions is neither of Telethon nor of Pyrogram');
}

function telethon(file: SqliteFile, row: SqliteRow, { test }: Hints): SessionRecord {
  const address = row['server_address'] ?? null;
  // Other programs write these files without one, and Telethon then goes to its own.
  const host = address === null ? undefined : hostText(text(address));
  const own = first(file, 'entities');
  const updates = first(file, 'update_state');
  return {
    ...plainRecord({
      dc: integer(row['dc_id'], 255),
      test: test ?? (host !== undefined && isTestHost(host)),
      host,
      port: host === undefined ? 0 : integer(row['port'], 65_535),
      key: key(row['auth_key']),
      userId: own === undefined ? undefined : userId(own['hash']),
    }),
    updates: updates === undefined ? undefined : stateOf(updates),
  };
}

/** The row with the number 0, where Telethon keeps what is the account's own. */
function first(file: SqliteFile, table: string): SqliteRow | undefined {
  for (const row of file.rows(table, 0n) ?? []) return row['id'] === 0n ? row : undefined;
  return undefined;
}

function stateOf(row: SqliteRow): StoredUpdates {
  const at = (name: string): number => integer(row[name], 0x7fff_ffff);
  return { pts: at('pts'), qts: at('qts'), date: at('date'), seq: at('seq') };
}

function pyrogram(row: SqliteRow): SessionRecord {
  const apiId = row['api_id'] ?? null;
  return plainRecord({
    dc: integer(row['dc_id'], 255),
    test: integer(row['test_mode'], 1) === 1,
    key: key(row['auth_key']),
    userId: userId(row['user_id']),
    isBot: (row['is_bot'] ?? null) !== null && integer(row['is_bot'], 1) === 1,
    apiId: apiId === null || apiId === 0n ? undefined : integer(apiId, 0x7fff_ffff),
  });
}

function integer(value: Value | undefined, most: number): number {
  if (typeof value !== 'bigint' || value < 0n || value > BigInt(most)) throw new FormatError('a number in it is none');
  return Number(value);
}

/** Undefined if nobody has signed in, or it was not kept. */
function userId(value: Value | undefined): bigint | undefined {
  return typeof value === 'bigint' && value > 0n ? value : undefined;
}

function text(value: Value): string {
  if (typeof value !== 'string') throw new FormatError('the address in it is none');
  return value;
}

function key(value: Value | undefined): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new FormatError('nobody is signed in with this file');
  return value;
}
