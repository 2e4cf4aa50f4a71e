/**
 * Loads a scheme for running.
 * In: a directory with `api.tl` and, if it likes, `mtproto.tl`. Out: `Schema`, or a SchemeError.
 * Never: writes; refuses a number that is not the line's CRC-32: `wrongNumbers` tells of them, `scheme check` refuses.
 *
 * The project's own `mtproto.tl` is always joined as the last part: Telegram Desktop's and
 * TDLib's leave out what their code reads by hand (`rpc_result`, `msg_container`, …).
 */
import { errorText } from '../error-text.ts';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mismatches } from './crc.ts';
import { parseScheme } from './parse.ts';
import { resolveScheme } from './resolve.ts';
import { SchemeError } from './scheme-error.ts';
import type { Schema } from './ir.ts';
import type { ParsedScheme } from './syntax.ts';

/** The project's `scheme/`, from the source tree as from the built one. */
export function ownSchemeDir(): string {
  const places = ['../../scheme', '../../../scheme'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return places.find((place) => existsSync(join(place, 'api.tl'))) ?? places[1]!;
}

/**
 * Reads and resolves `dir/api.tl` with `dir/mtproto.tl`.
 * @throws SchemeError with file, line and column; the file system's error if `api.tl` cannot be read
 */
export function loadScheme(dir: string = ownSchemeDir()): Schema {
  const own = ownSchemeDir();
  const files = [join(dir, 'api.tl')];
  if (existsSync(join(dir, 'mtproto.tl'))) files.push(join(dir, 'mtproto.tl'));
  if (files[1] !== join(own, 'mtproto.tl')) files.push(join(own, 'mtproto.tl'));
  const parts = files.map(readScheme);
  if (parts[0]!.definitions.length === 0) {
    const { fileName, text } = parts[0]!;
    throw new SchemeError('no definitions: this is no scheme', fileName, text, 0);
  }
  return resolveScheme(parts);
}

/** What is wrong with a folder that was given as `--scheme`, in a sentence. */
export function schemeFault(dir: string, error: unknown): string {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  const what = errorText(error);
  return `--scheme ${dir}: ${isMissing ? `there is no api.tl (${what})` : what}`;
}

/** How many wrong names a warning tells. */
const MOST_NAMED = 5;

/**
 * A sentence about numbers of a folder's files that are not the CRC-32s of their lines: a client that speaks by them is
 * not understood, or understood wrongly. Undefined if there are none.
 */
export function wrongNumbers(dir: string): string | undefined {
  const files = ['api.tl', 'mtproto.tl'].map((name) => join(dir, name)).filter((file) => existsSync(file));
  const wrong = files.flatMap((file) => mismatches(readScheme(file))).map(({ name }) => name);
  if (wrong.length === 0) return undefined;
  const [are, not] =
    wrong.length === 1 ? ['number is', 'the CRC-32 of its line'] : ['numbers are', 'the CRC-32s of their lines'];
  const named = wrong.slice(0, MOST_NAMED).join(', ') + (wrong.length > MOST_NAMED ? ', …' : '');
  return `--scheme ${dir}: ${wrong.length} ${are} not ${not}: ${named}; mtproto2json scheme check FILE lists them`;
}

/** Resolves texts instead of files, these alone: for tests and for a worker that is handed the text. */
export function loadSchemeText(apiText: string, mtprotoText: string): Schema {
  return resolveScheme([parseScheme(apiText, 'api.tl'), parseScheme(mtprotoText, 'mtproto.tl')]);
}

/** Parses one file. The name in errors is the path as given. */
export function readScheme(file: string): ParsedScheme {
  return parseScheme(readFileSync(file, 'utf8'), file);
}
