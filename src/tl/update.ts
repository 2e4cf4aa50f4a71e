/**
 * Update: from a source to the text of `scheme/api.tl` or `scheme/mtproto.tl`.
 * In: a source, parsed; which lines are foreign; the layer if the source has none. Out: text and checks.
 * Never: reads, fetches or writes files (`commands/scheme.ts`).
 */
import { computedId, hexId, mismatches } from './crc.ts';
import { parseScheme } from './parse.ts';
import { printScheme } from './print.ts';
import { resolveScheme } from './resolve.ts';
import { SchemeError } from './scheme-error.ts';
import { SERVICE_LINES } from './service-lines.ts';
import { isService } from './source.ts';
import type { ParsedDefinition, ParsedScheme } from './syntax.ts';

/** What the source does not say itself. */
export interface UpdateOptions {
  /** Names whose number need not be the CRC-32 of the line. */
  readonly foreign: readonly string[];
  /** Layer to write when the source names none; wins if it names another. */
  readonly layer?: number;
  /** One line for the file's head: where the definitions are from, with version and licence. */
  readonly origin: string;
}

/** The file that `updateFrom` made: its name, its text, and what is in it. */
export interface Updated {
  readonly fileName: 'api.tl' | 'mtproto.tl';
  readonly layer: number;
  readonly definitions: readonly ParsedDefinition[];
  readonly text: string;
}

/**
 * Makes the file a source stands for: `mtproto.tl` if it speaks of the key exchange, else `api.tl`.
 * @throws SchemeError when a number is not the CRC-32 of its line and the line is not told foreign,
 *   or when the result could not be loaded
 */
export function updateFrom(source: ParsedScheme, options: UpdateOptions): Updated {
  const told = tellForeign(source, options.foreign);
  refuseMismatch(told);
  const service = isService(told);
  const definitions = service ? withServiceLines(told.definitions) : told.definitions;
  const layer = service ? 0 : (options.layer ?? told.layer);
  const text = printScheme(definitions, header(service, layer, options.origin), layer);
  const fileName = service ? 'mtproto.tl' : 'api.tl';
  resolveScheme([parseScheme(text, fileName)]);
  return { fileName, layer, definitions, text };
}

function tellForeign(source: ParsedScheme, names: readonly string[]): ParsedScheme {
  const unknown = names.find((name) => !source.definitions.some((one) => one.name === name));
  if (unknown !== undefined)
    throw new SchemeError(`no definition ${unknown} to tell foreign`, source.fileName, source.text, 0);
  const told = new Set(names);
  const definitions = source.definitions.map((one) => (told.has(one.name) ? { ...one, isForeign: true } : one));
  return { ...source, definitions };
}

function refuseMismatch(scheme: ParsedScheme): void {
  const wrong = mismatches(scheme);
  const [first] = wrong;
  if (first === undefined) return;
  const more =
    wrong.length === 1
      ? ''
      : `; ${wrong.length - 1} more like it: ${wrong
          .slice(1)
          .map((one) => one.name)
          .join(' ')}`;
  throw new SchemeError(mismatchText(first) + more, scheme.fileName, scheme.text, first.at);
}

/** `user: number 00000001, but the line's CRC-32 is 83314fca`. */
export function mismatchText(definition: ParsedDefinition): string {
  return `${definition.name}: number ${hexId(definition.id!)}, but the line's CRC-32 is ${hexId(computedId(definition))}`;
}

/** The source's lines, and before them those of ours it lacks. */
function withServiceLines(definitions: readonly ParsedDefinition[]): ParsedDefinition[] {
  const names = new Set(definitions.map((one) => one.name));
  const ours = parseScheme(SERVICE_LINES, 'service-lines.ts').definitions;
  return [...ours.filter((one) => !names.has(one.name)), ...definitions];
}

function header(isServiceScheme: boolean, layer: number, origin: string): string[] {
  const what = isServiceScheme
    ? 'Service messages and the key exchange of MTProto.'
    : `The Telegram API${layer === 0 ? '' : `, layer ${layer}`}.`;
  return [what, `From ${origin}.`, 'Made by `mtproto2json scheme update`; see README.md and NOTICE here.'];
}
