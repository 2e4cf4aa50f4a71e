/**
 * The JSON of a definition: an example value by the table of wire.md 4, each field with a comment
 * that says whether it is needed and what it is.
 * In: a schema, a definition. Out: text; without its comments it is JSON the gateway takes.
 */
import type { Definition, Field, Schema, TlType } from './ir.ts';

/** Boxed types with more constructors than this are listed by these, then counted. */
const MOST_LISTED = 6;
/** Examples nest this deep at most; types that need more are cut off with an empty object. */
const DEEPEST = 12;

export function jsonShape(schema: Schema, definition: Definition): string {
  const rows = definition.fields.filter((field) => !field.isFlags).map((field) => row(schema, field));
  const cons = `  "_cons": ${JSON.stringify(definition.name)}${rows.length === 0 ? '' : ','}`;
  const width = Math.min(60, Math.max(0, ...rows.map(({ text }) => text.length)));
  const lines = rows.map(({ text, note }, i) => {
    const ended = `${text}${i === rows.length - 1 ? '' : ','}`;
    return `  ${ended.padEnd(width + 1)}  // ${note}`;
  });
  const shape = ['{', cons, ...lines, '}'];
  if (definition.isFunction) shape.push(`// result: ${typeNote(schema, definition.result)}`);
  return shape.join('\n');
}

function row(schema: Schema, field: Field): { text: string; note: string } {
  const name = field.type.kind === 'call' ? '_wrapped' : field.name;
  const value = example(schema, field.type, 0);
  const need = needNote(field);
  return { text: `${JSON.stringify(name)}: ${value}`, note: `${need}, ${typeNote(schema, field.type)}` };
}

function needNote(field: Field): string {
  if (field.flag !== undefined) return `optional (${field.flag.field}.${field.flag.bit})`;
  // wire.md 4: the one field that may be left out without a flag.
  return field.name === 'hash' && field.type.kind === 'long' ? 'required, 0 if left out' : 'required';
}

/** An example value as JSON text. Vectors show one element at the top, none further in. */
export function example(schema: Schema, type: TlType, depth: number): string {
  switch (type.kind) {
    case 'int':
      return '1';
    case 'long':
      return '-1111111111111111111';
    case 'double':
      return '0.5';
    case 'string':
      return '"text"';
    case 'bytes':
      return '"AQID"';
    case 'int128':
      return `"${'A'.repeat(22)}=="`;
    case 'int256':
      return `"${'A'.repeat(43)}="`;
    case 'true':
      return '{"_cons":"true"}';
    case 'bool':
      return 'true';
    case 'vector':
      return depth === 0 ? `[${example(schema, type.item, 1)}]` : '[]';
    case 'boxed':
      return objectExample(schema, simplest(schema.types.get(type.type) ?? []), depth);
    case 'bare':
      return objectExample(schema, schema.byName.get(type.constructor), depth);
    case 'call':
      return '{"_cons":"help.getConfig"}';
    case 'object':
      return '{"_cons":"true"}';
  }
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
  switch (type.kind) {
    case 'vector':
      return `array of ${typeNote(schema, type.item)}`;
    case 'boxed':
      return `${type.type}: ${listed((schema.types.get(type.type) ?? []).map((one) => one.name))}`;
    case 'bare':
      return type.constructor;
    case 'call':
      return 'any function; its own name is taken too';
    case 'object':
      return 'whatever the call answers';
    case 'bytes':
    case 'int128':
    case 'int256':
      return `${type.kind} as base64`;
    case 'long':
      return 'long, exact digits or a decimal string';
    case 'string':
      return 'string, or {"_bytes":base64}';
    case 'true':
      return 'or true; false and null are absent';
    case 'int':
    case 'double':
    case 'bool':
      return type.kind;
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_LISTED).join(' | ');
  return names.length > MOST_LISTED ? `${shown} | ${names.length - MOST_LISTED} more` : shown;
}
