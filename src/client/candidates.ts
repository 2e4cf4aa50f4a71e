/**
 * Candidates: completions of the last word of an unfinished call, from the scheme.
 * In: a schema, words. Out: whole words. Never: a request to a gateway.
 */
import type { Definition, Field, Schema, TlType } from '../tl/ir.ts';

/**
 * Completes a method name, a field name or a value.
 * @param words method and fields typed so far; the last one is being typed and may be empty
 * @returns words that begin as the last one does
 */
export function candidates(schema: Schema, words: readonly string[]): string[] {
  const last = words.at(-1) ?? '';
  if (words.length < 2) return methods(schema).filter((name) => name.startsWith(last));
  const method = schema.byName.get(words[0]!);
  if (method?.isFunction !== true) return [];
  const [, path, value] = /^([^=]*?)(?:=(.*))?$/.exec(last) ?? [];
  const names = path!.split('.');
  const steps = value === undefined ? names.slice(0, -1) : names;
  const type = typeAt(schema, method, steps, words);
  const found = value === undefined ? fieldWords(schema, type, steps, words) : values(schema, type, path!);
  return found.filter((word) => word.startsWith(last));
}

function methods(schema: Schema): string[] {
  return schema.definitions.filter((one) => one.isFunction).map((one) => one.name);
}

/** The method or type at a path; undefined if the scheme has none there. */
function typeAt(
  schema: Schema,
  method: Definition,
  steps: readonly string[],
  words: readonly string[],
): Definition | TlType | undefined {
  let at: Definition | TlType | undefined = method;
  for (const [i, name] of steps.entries()) {
    if (name === '_cons') return at;
    if (isType(at) && at.kind === 'vector') at = at.item;
    else {
      const fields: readonly Field[] = definitionsAt(schema, at, steps.slice(0, i), words).flatMap((one) => one.fields);
      at = fields.find((field) => field.name === name)?.type;
    }
  }
  return at;
}

/** The constructors that an object at a path may have; only the named one if the words name it. */
function definitionsAt(
  schema: Schema,
  at: Definition | TlType | undefined,
  steps: readonly string[],
  words: readonly string[],
): readonly Definition[] {
  if (at === undefined) return [];
  if (!isType(at)) return [at];
  const path = steps.join('.');
  const all = constructors(schema, at);
  const said = all.filter(
    (one) => words.includes(`${path}=${one.name}`) || words.includes(`${path}._cons=${one.name}`),
  );
  return said.length > 0 ? said : all;
}

function constructors(schema: Schema, type: TlType): readonly Definition[] {
  if (type.kind === 'vector') return constructors(schema, type.item);
  if (type.kind === 'boxed') return schema.types.get(type.type) ?? [];
  if (type.kind === 'bare') return [schema.byName.get(type.constructor)].filter((one) => one !== undefined);
  return type.kind === 'call' ? schema.definitions.filter((one) => one.isFunction) : [];
}

function fieldWords(
  schema: Schema,
  at: Definition | TlType | undefined,
  steps: readonly string[],
  words: readonly string[],
): string[] {
  if (isType(at) && at.kind === 'vector') return [];
  const fields = definitionsAt(schema, at, steps, words).flatMap((one) => one.fields);
  const names = fields.filter((field) => !field.isFlags).map((field) => [...steps, field.name].join('.'));
  const fresh = [...new Set(names)].filter((name) => !words.some((word) => word.startsWith(`${name}=`)));
  return fresh.map((name) => `${name}=`);
}

function values(schema: Schema, at: Definition | TlType | undefined, path: string): string[] {
  if (!isType(at)) return [];
  const isSwitch = at.kind === 'bool' || at.kind === 'true';
  const names = isSwitch ? ['true', 'false'] : constructors(schema, at).map((one) => one.name);
  return names.map((name) => `${path}=${name}`);
}

function isType(at: Definition | TlType | undefined): at is TlType {
  return at !== undefined && 'kind' in at;
}
