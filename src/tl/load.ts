/**
 * Loads a scheme for running. The only file of this folder that reads files.
 * In: a directory with `api.tl` and, if it likes, `mtproto.tl`. Out: `Schema`, or a SchemeError.
 * Never: writes; refuses a number that is not the line's CRC-32 (`scheme check` does).
 *
 * The project's own `mtproto.tl` is always joined as the last part: Telegram Desktop's and
 * TDLib's leave out what their code reads by hand (`rpc_result`, `msg_container`, …).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseScheme } from './parse.ts';
import { resolveScheme } from './resolve.ts';
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
  return resolveScheme(files.map(readScheme));
}

/** Resolves texts instead of files, these alone: for tests and for a worker that is handed the text. */
export function loadSchemeText(apiText: string, mtprotoText: string): Schema {
  return resolveScheme([parseScheme(apiText, 'api.tl'), parseScheme(mtprotoText, 'mtproto.tl')]);
}

/** Parses one file. The name in errors is the path as given. */
export function readScheme(file: string): ParsedScheme {
  return parseScheme(readFileSync(file, 'utf8'), file);
}
