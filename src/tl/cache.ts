/**
 * SchemeCache: a scheme, compiled or resolved, kept beside the build, so that a start does not do again what did not change
 * (generating and compiling 2 400 definitions takes 300 ms, reading them back 10; parsing and resolving them 300 and 50).
 * In: a scheme's folder. Out: source and V8's cached code; or the scheme itself, for commands that make no codec.
 * Never: trusted over the files: the name of an entry is a hash of the scheme's text, of the generator as built, and of
 * V8's version; an entry that cannot be written is no fault.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeFolder } from '../make-folder.ts';
import { compileCodec } from './compile.ts';
import { loadScheme, ownSchemeDir } from './load.ts';
import { schemaOf } from './resolve.ts';
import type { Schema } from './ir.ts';

/** What a lane needs to have the codec at once. */
export interface CodecSource {
  readonly source: string;
  readonly cachedData: Uint8Array;
}

const FOLDER = fileURLToPath(new URL('../../.cache', import.meta.url));
/** What decides which code comes out of a scheme. */
const GENERATOR = ['tl', 'bytes'].map((folder) => fileURLToPath(new URL(`../${folder}`, import.meta.url)));

/**
 * Compiles the scheme, or finds it compiled.
 * @param dir folder with `api.tl` and `mtproto.tl`; the project's own if not given
 * @throws an error with file, line and column for a scheme that cannot be read
 */
export function compileScheme(dir: string | undefined, folder = FOLDER): CodecSource {
  const name = entryName(dir ?? ownSchemeDir());
  const kept = join(folder, `${name}.source`);
  const code = join(folder, `${name}.code`);
  if (existsSync(kept) && existsSync(code))
    return { source: readFileSync(kept, 'utf8'), cachedData: readFileSync(code) };
  const { source, cachedData } = compileCodec(loadScheme(dir));
  keep(folder, [
    [kept, source],
    [code, cachedData],
  ]);
  return { source, cachedData };
}

/** The layer that a compiled scheme names; 0 if its files named none. */
export function layerOf({ source }: CodecSource): number {
  return Number(/^\s*layer: (\d+),$/m.exec(source)?.[1] ?? 0);
}

/**
 * Loads the scheme, or finds it resolved: what `loadScheme` gives.
 * @param dir as `compileScheme`'s @throws as `loadScheme`
 */
export function keptScheme(dir: string = ownSchemeDir(), folder = FOLDER): Schema {
  const kept = join(folder, `${entryName(dir)}.json`);
  const found = readKept(kept);
  if (found !== undefined) return schemaOf(found.layer, found.definitions);
  const schema = loadScheme(dir);
  const { layer, definitions } = schema;
  keep(folder, [[kept, JSON.stringify({ layer, definitions })]]);
  return schema;
}

/** An entry that is not there or is damaged is made anew. */
function readKept(file: string): Pick<Schema, 'layer' | 'definitions'> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Schema;
  } catch {
    return undefined;
  }
}

function entryName(dir: string): string {
  const hash = createHash('sha256').update(process.versions.v8).update(process.arch);
  for (const folder of [dir, ownSchemeDir()])
    for (const file of ['api.tl', 'mtproto.tl'].map((name) => join(folder, name)))
      hash.update(existsSync(file) ? readFileSync(file) : '').update('\0');
  for (const folder of GENERATOR)
    for (const file of readdirSync(folder)) {
      const { mtimeMs, size } = statSync(join(folder, file));
      hash.update(`${file} ${mtimeMs} ${size}\0`);
    }
  return hash.digest('hex').slice(0, 32);
}

/** Each file whole or not at all: two starts at once may do this together. */
function keep(folder: string, files: readonly (readonly [string, string | Uint8Array])[]): void {
  try {
    makeFolder(folder);
    for (const [file, content] of files) {
      const part = `${file}.${process.pid}`;
      writeFileSync(part, content);
      renameSync(part, file);
    }
  } catch {
    // A read-only installation compiles at each start.
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  compileScheme(undefined);
  keptScheme();
}
