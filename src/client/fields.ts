/**
 * Fields: makes the JSON of a call from the words `name=value` of a command line, with the types that the scheme gives.
 * In: a schema, a definition, words. Out: a JSON tree, or WrongField with a sentence. Never: a request sent; a number rounded; a check
 * for missing fields, which is the gateway's.
 */
import { member, parseJson, type Json } from './json.ts';
import { didYouMean } from '../nearest-name.ts';
import { definitionNamed, WrongField } from './names.ts';
import type { Definition, Field, Schema, TlType } from '../tl/ir.ts';

/** Reads the file of a value `@FILE`. */
export type ReadFile = (path: string) => Uint8Array;

/** A value as it was typed: a text behind `=`, or JSON behind `:=`. */
type Typed = { readonly text: string } | { readonly json: Json };
/** A node of the paths: the values that were typed for it, and the nodes below it. */
interface Place {
  readonly said: Typed[];
  readonly under: Map<string, Place>;
}

/**
 * The message of a call.
 * @param words `a=1`, `a.b=1`, `a.0=1`, `a:='JSON'`
 * @param base fields given as a JSON object; words are laid over it
 * @throws WrongField
 */
export function messageOf(
  schema: Schema,
  method: Definition,
  words: readonly string[],
  readFile: ReadFile,
  base: ReadonlyMap<string, Json> = new Map(),
): Json {
  const root = placesOf(words);
  return new Reader(schema, readFile).object(method, root, '', base);
}

const WORD = /^([^=:]+)(:?=)([^]*)$/;

function placesOf(words: readonly string[]): Place {
  const root: Place = { said: [], under: new Map() };
  for (const word of words) {
    const [, path, sign, text] = WORD.exec(word) ?? [];
    if (path === undefined) throw new WrongField(`"${word}" is no field: write name=value, or name:='JSON'`);
    placeAt(root, path.split('.')).said.push(sign === ':=' ? { json: jsonOf(path, text!) } : { text: text! });
  }
  return root;
}

function placeAt(root: Place, path: readonly string[]): Place {
  return path.reduce((place, name) => {
    const next = place.under.get(name) ?? { said: [], under: new Map() };
    place.under.set(name, next);
    return next;
  }, root);
}

function jsonOf(path: string, text: string): Json {
  try {
    return parseJson(text);
  } catch {
    throw new WrongField(`${path}: what stands behind := is no JSON; a text is written ${path}=…`);
  }
}

class Reader {
  readonly #schema: Schema;
  readonly #readFile: ReadFile;

  constructor(schema: Schema, readFile: ReadFile) {
    this.#schema = schema;
    this.#readFile = readFile;
  }

  /** An object of a known constructor or method. */
  object(definition: Definition, place: Place, path: string, base: ReadonlyMap<string, Json> = new Map()): Json {
    const object = new Map<string, Json>([['_cons', JSON.stringify(definition.name)]]);
    for (const [name, value] of base) object.set(name, value);
    for (const [name, inner] of place.under) {
      if (name === '_cons') continue;
      const field = fieldNamed(definition, name, path);
      const value = this.#value(field.type, inner, join(path, name));
      if (value !== undefined) object.set(name, value);
    }
    for (const field of definition.fields)
      if (isFromTheStart(field) && !object.has(field.name)) object.set(field.name, '0');
    return object;
  }

  #value(type: TlType, place: Place, path: string): Json | undefined {
    if (type.kind === 'vector') return this.#vector(type.item, place, path);
    if (place.said.length > 1) throw new WrongField(`${path} is given more than once, and it is no list`);
    const [said] = place.said;
    if (said !== undefined && 'json' in said) {
      if (place.under.size > 0) throw new WrongField(`${path} is given whole and in parts; one of the two`);
      return said.json;
    }
    if (type.kind === 'boxed' || type.kind === 'bare' || type.kind === 'call' || type.kind === 'object')
      return this.#object(type, place, path, said?.text);
    if (place.under.size > 0) throw new WrongField(`${path} is ${KINDS[type.kind]}, and has no fields`);
    return this.#plain(type.kind, said!.text, path);
  }

  #object(type: TlType, place: Place, path: string, text: string | undefined): Json {
    const named = place.under.get('_cons')?.said[0];
    const name = text ?? (named !== undefined && 'text' in named ? named.text : undefined);
    const among = this.#constructors(type);
    if (name === undefined) return this.object(onlyOne(among, place, path), place, path);
    const found = among.find((one) => one.name === name);
    if (found === undefined) throw new WrongField(`${path}: ${noConstructor(name, among)}`);
    return this.object(found, place, path);
  }

  #constructors(type: TlType): readonly Definition[] {
    if (type.kind === 'boxed') return this.#schema.types.get(type.type) ?? [];
    if (type.kind === 'bare') return [definitionNamed(this.#schema, type.constructor)];
    return this.#schema.definitions.filter((one) => one.isFunction === (type.kind === 'call'));
  }

  /** Elements by number, by saying the name again, or all at once as a JSON array. */
  #vector(item: TlType, place: Place, path: string): Json {
    const [first, ...more] = place.said;
    if (first !== undefined && more.length === 0 && place.under.size === 0) {
      if ('json' in first) return Array.isArray(first.json) ? first.json : [first.json];
      if (first.text.startsWith('[')) return jsonOf(path, first.text);
    }
    const said = place.said.map((one) => this.#value(item, { said: [one], under: new Map() }, path)!);
    const numbers = [...place.under.keys()].toSorted((a, b) => Number(a) - Number(b));
    const wrong = numbers.findIndex((number, i) => Number(number) !== i || !/^\d+$/.test(number));
    if (wrong >= 0 || (said.length > 0 && numbers.length > 0))
      throw new WrongField(`${path} is a list: ${path}.0=… ${path}.1=…, or ${path}=… once for each, or ${path}:='[…]'`);
    return [...said, ...numbers.map((number) => this.#value(item, place.under.get(number)!, join(path, number))!)];
  }

  #plain(kind: Plain, text: string, path: string): Json | undefined {
    if (kind === 'string') return JSON.stringify(text);
    if (kind === 'bytes' || kind === 'int128' || kind === 'int256')
      return JSON.stringify(text.startsWith('@') ? this.#file(text.slice(1), path) : text);
    if (kind === 'int' || kind === 'long') {
      if (/^-?\d+$/.test(text)) return String(BigInt(text));
    } else if (kind === 'double') {
      if (['NaN', 'Infinity', '-Infinity'].includes(text)) return JSON.stringify(text);
      if (text.trim() !== '' && Number.isFinite(Number(text))) return String(Number(text));
    } else if (text === 'true' || text === 'false') return kind === 'true' && text === 'false' ? undefined : text;
    throw new WrongField(`${path}: "${text}" is not ${KINDS[kind]}`);
  }

  #file(file: string, path: string): string {
    try {
      return Buffer.from(this.#readFile(file)).toString('base64');
    } catch (error) {
      throw new WrongField(`${path}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
    }
  }
}

type Plain = Exclude<TlType['kind'], 'vector' | 'boxed' | 'bare' | 'call' | 'object'>;
const KINDS: Readonly<Record<Plain, string>> = {
  int: 'a whole number',
  long: 'a whole number',
  double: 'a number',
  string: 'a text',
  bytes: 'base64, or @FILE',
  int128: 'base64 of 16 bytes',
  int256: 'base64 of 32 bytes',
  true: 'true or false',
  bool: 'true or false',
};

/**
 * Whether a field says where a list begins: 0 is written if nobody says, since lists of Telegram's take the beginning as 0. Other numbers
 * have no such meaning (a max_id of 0 deletes a whole history), so they are the caller's to say.
 */
export function isFromTheStart({ name, type, flag }: Field): boolean {
  const isNumber = type.kind === 'int' || type.kind === 'long';
  return isNumber && flag === undefined && (name.startsWith('offset_') || name === 'add_offset');
}

function fieldNamed(definition: Definition, name: string, path: string): Field {
  const shown = definition.fields.filter((field) => !field.isFlags);
  const field = shown.find((one) => one.name === name || (one.type.kind === 'call' && name === '_wrapped'));
  if (field !== undefined) return field;
  const names = shown.map((one) => one.name);
  const has = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
  const hint = didYouMean(name, names) || `; ${has}`;
  throw new WrongField(`${definition.name} has no field ${join(path, name)}${hint}`);
}

/** Without a name: the type's only constructor, or the only one that has all these fields. */
function onlyOne(among: readonly Definition[], place: Place, path: string): Definition {
  const names = [...place.under.keys()];
  const fit = among.filter((one) => names.every((name) => one.fields.some((field) => field.name === name)));
  const [only] = among.length === 1 ? among : fit;
  if (only !== undefined && (among.length === 1 || fit.length === 1)) return only;
  const examples = (fit.length > 0 ? fit : among).slice(0, 6).map((one) => one.name);
  throw new WrongField(`${path}: say which with ${path}._cons=…, one of ${examples.join(', ')}`);
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** Whether a JSON object is a request as it goes over the wire, and not a method's fields. */
export function isWholeRequest(json: Json): boolean {
  return ['message', 'session', 'server', 'options'].some((name) => member(json, name) instanceof Map);
}

/** A name that is none; one that begins with @ is what people call a user or a chat, and the API does not. */
function noConstructor(name: string, among: readonly Definition[]): string {
  if (name.startsWith('@'))
    return `names are not looked up here: ask contacts.resolveUsername username=${name.slice(1)}, and give the id and access_hash of the answer`;
  const names = among.map((one) => one.name);
  return `"${name}" is no constructor that fits here${didYouMean(name, names)}`;
}
