/**
 * Plain objects to TL bytes, by interpreting the scheme: the writing half of `tl-objects.ts`.
 * In: a type, a value, its path. Out: bytes in a writer. Never: guesses; a wrong value is an error that names its path.
 *
 * `isLenient` is for answers that were made for one layer and are sent in another: a field that the layer lacks is
 * left out, a field that the answer lacks is the type's zero.
 */
import type { Writer } from '../../bytes/writer.ts';
import type { Definition, Schema, TlType } from '../../tl/ir.ts';
import { TlObjectError } from './tl-value.ts';
import type { TlObject, TlValue } from './tl-value.ts';

/** Where values are written, and by which scheme. */
export interface EncodingTarget {
  readonly schema: Schema;
  readonly out: Writer;
  readonly isLenient: boolean;
}

type Value = TlValue | undefined;

/** Writes a value of a type; `path` is the value's, for errors. @throws TlObjectError */
export function encodeAs(to: EncodingTarget, type: TlType, value: Value, path: string): void {
  const { out } = to;
  switch (type.kind) {
    case 'int':
      return out.int32(int(value, path));
    case 'long':
      return out.bigInt64(long(value, path));
    case 'double':
      if (typeof value !== 'number') throw wrong('a double', path);
      return out.double(value);
    case 'string':
    case 'bytes':
      return out.string(bytes(value, path));
    case 'int128':
      return out.raw(fixed(value, 16, path));
    case 'int256':
      return out.raw(fixed(value, 32, path));
    case 'true':
      return undefined;
    case 'bool':
      if (typeof value !== 'boolean') throw wrong('a boolean', path);
      return out.int32(value ? 0x997275b5 : 0xbc799737);
    case 'vector':
      return vector(to, type, value, path);
    case 'boxed':
      return boxed(to, type.type, value, path);
    case 'bare':
      return fields(to, to.schema.byName.get(type.constructor)!, object(value, path), path);
    case 'call':
    case 'object':
      return boxed(to, undefined, value, path);
  }
}

function boxed(to: EncodingTarget, type: string | undefined, value: Value, path: string): void {
  const wanted = object(value, path);
  const definition = to.schema.byName.get(wanted._);
  if (definition === undefined) throw new TlObjectError(`${path}: no constructor ${wanted._}`);
  if (type !== undefined && (definition.isFunction || definition.typeName !== type))
    throw new TlObjectError(`${path}: ${wanted._} where ${type} is expected`);
  to.out.int32(definition.crc);
  fields(to, definition, wanted, path);
}

function fields(to: EncodingTarget, definition: Definition, value: TlObject, path: string): void {
  if (!to.isLenient) noUnknown(definition, value, path);
  for (const field of definition.fields) {
    const at = `${path}.${field.name}`;
    if (field.isFlags) to.out.int32(flagsWord(definition, field.name, value));
    else if (field.flag === undefined) encodeAs(to, field.type, value[field.name] ?? missing(to, field.type, at), at);
    else if (isPresent(value[field.name], field.type)) encodeAs(to, field.type, value[field.name], at);
  }
}

/** Whether a field behind a flag is there; a `true` only if its value is. */
function isPresent(value: Value, type: TlType): boolean {
  return value !== undefined && !(type.kind === 'true' && value === false);
}

function flagsWord(definition: Definition, name: string, value: TlObject): number {
  let word = 0;
  for (const { flag, type, name: field } of definition.fields)
    if (flag?.field === name && isPresent(value[field], type)) word |= 1 << flag.bit;
  return word;
}

function noUnknown(definition: Definition, value: TlObject, path: string): void {
  for (const name of Object.keys(value))
    if (name !== '_' && !definition.fields.some((field) => field.name === name && !field.isFlags))
      throw new TlObjectError(`${path}: ${definition.name} has no field ${name}`);
}

function missing(to: EncodingTarget, type: TlType, path: string): TlValue {
  const zero = to.isLenient ? ZERO[type.kind] : undefined;
  if (zero === undefined) throw new TlObjectError(`${path} is missing`);
  return zero;
}

const ZERO: Partial<Record<TlType['kind'], TlValue>> = {
  int: 0,
  long: 0n,
  double: 0,
  string: '',
  bytes: '',
  bool: false,
  vector: [],
};

function vector(to: EncodingTarget, type: TlType & { kind: 'vector' }, value: Value, path: string): void {
  if (!Array.isArray(value)) throw wrong('an array', path);
  if (type.isBoxed) to.out.int32(0x1cb5c415);
  to.out.int32(value.length);
  value.forEach((item, i) => encodeAs(to, type.item, item, `${path}[${i}]`));
}

function int(value: Value, path: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < -0x80000000 || value > 0xffffffff)
    throw wrong('an int', path);
  return value | 0;
}

function long(value: Value, path: string): bigint {
  if (typeof value === 'bigint' && value >= -(1n << 63n) && value < 1n << 64n) return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  throw wrong('a long', path);
}

function bytes(value: Value, path: string): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  if (value instanceof Uint8Array) return value;
  throw wrong('a string or bytes', path);
}

function fixed(value: Value, length: number, path: string): Uint8Array {
  if (value instanceof Uint8Array && value.length === length) return value;
  throw wrong(`${length} bytes`, path);
}

function object(value: Value, path: string): TlObject {
  if (typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array)) return value;
  throw wrong('an object', path);
}

function wrong(expected: string, path: string): TlObjectError {
  return new TlObjectError(`${path}: ${expected} is expected`);
}
