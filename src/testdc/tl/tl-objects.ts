/**
 * ObjectCodec: plain objects to TL bytes and back, by interpreting the scheme.
 * In: a Schema of `src/tl/ir.ts`, an object or a reader. Out: bytes or an object.
 * Never: generated code, nor anything of the client's codec: the two are to be held against each other.
 *
 * Strict both ways: no unknown field, no field left out, no constructor of another type.
 */
import { isUtf8 } from 'node:buffer';
import type { Reader } from '../../bytes/reader.ts';
import { Writer } from '../../bytes/writer.ts';
import type { Definition, Field, Schema, TlType } from '../../tl/ir.ts';
import { encodeAs } from './tl-encode.ts';
import { TlObjectError } from './tl-value.ts';
import type { TlObject, TlValue } from './tl-value.ts';

const VECTOR = 0x1cb5c415;
const TRUE = 0x997275b5;
const FALSE = 0xbc799737;
/** Objects inside objects, at most. */
const DEEPEST = 64;

/** Where all values are written, before they are copied to a block of their own length. */
let scratch = new Writer(1024);
/** A writer that has grown beyond so many bytes is not kept. */
const MOST_SCRATCH = 2 * 1024 * 1024;

/** The codec of one scheme. */
export class ObjectCodec {
  readonly schema: Schema;

  constructor(schema: Schema) {
    this.schema = schema;
  }

  /** TL bytes of a boxed object or a function call. `isLenient`: the object was made for another layer. @throws TlObjectError */
  encode(value: TlObject, isLenient = false): Buffer {
    return this.encodeAs({ kind: 'object' }, value, isLenient);
  }

  /** TL bytes of a value of a given type, such as a method's result. @throws TlObjectError with the path */
  encodeAs(type: TlType, value: TlValue, isLenient = false): Buffer {
    scratch.clear();
    encodeAs({ schema: this.schema, out: scratch, isLenient }, type, value, '');
    const bytes = Buffer.from(scratch.written());
    if (scratch.bytes.length > MOST_SCRATCH) scratch = new Writer(1024);
    return bytes;
  }

  /** Reads one boxed object or function call. @throws TlObjectError, TlReadError */
  decode(reader: Reader): TlObject {
    return this.#boxed(reader, undefined, 0);
  }

  /** Reads a value of a given type, such as a method's result. @throws TlObjectError, TlReadError */
  decodeAs(type: TlType, reader: Reader): TlValue {
    return this.#value(type, reader, 0);
  }

  /** Reads the fields of a definition, behind its number, up to the field that holds a call, which is left to the caller. */
  decodeWrapper(definition: Definition, reader: Reader): TlObject {
    return this.#fields(definition, reader, 0, true);
  }

  #boxed(reader: Reader, type: string | undefined, depth: number): TlObject {
    const at = reader.pos;
    const crc = reader.uint32();
    const definition = this.schema.byCrc.get(crc);
    if (definition === undefined) throw new TlObjectError(`no constructor 0x${crc.toString(16)} at byte ${at}`);
    if (type !== undefined && (definition.isFunction || definition.typeName !== type))
      throw new TlObjectError(`${definition.name} where ${type} is expected, at byte ${at}`);
    return this.#fields(definition, reader, depth, false);
  }

  #fields(definition: Definition, reader: Reader, depth: number, stopsAtCall: boolean): TlObject {
    if (depth > DEEPEST) throw new TlObjectError('objects too deep');
    const value: TlObject = { _: definition.name };
    const flags = new Map<string, number>();
    for (const field of definition.fields) {
      if (field.isFlags) {
        flags.set(field.name, this.#flags(definition, field, reader));
        continue;
      }
      if (field.flag !== undefined && !(((flags.get(field.flag.field) ?? 0) >>> field.flag.bit) & 1)) continue;
      if (stopsAtCall && field.type.kind === 'call') return value;
      value[field.name] = this.#value(field.type, reader, depth + 1);
    }
    return value;
  }

  /** Reads a word of flags. A bit that no field has means another layer, of which the rest would be misread. */
  #flags(definition: Definition, flags: Field, reader: Reader): number {
    const word = reader.int32();
    let known = 0;
    for (const { flag } of definition.fields) if (flag?.field === flags.name) known |= 1 << flag.bit;
    if ((word & ~known) !== 0)
      throw new TlObjectError(`${definition.name}.${flags.name}: unknown bits in 0x${(word >>> 0).toString(16)}`);
    return word;
  }

  // The switch is exhaustive, which the compiler checks.
  // oxlint-disable-next-line typescript/consistent-return
  #value(type: TlType, reader: Reader, depth: number): TlValue {
    switch (type.kind) {
      case 'int':
        return reader.int32();
      case 'long':
        return reader.bigInt64();
      case 'double':
        return reader.double();
      case 'string':
        return text(reader.view());
      case 'bytes':
        return Buffer.from(reader.view());
      case 'int128':
        return Buffer.from(reader.raw(16));
      case 'int256':
        return Buffer.from(reader.raw(32));
      case 'true':
        return true;
      case 'bool':
        return bool(reader);
      case 'vector':
        return this.#vector(type, reader, depth);
      case 'boxed':
        return this.#boxed(reader, type.type, depth);
      case 'bare':
        return this.#fields(this.schema.byName.get(type.constructor)!, reader, depth, false);
      case 'call':
      case 'object':
        return this.#boxed(reader, undefined, depth);
    }
  }

  #vector(type: TlType & { kind: 'vector' }, reader: Reader, depth: number): TlValue[] {
    if (type.isBoxed && reader.uint32() !== VECTOR) throw new TlObjectError(`no Vector at byte ${reader.pos - 4}`);
    // Every item but a bare empty constructor takes at least four bytes; `count` bounds by that.
    const count = reader.count(4);
    const items: TlValue[] = [];
    for (let i = 0; i < count; i++) items.push(this.#value(type.item, reader, depth + 1));
    return items;
  }
}

/** A string; one that is not UTF-8 stays bytes. */
function text(bytes: Uint8Array): string | Buffer {
  const copy = Buffer.from(bytes);
  return isUtf8(copy) ? copy.toString('utf8') : copy;
}

function bool(reader: Reader): boolean {
  const crc = reader.uint32();
  if (crc !== TRUE && crc !== FALSE) throw new TlObjectError(`no Bool at byte ${reader.pos - 4}`);
  return crc === TRUE;
}
