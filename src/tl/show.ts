/**
 * `scheme show NAME` and `scheme search WORDS`: a definition as TL, as JSON and as generated code; a type by its
 * constructors; whatever has some words in its line.
 * In: a schema and names. Out: text. Never: reads a file.
 */
import { didYouMean } from '../nearest-name.ts';
import { showCode } from './compile.ts';
import { hexId } from './crc.ts';
import { jsonShape } from './json-shape.ts';
import type { Definition, Schema } from './ir.ts';

/** Most lines that a search prints, and characters of one. */
const MOST_FOUND = 50;
const LONGEST_LINE = 140;

/**
 * The text `scheme show` prints.
 * @param withCode the functions generated for a definition too
 * @throws Error with the nearest names when the scheme has no such definition or type
 */
export function showDefinition(schema: Schema, name: string, withCode = false): string {
  const definition = schema.byName.get(name);
  if (definition === undefined) return showType(schema, name);
  const parts = [
    `// ${definition.isFunction ? 'function' : 'constructor'} ${hexId(definition.crc)}`,
    definition.text,
    '',
    jsonShape(schema, definition),
    ...(withCode ? ['', showCode(schema, name).trimEnd()] : []),
  ];
  return `${parts.join('\n')}\n`;
}

/** A type: all its constructors, and which functions give it. */
function showType(schema: Schema, name: string): string {
  const constructors = schema.types.get(name);
  if (constructors === undefined) {
    const names = [...schema.byName.keys(), ...schema.types.keys()];
    const near = didYouMean(name, names);
    const search = '`mtproto2json scheme search WORD …` finds names by their parts';
    throw new Error(`no constructor, function or type ${name}${near === '' ? ';' : near} ${search}`);
  }
  const givers = schema.definitions.filter((one) => one.isFunction && one.typeName === name);
  const count = constructors.length === 1 ? 'one constructor' : `${constructors.length} constructors`;
  const parts = [`// type ${name}, ${count}`, ...constructors.map((one) => one.text)];
  if (givers.length > 0) parts.push('', '// functions that answer with it', ...givers.map((one) => one.text));
  return `${parts.join('\n')}\n`;
}

/**
 * The lines of all definitions that have all of some words, whatever their case: in their names first, then anywhere.
 * @throws Error with the nearest names when there are none
 */
export function searchDefinitions(schema: Schema, words: readonly string[]): string {
  const wanted = words.flatMap((word) => word.toLowerCase().split(/\s+/)).filter((word) => word !== '');
  const ranked = schema.definitions
    .map((one) => ({ one, rank: rankOf(one, wanted) }))
    .filter(({ rank }) => rank < Infinity)
    .toSorted((a, b) => a.rank - b.rank || a.one.name.length - b.one.name.length);
  if (ranked.length === 0) {
    const hint = didYouMean(words.join(' '), [...schema.byName.keys()]);
    throw new Error(`nothing has ${words.join(' ')} in its line${hint}`);
  }
  const shown = ranked.slice(0, MOST_FOUND).map(({ one }) => `${kindOf(one)}${shortened(one.text)}`);
  if (ranked.length > MOST_FOUND) shown.push(`${ranked.length - MOST_FOUND} more; another word leaves fewer`);
  return `${shown.join('\n')}\n`;
}

/** The words are its name, or stand in it one behind the other; in its name; in its line. */
function rankOf({ name, text }: Definition, wanted: readonly string[]): number {
  const whole = wanted.join('');
  const tail = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  if (tail === whole) return 0;
  if (name.toLowerCase().includes(whole)) return 1;
  if (wanted.every((word) => name.toLowerCase().includes(word))) return 2;
  return wanted.every((word) => text.toLowerCase().includes(word)) ? 3 : Infinity;
}

/** A line with both its ends; `show` has all of it. */
function shortened(text: string): string {
  if (text.length <= LONGEST_LINE) return text;
  const result = text.slice(text.lastIndexOf(' = '));
  return `${text.slice(0, Math.max(40, LONGEST_LINE - result.length))}…${result}`;
}

function kindOf({ isFunction }: Definition): string {
  return isFunction ? 'function     ' : 'constructor  ';
}
