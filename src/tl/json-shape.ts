/**
 * The JSON of a definition: an example value by the table of wire: TL and JSON, each field with a comment
 * that says whether it is needed and what it is.
 * In: a schema, a definition. Out: text; without its comments it is JSON the gateway takes.
 */
import type { Definition, Field, Schema, TlType } from './ir.ts';
import { COUNTED, type StandIn, standIn } from './left-out.ts';

/** Boxed types with more constructors than this are listed by these, then counted. */
const MOST_LISTED = 6;
/** Examples nest this deep at most; types that need more are cut off with an empty object. */
const DEEPEST = 12;

/**
 * An example of a definition as commented JSON, without a newline at its end; of a function also what it answers.
 * @param isZero whether the reader's own tool writes 0 for a field that is left out
 */
export function jsonShape(schema: Schema, definition: Definition, isZero: (field: Field) => boolean = no): string {
  const shown = definition.fields.filter((field) => !field.isFlags);
  const rows = shown.map((field) => row(schema, field, needNote(definition, field, isZero(field))));
  const cons = `  "_cons": ${JSON.stringify(definition.name)}${rows.length === 0 ? '' : ','}`;
  const width = Math.min(60, Math.max(0, ...rows.map(({ text }) => text.length)));
  const lines = rows.map(({ text, note }, i) => {
    const ended = `${text}${i === rows.length - 1 ? '' : ','}`;
    return `  ${ended.padEnd(width + 1)}  // ${note}`;
  });
  const shape = ['{', cons, ...lines, '}'];
  if (definition.isFunction) shape.push(`// result: ${resultNote(schema, definition.result)}`);
  return shape.join('\n');
}

function no(): boolean {
  return false;
}

function row(schema: Schema, field: Field, need: string): { text: string; note: string } {
  const name = field.type.kind === 'call' ? '_wrapped' : field.name;
  const value = example(schema, field.type, 0);
  return { text: `${JSON.stringify(name)}: ${value}`, note: `${need}, ${typeNote(schema, field.type)}` };
}

const STAND_INS: Readonly<Record<StandIn, string>> = {
  zero: '0 if left out',
  random: 'random if left out',
  'random each': `random for each ${COUNTED} if left out`,
};

function needNote(definition: Definition, field: Field, isZero: boolean): string {
  if (field.flag !== undefined) return `optional (${field.flag.field}.${field.flag.bit})`;
  const instead = standIn(definition, field) ?? (isZero ? 'zero' : undefined);
  return instead === undefined ? 'required' : `required, ${STAND_INS[instead]}`;
}

/** By kind of type: an example, and what the comment says of it. */
const PLAIN: Readonly<Record<Exclude<TlType['kind'], 'vector' | 'boxed' | 'bare'>, readonly [string, string]>> = {
  int: ['1', 'int'],
  long: ['-1111111111111111111', 'long, exact digits or a decimal string'],
  double: ['0.5', 'double'],
  string: ['"text"', 'string, or {"_bytes":base64}'],
  bytes: ['"AQID"', 'bytes as base64'],
  int128: [`"${'A'.repeat(22)}=="`, 'int128 as base64'],
  int256: [`"${'A'.repeat(43)}="`, 'int256 as base64'],
  true: ['{"_cons":"true"}', 'or true; false and null are absent'],
  bool: ['true', 'bool'],
  call: ['{"_cons":"help.getConfig"}', 'any function; its own name is taken too'],
  object: ['{"_cons":"true"}', 'any object'],
};

/** An example value as JSON text. Vectors show one element at the top, none further in. */
function example(schema: Schema, type: TlType, depth: number): string {
  if (type.kind === 'vector') return depth === 0 ? `[${example(schema, type.item, 1)}]` : '[]';
  if (type.kind === 'boxed') return objectExample(schema, simplest(schema.types.get(type.type) ?? []), depth);
  if (type.kind === 'bare') return objectExample(schema, schema.byName.get(type.constructor), depth);
  return PLAIN[type.kind][0];
}

function objectExample(schema: Schema, definition: Definition | undefined, depth: number): string {
  if (definition === undefined || depth > DEEPEST) return '{}';
  const needed = definition.fields.filter(isNeeded);
  const fields = needed.map((field) => `,${JSON.stringify(field.name)}:${example(schema, field.type, depth + 1)}`);
  return `{"_cons":${JSON.stringify(definition.name)}${fields.join('')}}`;
}

function isNeeded(field: Field): boolean {
  return field.flag === undefined && !field.isFlags;
}

/** Fewest needed fields, those of other objects counting most: so that examples end. */
function simplest(constructors: readonly Definition[]): Definition | undefined {
  const weight = (one: Definition): number =>
    one.fields.filter(isNeeded).reduce((sum, field) => sum + (field.type.kind === 'boxed' ? 100 : 1), 0);
  return constructors.reduce<Definition | undefined>(
    (best, one) => (best === undefined || weight(one) < weight(best) ? one : best),
    undefined,
  );
}

/** `InputPeer: inputPeerEmpty | inputPeerSelf | …`. */
function typeNote(schema: Schema, type: TlType): string {
  if (type.kind === 'vector') return `array of ${typeNote(schema, type.item)}`;
  if (type.kind === 'boxed')
    return `${type.type}: ${listed((schema.types.get(type.type) ?? []).map((one) => one.name))}`;
  return type.kind === 'bare' ? type.constructor : PLAIN[type.kind][1];
}

function resultNote(schema: Schema, type: TlType): string {
  return type.kind === 'object' ? 'what the inner call answers' : typeNote(schema, type);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_LISTED).join(' | ');
  return names.length > MOST_LISTED ? `${shown} | ${names.length - MOST_LISTED} more` : shown;
}
