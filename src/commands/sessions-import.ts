/**
 * Where `sessions import` has its session from: standard input, a file (text, or a `.session` of SQLite), or Telegram
 * Desktop's folder.
 * In: a path, flags. Out: a record as the vault is to keep it. Never: a session from the command line, where everybody
 * sees it; a guess between two accounts.
 */
import { readFileSync, statSync } from 'node:fs';
import type { SessionRecord } from '../account/record.ts';
import { allowList } from '../address/allow-list.ts';
import { PRODUCTION_DCS, TEST_DCS } from '../address/data-centres.ts';
import { ConfigError } from '../config/config.ts';
import { type Format, FormatError, formatOf, importText } from '../formats/formats.ts';
import { readSessionFile } from '../formats/session-file.ts';
import { SQLITE_MAGIC } from '../formats/sqlite.ts';
import { type DesktopAccount, readTdata } from '../formats/tdata.ts';
import { SessionsError } from './sessions-vault.ts';

/** Flags of `sessions import` and `export`: what a format may not hold. */
export interface Said {
  readonly format?: string | undefined;
  readonly passcodeFile?: string | undefined;
  readonly account?: number | undefined;
  readonly dc?: number | undefined;
  readonly test?: boolean | undefined;
  readonly apiId?: number | undefined;
  readonly userId?: bigint | undefined;
  readonly bot?: boolean | undefined;
}

/** Standard input is read up to here, bytes; a session's text is below 64 KiB. */
const MAX_INPUT = 1 << 20;
/** A file is read up to here, bytes: Telethon's and Pyrogram's hold all contacts. */
const MAX_FILE = 64 << 20;
/** A longer path that names no file may be a session itself, which no error may show, characters. */
const LONGEST_PATH_SHOWN = 200;
export const TDATA = 'tdata';
const FILE_FORMATS: readonly string[] = ['telethon-file', 'pyrogram-file'];

/**
 * Telegram's own networks (core.telegram.org/resources/cidr.txt, and those of the built-in list): a key of a data centre
 * works at each of its addresses, so that such a one is not kept: the gateway has its own list, and that can change.
 */
const TELEGRAM = allowList([
  ...['91.105.192.0/23', '91.108.4.0/22', '91.108.8.0/22', '91.108.12.0/22', '91.108.16.0/22', '91.108.20.0/22'],
  ...['91.108.56.0/22', '95.161.64.0/20', '149.154.160.0/20', '185.76.151.0/24'],
  ...['2001:b28:f23c::/48', '2001:b28:f23d::/48', '2001:b28:f23f::/48', '2001:67c:4e8::/48', '2a0a:f280::/32'],
]);
/** Names that browsers know the data centres by. */
const TELEGRAM_NAME = /^[a-z-]+(?:-\d)?\.web\.telegram\.org$/;

/**
 * Reads a session of another program, and completes it by the flags.
 * @param path `-` is standard input
 * @throws ConfigError, FormatError, SessionsError
 */
export async function readSession(path: string, said: Said): Promise<{ record: SessionRecord; format: string }> {
  const folder = path !== '-' && isFolder(path);
  if (said.format !== undefined && folder !== (said.format === TDATA))
    throw new ConfigError([
      folder
        ? `${path} is a folder: --format ${TDATA} is the one for folders`
        : `${path} is not a folder, and --format ${TDATA} needs one`,
    ]);
  // A folder that does not say its environment says production.
  if (folder) {
    const record = fromTdata(path, said);
    return { record: completed({ ...record, test: said.test ?? record.test }, said), format: TDATA };
  }
  const isFile = FILE_FORMATS.includes(said.format ?? '');
  if (said.format !== undefined && !isFile) formatNamed(said.format);
  const input = path === '-' ? await standardInput() : fromFile(path);
  try {
    if (isFile || isSqlite(input)) return fromSqlite(path, input, said);
    const { record, format } = importText(input.toString('latin1'), said.format, said);
    return { record: completed(record, said), format: format.name };
  } finally {
    input.fill(0);
  }
}

/** The text format that `--format` names. @throws ConfigError if there is none: exit code 2 */
export function formatNamed(name: string): Format {
  try {
    return formatOf(name);
  } catch (error) {
    throw error instanceof FormatError ? new ConfigError([error.message]) : error;
  }
}

function fromSqlite(path: string, input: Buffer, said: Said): { record: SessionRecord; format: string } {
  for (const journal of ['-journal', '-wal'])
    if (path !== '-' && (statSync(path + journal, { throwIfNoEntry: false })?.size ?? 0) > 0)
      throw new SessionsError(
        `${path} is open in another program, or was not closed properly (${journal} is not empty): stop the program, or open and close the session there once`,
      );
  const { record, format } = readSessionFile(input, said);
  if (said.format !== undefined && said.format !== format)
    throw new FormatError(`the file is ${format}, not ${said.format}`);
  return { record: completed(record, said), format };
}

function isSqlite(input: Buffer): boolean {
  return input.subarray(0, SQLITE_MAGIC.length).equals(SQLITE_MAGIC);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw cannotRead(path, error);
  }
}

function fromFile(path: string): Buffer {
  try {
    if (statSync(path).size > MAX_FILE)
      throw new SessionsError(`${path} is larger than any session file (${MAX_FILE} bytes)`);
    return readFileSync(path);
  } catch (error) {
    throw error instanceof SessionsError ? error : cannotRead(path, error);
  }
}

function cannotRead(path: string, error: unknown): ConfigError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  return new ConfigError([
    path.length > LONGEST_PATH_SHOWN
      ? `the file cannot be read (${code}): a session itself is given on standard input, not as an argument`
      : `${path} cannot be read (${code})`,
  ]);
}

async function standardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_INPUT) throw new SessionsError(`standard input is longer than any session (${MAX_INPUT} bytes)`);
  }
  const whole = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  return whole;
}

function fromTdata(folder: string, { passcodeFile, account }: Said): SessionRecord {
  const passcode = passcodeFile === undefined ? Buffer.alloc(0) : withoutNewline(fromFile(passcodeFile));
  let accounts: DesktopAccount[];
  try {
    accounts = readTdata(folder, passcode);
  } finally {
    passcode.fill(0);
  }
  if (accounts.length === 0) throw new FormatError('no account is signed in in this folder');
  const wanted = account === undefined ? accounts : accounts.filter(({ number }) => number === account);
  const [one, another] = wanted;
  if (one !== undefined && another === undefined) return one.record;
  const list = accounts.map(({ number, record }) => `${number} (user ${record.userId})`).join(', ');
  throw new FormatError(
    one === undefined
      ? `the folder has no account ${account}, but ${list}`
      : `the folder has several accounts: choose one with --account: ${list}`,
  );
}

/** Without the one line end that an editor or `echo` leaves. */
function withoutNewline(bytes: Buffer): Buffer {
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? -2 : -1) : bytes.length;
  return bytes.subarray(0, end);
}

/**
 * Adds what the flags say, and takes out an address of Telegram's own.
 * @throws SessionsError if they contradict
 */
export function completed(record: SessionRecord, said: Said): SessionRecord {
  agree('--dc', record.dc, said.dc);
  agree('--test', record.test, said.test);
  agree('--api-id', record.apiId, said.apiId);
  agree('--user-id', record.userId, said.userId);
  const isTelegrams = record.host !== undefined && isTelegram(record.host, record.port) && isListed(record);
  return {
    ...record,
    apiId: record.apiId ?? said.apiId,
    userId: record.userId ?? said.userId,
    isBot: record.isBot || said.bot === true,
    ...(isTelegrams ? { host: undefined, port: 0 } : {}),
  };
}

function agree<T>(flag: string, inside: T | undefined, said: T | undefined): void {
  if (inside !== undefined && said !== undefined && inside !== said)
    throw new SessionsError(`${flag} is ${String(said)}, but the session says ${String(inside)}`);
}

function isTelegram(host: string, port: number): boolean {
  return TELEGRAM.permits(host, port) || TELEGRAM_NAME.test(host);
}

function isListed({ dc, test }: SessionRecord): boolean {
  return (test ? TEST_DCS : PRODUCTION_DCS).some(({ id }) => id === dc);
}
