/**
 * The formats of sessions that are text: which there are, and which of them a text is.
 * In: a text, or a record and a name. Out: a record, or a text. Never: a guess between two; a part of the text in an error.
 * What is no text stands in `NO_TEXT`: files (`session-file.ts`) and a folder (`tdata.ts`).
 */
import type { SessionRecord } from '../account/record.ts';
import { FormatError } from './format-error.ts';
import { readGramjs, writeGramjs } from './gramjs.ts';
import { readMtcute, writeMtcute } from './mtcute.ts';
import { readMtkruto, readMtkrutoOld, writeMtkruto, writeMtkrutoOld } from './mtkruto.ts';
import { readOriginal, writeOriginal } from './original.ts';
import { type Hints, MAX_TEXT } from './parts.ts';
import { readOneString, readPortable, writeOneString, writePortable } from './portable.ts';
import {
  readPyrogram,
  readPyrogramOld,
  readPyrogramOldest,
  writePyrogram,
  writePyrogramOld,
  writePyrogramOldest,
} from './pyrogram.ts';
import { readTelethon, writeTelethon } from './telethon.ts';

export type { Hints };
export { FormatError };

export interface Format {
  /** As `--format` has it. */
  readonly name: string;
  readonly title: string;
  /** What a record has and this format has no room for; for the documents. */
  readonly lacks: string;
  /** @throws FormatError */
  readonly read: (text: string, hints?: Hints) => SessionRecord;
  /** @throws FormatError */
  readonly write: (record: SessionRecord) => string;
}

const row = (name: string, title: string, lacks: string, read: Format['read'], write: Format['write']): Format => ({
  name,
  title,
  lacks,
  read,
  write,
});

export const FORMATS: readonly Format[] = [
  row('json', 'everything, as one JSON object', 'nothing', readPortable, writePortable),
  row('string', 'everything, as one string', 'nothing', readOneString, writeOneString),
  row('original', "the gateway's own session line", 'user, bot, api_id, salts', readOriginal, writeOriginal),
  row('telethon', 'Telethon StringSession', 'user, bot, api_id', readTelethon, writeTelethon),
  row('gramjs', 'gramjs StringSession', 'user, bot, api_id', readGramjs, writeGramjs),
  row('pyrogram', 'Pyrogram 2', 'address', readPyrogram, writePyrogram),
  row('pyrogram-old', 'Pyrogram 1, 356 characters', 'address, api_id', readPyrogramOld, writePyrogramOld),
  row('pyrogram-oldest', 'Pyrogram 1, 351 characters', 'address, api_id', readPyrogramOldest, writePyrogramOldest),
  row('mtcute', 'mtcute, version 3', 'api_id', readMtcute, writeMtcute),
  row('mtkruto', 'MTKruto', 'address', readMtkruto, writeMtkruto),
  row('mtkruto-old', 'MTKruto, without the account', 'address, user, bot, api_id', readMtkrutoOld, writeMtkrutoOld),
];

/** What can only be imported. */
export const NO_TEXT: readonly Pick<Format, 'name' | 'title' | 'lacks'>[] = [
  { name: 'telethon-file', title: "Telethon's .session file (SQLite)", lacks: 'bot, api_id' },
  { name: 'pyrogram-file', title: "Pyrogram's .session file (SQLite)", lacks: 'address' },
  { name: 'tdata', title: "Telegram Desktop's folder", lacks: 'address, bot, api_id' },
];

/** @throws FormatError for a name that is none */
export function formatOf(name: string): Format {
  const format = FORMATS.find((one) => one.name === name);
  if (format === undefined)
    // A name that is longer may be what it should not be: a session.
    throw new FormatError(
      `there is no format ${name.length > 32 ? 'of that name' : JSON.stringify(name)}: ${FORMATS.map((one) => one.name).join(', ')}`,
    );
  return format;
}

export interface Imported {
  readonly record: SessionRecord;
  readonly format: Format;
}

/**
 * Reads a text in the format it is in, or in the one that is named.
 * @throws FormatError if it is in none, or could be in two
 */
export function importText(text: string, name?: string, hints: Hints = {}): Imported {
  const trimmed = text.trim();
  if (trimmed === '') throw new FormatError('there is no session: nothing was given');
  if (trimmed.length > MAX_TEXT) throw new FormatError('this is longer than any session');
  if (name === undefined) return detect(trimmed, hints);
  const format = formatOf(name);
  return { record: format.read(trimmed, hints), format };
}

/** Every format tries: each checks so much that a text of another is all but never taken for its own. */
function detect(text: string, hints: Hints): Imported {
  // JSON is told by its members, so that what is wrong with it is said and not only that it is unknown.
  if (text.startsWith('{')) {
    const format = formatOf(/"v"\s*:/.test(text) ? 'json' : 'original');
    return { record: format.read(text, hints), format };
  }
  const found = FORMATS.flatMap((format) => attempt(format, text, hints));
  const [first, second] = found;
  if (first === undefined)
    throw new FormatError(
      'this is no session in any format known here, or it is cut off: --format says why one is not it',
    );
  if (second === undefined) return first;
  const names = found.map(({ format }) => format.name).join(' or ');
  throw new FormatError(`this could be ${names}: say which with --format`);
}

function attempt(format: Format, text: string, hints: Hints): Imported[] {
  try {
    return [{ record: format.read(text, hints), format }];
  } catch (error) {
    if (error instanceof FormatError) return [];
    throw error;
  }
}
