/**
 * What a TL value is as msgpack, written plainly from wire: TL and JSON, http-and-msgpack: msgpack and the msgpack specification, with objects and
 * `Buffer.concat`. Shares nothing with the codec but the `Schema`.
 */
import { isUtf8 } from 'node:buffer';
import type { TlType } from '../../src/tl/ir.ts';
import type { ReferenceStyle } from './tl-reference.ts';
import { Double, type TlObject, type TlValue } from './tl-value.ts';

/** A map of an object's fields in the scheme's order, `_cons` first. */
export function referencePacked(object: TlObject, style: ReferenceStyle): Buffer {
  return packedMap([['_cons', packedString(object.definition.name)], ...packedMembers(object, style)]);
}

export function packedMembers(object: TlObject, style: ReferenceStyle): [string, Buffer][] {
  const present = object.definition.fields.filter((field) => object.fields.has(field.name));
  return present.map((field) => [
    field.type.kind === 'call' ? '_wrapped' : field.name,
    referenceValuePacked(field.type, object.fields.get(field.name)!, style),
  ]);
}

export function referenceValuePacked(type: TlType, value: TlValue, style: ReferenceStyle): Buffer {
  if (type.kind === 'true')
    return style.flagsAsBool ? Buffer.from([0xc3]) : packedMap([['_cons', packedString('true')]]);
  if (Array.isArray(value)) {
    const items = value.map((item) => referenceValuePacked((type as TlType & { kind: 'vector' }).item, item, style));
    return Buffer.concat([packedCount(value.length, 0x90, 0xdc), ...items]);
  }
  if (typeof value === 'boolean') return Buffer.from([value ? 0xc3 : 0xc2]);
  if (typeof value === 'bigint')
    return Buffer.concat([Buffer.from([0xd3]), bigEndian(8, (b) => b.writeBigInt64BE(value))]);
  if (typeof value === 'number') return packedInt(value);
  if (typeof value === 'string') return packedString(value);
  if (value instanceof Double)
    return Buffer.concat([Buffer.from([0xcb]), bigEndian(8, (b) => b.writeDoubleBE(value.value))]);
  if (Buffer.isBuffer(value))
    return type.kind === 'string' && isUtf8(value) ? packedString(value.toString()) : packedBytes(value);
  return referencePacked(value, style);
}

export function packedMap(members: readonly (readonly [string, Buffer])[]): Buffer {
  return Buffer.concat([
    packedCount(members.length, 0x80, 0xde),
    ...members.flatMap(([name, value]) => [packedString(name), value]),
  ]);
}

export function packedString(text: string): Buffer {
  const content = Buffer.from(text);
  const head = content.length < 32 ? Buffer.from([0xa0 | content.length]) : packedLength(content.length, 0xd9);
  return Buffer.concat([head, content]);
}

export function packedBytes(content: Uint8Array): Buffer {
  return Buffer.concat([packedLength(content.length, 0xc4), content]);
}

export function packedInt(value: number): Buffer {
  if (value >= -32 && value < 128) return Buffer.from([value & 255]);
  return Buffer.concat([Buffer.from([0xd2]), bigEndian(4, (b) => b.writeInt32BE(value))]);
}

function packedLength(length: number, first: number): Buffer {
  if (length < 0x100) return Buffer.from([first, length]);
  if (length < 0x10000) return Buffer.concat([Buffer.from([first + 1]), bigEndian(2, (b) => b.writeUInt16BE(length))]);
  return Buffer.concat([Buffer.from([first + 2]), bigEndian(4, (b) => b.writeUInt32BE(length))]);
}

function packedCount(count: number, fixed: number, first: number): Buffer {
  if (count < 16) return Buffer.from([fixed | count]);
  return Buffer.concat([Buffer.from([first]), bigEndian(2, (b) => b.writeUInt16BE(count))]);
}

function bigEndian(size: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(size);
  write(bytes);
  return bytes;
}
