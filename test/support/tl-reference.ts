/**
 * The reference: what a TL value is as bytes and as JSON, written plainly from wire: TL and JSON and the TL rules,
 * with objects, BigInt and string concatenation. Shares nothing with the codec but the `Schema`.
 */
import type { Field, Schema, TlType } from '../../src/tl/ir.ts';
import { Double, type TlObject, type TlValue } from './tl-value.ts';

export interface ReferenceStyle {
  readonly int64AsString: boolean;
  readonly flagsAsBool: boolean;
}

/** Bytes of an object with its constructor number. */
export function referenceBytes(schema: Schema, object: TlObject): Buffer {
  return Buffer.concat([uint32(object.definition.crc), bareBytes(schema, object)]);
}

/** Bytes of a value of some type. */
export function referenceValueBytes(schema: Schema, type: TlType, value: TlValue): Buffer {
  switch (type.kind) {
    case 'int':
      return uint32((value as number) >>> 0);
    case 'long': {
      const long = Buffer.alloc(8);
      long.writeBigInt64LE(value as bigint);
      return long;
    }
    case 'double': {
      const double = Buffer.alloc(8);
      double.writeDoubleLE((value as Double).value);
      return double;
    }
    case 'string':
    case 'bytes':
      return blob(typeof value === 'string' ? Buffer.from(value) : (value as Buffer));
    case 'int128':
    case 'int256':
      return value as Buffer;
    case 'true':
      return Buffer.alloc(0);
    case 'bool':
      return uint32(value === true ? 0x997275b5 : 0xbc799737);
    case 'vector': {
      const items = (value as TlValue[]).map((item) => referenceValueBytes(schema, type.item, item));
      return Buffer.concat([type.isBoxed ? uint32(0x1cb5c415) : Buffer.alloc(0), uint32(items.length), ...items]);
    }
    case 'bare':
      return bareBytes(schema, value as TlObject);
    case 'boxed':
    case 'call':
    case 'object':
      break;
  }
  return referenceBytes(schema, value as TlObject);
}

function bareBytes(schema: Schema, object: TlObject): Buffer {
  const { definition, fields } = object;
  return Buffer.concat(
    definition.fields.map((field) => {
      if (field.isFlags) return uint32(flagsOf(definition.fields, field.name, fields));
      const value = fields.get(field.name);
      return value === undefined ? Buffer.alloc(0) : referenceValueBytes(schema, field.type, value);
    }),
  );
}

function flagsOf(all: readonly Field[], name: string, fields: ReadonlyMap<string, TlValue>): number {
  let flags = 0;
  for (const field of all)
    if (field.flag?.field === name && fields.has(field.name))
      flags += flags & (1 << field.flag.bit) ? 0 : 2 ** field.flag.bit;
  return flags;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function blob(content: Buffer): Buffer {
  const head = content.length < 254 ? Buffer.from([content.length]) : uint32(content.length * 256 + 254);
  const whole = Buffer.concat([head, content]);
  return Buffer.concat([whole, Buffer.alloc((4 - (whole.length % 4)) % 4)]);
}

/** JSON text of an object as the gateway writes it. */
export function referenceJson(object: TlObject, style: ReferenceStyle): string {
  const members = memberTexts(object, style).map(([name, text]) => `,${JSON.stringify(name)}:${text}`);
  return `{"_cons":${JSON.stringify(object.definition.name)}${members.join('')}}`;
}

/** Names and JSON texts of the fields that are there, in the scheme's order. */
export function memberTexts(object: TlObject, style: ReferenceStyle): [string, string][] {
  const present = object.definition.fields.filter((field) => object.fields.has(field.name));
  return present.map((field) => {
    const name = field.type.kind === 'call' ? '_wrapped' : field.name;
    return [name, referenceValueJson(field.type, object.fields.get(field.name)!, style)];
  });
}

export function referenceValueJson(type: TlType, value: TlValue, style: ReferenceStyle): string {
  if (type.kind === 'true') return style.flagsAsBool ? 'true' : '{"_cons":"true"}';
  if (type.kind === 'string' && typeof value !== 'string')
    return `{"_bytes":"${(value as Buffer).toString('base64')}"}`;
  if (type.kind === 'vector')
    return `[${(value as TlValue[]).map((item) => referenceValueJson(type.item, item, style)).join(',')}]`;
  if (typeof value === 'bigint') return style.int64AsString ? `"${value}"` : String(value);
  if (Buffer.isBuffer(value)) return `"${value.toString('base64')}"`;
  if (value instanceof Double) return doubleText(value.value);
  if (typeof value === 'object') return referenceJson(value as TlObject, style);
  return JSON.stringify(value);
}

function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`;
}
