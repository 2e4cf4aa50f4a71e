/**
 * What `scheme info` and `scheme check` have to say.
 * In: directories and files. Out: text. Never: writes files.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { computedId, mismatches } from '../tl/crc.ts';
import { loadScheme, readScheme } from '../tl/load.ts';
import { resolveScheme } from '../tl/resolve.ts';
import { SchemeError } from '../tl/scheme-error.ts';
import { mismatchText } from '../tl/update.ts';
import type { ParsedScheme } from '../tl/syntax.ts';

/** Layer, origin, counts and numbers of a directory's files, and of the whole they make. */
export function infoText(dir: string): string {
  const schema = loadScheme(dir);
  const functions = schema.definitions.filter((one) => one.isFunction).length;
  const files = ['api.tl', 'mtproto.tl'].map((name) => join(dir, name)).filter((path) => existsSync(path));
  const lines = [
    `layer         ${schema.layer === 0 ? 'not said' : schema.layer}`,
    `constructors  ${schema.definitions.length - functions}`,
    `functions     ${functions}`,
    `types         ${schema.types.size}`,
    ...files.flatMap((path) => ['', path, ...fileLines(readScheme(path))]),
  ];
  return `${lines.join('\n')}\n`;
}

function fileLines(scheme: ParsedScheme): string[] {
  const origin = /^\/\/ From (.*)\.$/m.exec(scheme.text)?.[1] ?? 'not said';
  const wrong = mismatches(scheme);
  const lines = [`  from   ${origin}`, `  lines  ${countText(scheme)}`];
  if (wrong.length > 0)
    lines.push(`  numbers that are not their line's CRC-32: ${wrong.map((one) => one.name).join(' ')}`);
  return lines;
}

/** `2418 definitions, 2418 numbers equal to the CRC-32 of their line, 0 foreign`. */
function countText(scheme: ParsedScheme): string {
  const all = scheme.definitions;
  const equal = all.filter((one) => one.id === computedId(one)).length;
  const foreign = all.filter((one) => one.isForeign).length;
  const without = all.filter((one) => one.id === undefined).length;
  const tail = without === 0 ? '' : `, ${without} without a number`;
  return `${all.length} definitions, ${equal} numbers equal to the CRC-32 of their line, ${foreign} foreign${tail}`;
}

/**
 * Parses a file, recomputes its numbers, resolves its names. A wrong scheme is a fault in the list, not an exception;
 * a file that cannot be read is one.
 */
export function checkFile(file: string): { faults: string[]; summary: string } {
  try {
    const scheme = readScheme(file);
    const faults = mismatches(scheme).map(
      (one) => new SchemeError(mismatchText(one), file, scheme.text, one.at).message,
    );
    try {
      resolveScheme([scheme]);
    } catch (error) {
      faults.push(faultText(error));
    }
    return { faults, summary: `${file}: ${countText(scheme)}` };
  } catch (error) {
    return { faults: [faultText(error)], summary: `${file}: could not be read to its end` };
  }
}

function faultText(error: unknown): string {
  if (error instanceof SchemeError) return error.message;
  throw error;
}
