/**
 * Resolve: what the names in parsed files mean.
 * In: parsed files, the API's first. Out: `Schema` (`ir.ts`), or a SchemeError with file, line, column.
 * Never: trusts a name. Whatever the compiler is handed afterwards exists, has a number of its own
 * and a finite size.
 *
 * One namespace for all files (clients say `_cons` and nothing else). The API and the service files
 * both have a `message`, of type `Message`: of two such names the later file's becomes `mt.message`,
 * its type `mt.Message`. A definition that an earlier file has already, number and all, is left out.
 */
import { computedId, hexId } from './crc.ts';
import { checkSizes } from './size.ts';
import { SchemeError } from './scheme-error.ts';
import type { Definition, Field, Schema, TlType } from './ir.ts';
import type { ParsedDefinition, ParsedField, ParsedScheme, TypeExpression } from './syntax.ts';

const BUILT_IN: ReadonlyMap<string, TlType> = new Map<string, TlType>([
  ['#', { kind: 'int' }],
  ['int', { kind: 'int' }],
  ['long', { kind: 'long' }],
  ['double', { kind: 'double' }],
  ['string', { kind: 'string' }],
  ['bytes', { kind: 'bytes' }],
  ['int128', { kind: 'int128' }],
  ['int256', { kind: 'int256' }],
  ['true', { kind: 'true' }],
  ['Bool', { kind: 'bool' }],
  ['Object', { kind: 'object' }],
]);
/** Lines that only say what is built in: `int ? = Int;`, TDLib's `bytes = Bytes;`. */
const CORE_NAMES = new Set(['int', 'long', 'double', 'string', 'bytes', 'int128', 'int256', 'vector']);

/** One definition on its way: its file, its name in the whole scheme, its number. */
interface Entry {
  readonly scheme: ParsedScheme;
  readonly parsed: ParsedDefinition;
  readonly name: string;
  readonly typeName: string;
  readonly crc: number;
  readonly scope: Scope;
}

/** Names of one file that are called something else in the whole scheme. */
interface Scope {
  readonly constructors: Map<string, string>;
  readonly types: Map<string, string>;
}

interface Names {
  readonly byName: Map<string, Entry>;
  readonly byCrc: Map<number, Entry>;
  readonly types: Map<string, Entry[]>;
}

/**
 * Joins parsed files into one scheme.
 * @throws SchemeError at the first name, number or type that cannot be
 */
export function resolveScheme(parts: readonly ParsedScheme[]): Schema {
  const names: Names = { byName: new Map(), byCrc: new Map(), types: new Map() };
  const entries: Entry[] = [];
  for (const part of parts) for (const entry of enter(part, names)) entries.push(entry);
  const definitions = entries.map((entry) => resolveDefinition(entry, names));
  const schema = schemaOf(parts.find((part) => part.layer !== 0)?.layer ?? 0, definitions);
  checkSizes(schema, (definition, what) => {
    const { scheme, parsed } = names.byCrc.get(definition.crc)!;
    return new SchemeError(what, scheme.fileName, scheme.text, parsed.at);
  });
  return schema;
}

/** A scheme by its resolved definitions: names, numbers and types to find them by. @param layer 0 if there is none */
export function schemaOf(layer: number, definitions: readonly Definition[]): Schema {
  const types = new Map<string, Definition[]>();
  for (const one of definitions) {
    if (one.isFunction) continue;
    const same = types.get(one.typeName);
    if (same === undefined) types.set(one.typeName, [one]);
    else same.push(one);
  }
  return {
    layer,
    definitions,
    byName: new Map(definitions.map((one) => [one.name, one])),
    byCrc: new Map(definitions.map((one) => [one.crc, one])),
    types,
  };
}

/** Puts a file's definitions into the tables; returns those that are new. */
function enter(scheme: ParsedScheme, names: Names): Entry[] {
  const own = scheme.definitions
    .filter((parsed) => parsed.core === undefined && !CORE_NAMES.has(parsed.name))
    .map((parsed) => ({ parsed, crc: parsed.id ?? computedId(parsed) }));
  const known = new Map(own.map((one) => [one, knownAs(scheme, one.parsed, one.crc, names)]));
  const scope: Scope = { constructors: new Map(), types: new Map() };
  for (const { parsed, crc } of own) rename(parsed, names.byCrc.get(crc), names, scope);
  const fresh = own.filter((one) => known.get(one) === undefined);
  return fresh.map(({ parsed, crc }) => {
    const name = scope.constructors.get(parsed.name) ?? parsed.name;
    const typeName = scope.types.get(parsed.result.name) ?? parsed.result.name;
    return add({ scheme, parsed, name, typeName, crc, scope }, names);
  });
}

/** The entry if an earlier file has this very definition. */
function knownAs(scheme: ParsedScheme, parsed: ParsedDefinition, crc: number, names: Names): Entry | undefined {
  const taken = names.byCrc.get(crc);
  if (taken === undefined || taken.parsed.name === parsed.name) return taken;
  throw errorAt(scheme, parsed.at, `${parsed.name} has the number ${hexId(crc)} of ${taken.name}`);
}

/** Notes in `scope` what a definition is called in the whole scheme, if it is not its own name. */
function rename(parsed: ParsedDefinition, known: Entry | undefined, names: Names, scope: Scope): void {
  if (known === undefined ? !names.byName.has(parsed.name) : known.name === parsed.name) return;
  scope.constructors.set(parsed.name, known?.name ?? `mt.${parsed.name}`);
  if (!parsed.isFunction) scope.types.set(parsed.result.name, known?.typeName ?? `mt.${parsed.result.name}`);
}

function add(entry: Entry, names: Names): Entry {
  const { scheme, parsed, name, crc } = entry;
  const sameName = names.byName.get(name);
  if (sameName !== undefined) throw errorAt(scheme, parsed.at, `${name} is defined twice`);
  const sameCrc = names.byCrc.get(crc);
  if (sameCrc !== undefined)
    throw errorAt(scheme, parsed.at, `${name} has the number ${hexId(crc)} of ${sameCrc.name}`);
  names.byName.set(name, entry);
  names.byCrc.set(crc, entry);
  if (!parsed.isFunction) {
    const constructors = names.types.get(entry.typeName);
    if (constructors === undefined) names.types.set(entry.typeName, [entry]);
    else constructors.push(entry);
  }
  return entry;
}

function resolveDefinition(entry: Entry, names: Names): Definition {
  const { parsed, scheme } = entry;
  const look = new Lookup(entry, names);
  const fields: Field[] = [];
  for (const field of parsed.fields) {
    if (fields.some((other) => other.name === field.name)) {
      throw errorAt(scheme, field.at, `${entry.name} has two fields ${field.name}`);
    }
    fields.push(resolveField(field, entry, look));
  }
  return {
    name: entry.name,
    crc: entry.crc,
    fields,
    result: parsed.isFunction ? look.type(parsed.result, parsed.at) : ownType(entry),
    typeName: entry.typeName + argumentText(parsed.result),
    isFunction: parsed.isFunction,
    text: `${parsed.text};`,
  };
}

/** A constructor's result needs no looking up: it is the type it makes. */
function ownType(entry: Entry): TlType {
  const { result, at } = entry.parsed;
  if (result.isBare || result.isCall || result.arguments.length > 0) {
    throw errorAt(entry.scheme, at, `${entry.name} is a constructor, its type must be a plain name`);
  }
  return BUILT_IN.get(entry.typeName) ?? { kind: 'boxed', type: entry.typeName };
}

function resolveField(field: ParsedField, entry: Entry, look: Lookup): Field {
  const { scheme, parsed } = entry;
  const type = look.type(field.type, field.at);
  const refers = (other: ParsedField): boolean => other.flag?.field === field.name;
  const isFlags = field.type.name === '#' && parsed.fields.some(refers);
  if (field.flag === undefined) {
    if (type.kind === 'true') throw errorAt(scheme, field.at, `${field.name}: "true" takes no bytes, it needs a flag`);
    return { name: field.name, type, isFlags };
  }
  const flags = parsed.fields.find((other) => other.name === field.flag?.field);
  if (flags?.type.name !== '#' || flags.flag !== undefined || flags.at > field.at) {
    throw errorAt(
      scheme,
      field.at,
      `${field.name} refers to ${field.flag.field}, but no field ${field.flag.field}:# stands before it`,
    );
  }
  return { name: field.name, type, isFlags, flag: { field: field.flag.field, bit: field.flag.bit } };
}

/** Types as one definition's file sees them. */
class Lookup {
  readonly #entry: Entry;
  readonly #names: Names;
  /** `X` of `{X:Type}`, and of `!X` where a file leaves the braces out. */
  readonly #variables: readonly string[];

  constructor(entry: Entry, names: Names) {
    this.#entry = entry;
    this.#names = names;
    const called = entry.parsed.fields.filter((field) => field.type.isCall).map((field) => field.type.name);
    this.#variables = called.length === 0 ? entry.parsed.generics : [...entry.parsed.generics, ...called];
  }

  type(written: TypeExpression, at: number): TlType {
    const { name } = written;
    if (written.isCall) return { kind: 'call' };
    if (name === 'Vector' || name === 'vector') return this.#vector(written, at);
    if (written.arguments.length > 0) throw this.#error(at, `only a vector has a type inside, ${name} has not`);
    if (this.#variables.includes(name)) return { kind: 'object' };
    if (written.isBare) return this.#onlyConstructor(name, at);
    return BUILT_IN.get(name) ?? (isTypeName(name) ? this.#boxed(name, at) : this.#bare(name, at));
  }

  #vector(written: TypeExpression, at: number): TlType {
    const [inner, ...more] = written.arguments;
    if (inner === undefined || more.length > 0)
      throw this.#error(at, `${written.name} needs one type: ${written.name}<int>`);
    const item = this.type(inner, at);
    if (item.kind === 'true' || item.kind === 'call') throw this.#error(at, `a vector cannot hold ${inner.name}`);
    return { kind: 'vector', isBoxed: written.name === 'Vector' && !written.isBare, item };
  }

  #boxed(written: string, at: number): TlType {
    const name = this.#entry.scope.types.get(written) ?? written;
    if (!this.#names.types.has(name)) throw this.#error(at, `type ${written} has no constructor`);
    return { kind: 'boxed', type: name };
  }

  #bare(written: string, at: number): TlType {
    const name = this.#entry.scope.constructors.get(written) ?? written;
    const entry = this.#names.byName.get(name);
    if (entry === undefined) throw this.#error(at, `unknown type ${written}`);
    if (entry.parsed.isFunction) throw this.#error(at, `${written} is a function, not a type`);
    return { kind: 'bare', constructor: name };
  }

  /** `%Message`: without a number on the wire there must be but one way to read it. */
  #onlyConstructor(written: string, at: number): TlType {
    const name = this.#entry.scope.types.get(written) ?? written;
    const constructors = this.#names.types.get(name) ?? [];
    if (constructors.length === 1) return { kind: 'bare', constructor: constructors[0]!.name };
    throw this.#error(at, `%${written} needs a type of one constructor, ${written} has ${constructors.length}`);
  }

  #error(at: number, what: string): SchemeError {
    return errorAt(this.#entry.scheme, at, `${this.#entry.name}: ${what}`);
  }
}

/** `auth.SentCode` is a type, `future_salt` a constructor. */
function isTypeName(name: string): boolean {
  return /^[A-Z]/.test(name.slice(name.lastIndexOf('.') + 1));
}

function argumentText(type: TypeExpression): string {
  const inner = type.arguments.map((one) => one.name + argumentText(one));
  return inner.length === 0 ? '' : `<${inner.join(',')}>`;
}

function errorAt(scheme: ParsedScheme, at: number, what: string): SchemeError {
  return new SchemeError(what, scheme.fileName, scheme.text, at);
}
