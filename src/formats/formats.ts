/**
 * Formats: the table of the text formats of sessions, and which of them a text is in.
 * In: a text, or a record and the name of a format. Out: a record, or a text. Never: a guess between two formats; a part of the text in
 * an error. Formats that are no text stand in `NO_TEXT`: files (`session-file.ts`) and a folder (`tdata.ts`).
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

/** A text format. */
export interface Format {
  /** The value of `--format`. */
  readonly name: string;
  readonly title: string;
  /** What a record has but this format has no room for, for the documents. */
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

/** Every text format, in the order in which they are tried. */
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

/** Formats that are no text; they can be imported, not exported. */
export const NO_TEXT: readonly Pick<Format, 'name' | 'title' | 'lacks'>[] = [
  { name: 'telethon-file', title: "Telethon's .session file (SQLite)", lacks: 'bot, api_id' },
  { name: 'pyrogram-file', title: "Pyrogram's .session file (SQLite)", lacks: 'address' },
  { name: 'tdata', title: "Telegram Desktop's folder", lacks: 'address, bot, api_id' },
];

/** The format of this name. @throws FormatError if there is none */
export function formatOf(name: string): Format {
  const format = FORMATS.find((one) => one.name === name);
  if (format === undefined)
    // A longer name may be a session that was given in its place.
    throw new FormatError(
      `there is no format ${name.length > 32 ? 'of that name' : JSON.stringify(name)}; there are ${FORMATS.map((one) => one.name).join(', ')}`,
    );
  return format;
}

/** A session that was read, and its format. */
export interface Imported {
  readonly record: SessionRecord;
  readonly format: Format;
}

/**
 * Reads a session text, in the named format or in the only one that it can be in.
 * @throws FormatError if the text is in no format, or could be in two
 */
export function importText(text: string, name?: string, hints: Hints = {}): Imported {
  const trimmed = text.trim();
  if (trimmed === '') throw new FormatError('there is no session: nothing was given');
  if (trimmed.length > MAX_TEXT) throw new FormatError('this is longer than any session');
  if (name === undefined) return detect(trimmed, hints);
  const format = formatOf(name);
  return { record: format.read(trimmed, hints), format };
}

/** Tries every format. Each checks lengths, ranges and unused bits, so that it hardly ever takes a text of another. */
function detect(text: string, hints: Hints): Imported {
  // Of JSON text the members tell the format, so that the error can say what is wrong with it.
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
