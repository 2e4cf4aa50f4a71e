/**
 * Session file: the `.session` files of Telethon and Pyrogram: SQLite, with a table `sessions` of one row (protocol: Session formats).
 * In: the bytes of the whole file. Out: a record. Never: contacts, hashes or phone numbers, which these files have too. The caller
 * refuses a file that its program has open (it has a journal beside it).
 *
 * Telethon has `dc_id, server_address, port, auth_key`; its own user id is the hash of entity 0, the position in the updates is in
 * `update_state`. Pyrogram has `dc_id, test_mode, auth_key, user_id, is_bot`, and `api_id` since its version 2.
 */
import type { StoredUpdates, SessionRecord } from '../account/record.ts';
import { FormatError } from './format-error.ts';
import { hostText, type Hints, isTestHost, plainRecord } from './parts.ts';
import { type SqliteRow, SqliteFile, type Value } from './sqlite.ts';

/** A session that was read from a file. */
export interface FromFile {
  readonly format: 'telethon-file' | 'pyrogram-file';
  readonly record: SessionRecord;
}

/** Reads a session file. @throws FormatError for a file that is of neither program, is changed, or has no session */
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
  // Some programs write these files without an address; Telethon then uses its own list.
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

/** The row with number 0, which is about the account itself. */
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

/** A user id; undefined if the file has none. */
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
