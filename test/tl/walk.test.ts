/** Reading by field name, over the whole scheme, held against the reference encoder (`test/support/tl-reference.ts`). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Reader, TlReadError } from '../../src/bytes/reader.ts';
import { DecodeFailure } from '../../src/tl/codec.ts';
import type { Definition } from '../../src/tl/ir.ts';
import { OpenedObject } from '../../src/tl/opened-object.ts';
import { codec, encodeObject, schema } from '../support/codec.ts';
import { Random } from '../support/random.ts';
import { referenceBytes, referenceValueBytes } from '../support/tl-reference.ts';
import { ValueMaker, type TlObject, type TlValue, type ValueWish } from '../support/tl-value.ts';

const { walk } = codec;
const maker = new ValueMaker(schema, new Random(20_270), [schema.byName.get('help.getConfig')!]);
const WISHES: readonly ValueWish[] = [
  { present: 1, depth: 1 },
  { present: 0, depth: 2 },
  { present: 0.5, depth: 3 },
];

function* values(): Generator<[Definition, TlObject]> {
  for (const definition of schema.definitions)
    for (const wish of WISHES) yield [definition, maker.object(definition, wish)];
}

/** Where the reference puts each field that is there. */
function expectedPlaces({ definition, fields }: TlObject): number[] {
  let at = 4;
  return definition.fields.map((field) => {
    const value = fields.get(field.name);
    if (value === undefined && !field.isFlags) return -1;
    const place = at;
    at += field.isFlags ? 4 : referenceValueBytes(schema, field.type, value!).length;
    return place;
  });
}

function longsIn(value: TlValue): bigint[] {
  if (typeof value === 'bigint') return [BigInt.asUintN(64, value)];
  if (Array.isArray(value)) return value.flatMap(longsIn);
  if (typeof value === 'object' && 'definition' in value) return [...value.fields.values()].flatMap(longsIn);
  return [];
}

describe('walk', () => {
  it('finds every field of every definition where the reference has put it', () => {
    const opened = new OpenedObject();
    for (const [definition, object] of values()) {
      const bytes = referenceBytes(schema, object);
      walk.open(new Reader(bytes), opened);
      assert.equal(walk.nameOf(opened.definition), definition.name);
      assert.deepEqual(opened.places, expectedPlaces(object), definition.text);
      assert.deepEqual([opened.start, opened.stop], [0, bytes.length], definition.text);
    }
  });

  it('tells a field by its name', () => {
    const bytes = encodeObject('{"_cons":"updateDeleteMessages","messages":[1,2],"pts":77,"pts_count":2}');
    const opened = walk.open(new Reader(bytes), new OpenedObject());
    const read = (name: string): number => bytes.readInt32LE(walk.placeOf(opened, walk.field(name)));
    assert.deepEqual([read('pts'), read('pts_count')], [77, 2]);
    assert.equal(walk.placeOf(opened, walk.field('qts')), -1);
    assert.equal(walk.field('no such field'), -1);
    assert.equal(walk.placeOf(opened, -1), -1);
    const messages = new Reader(bytes, walk.placeOf(opened, walk.field('messages')));
    assert.equal(walk.vector(messages), 2);
    assert.equal(messages.int32(), 1);
  });

  it('tells each long that it passes, in their order', () => {
    for (const [definition, object] of values()) {
      const found: bigint[] = [];
      const from = new Reader(referenceBytes(schema, object));
      walk.open(from, new OpenedObject(), (low, high) => found.push((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)));
      assert.deepEqual(found, [...object.fields.values()].flatMap(longsIn), definition.text);
      assert.equal(from.left, 0);
    }
  });

  it('ends with an error wherever the bytes are cut', () => {
    const message = maker.object(schema.byName.get('message')!, { present: 1, depth: 2 });
    const bytes = referenceBytes(schema, message);
    for (let end = 0; end < bytes.length; end++)
      assert.throws(
        () => walk.open(new Reader(bytes, 0, end), new OpenedObject()),
        TlReadError,
        `cut at ${end} of ${bytes.length}`,
      );
  });

  it('refuses a constructor that nobody knows, one of another type, and what is too deep', () => {
    const update = encodeObject('{"_cons":"updateShort","update":{"_cons":"updatePtsChanged"},"date":1}');
    const open = (): OpenedObject => walk.open(new Reader(update), new OpenedObject());
    update.writeUInt32LE(0x0bad0bad, 4);
    assert.throws(open, new DecodeFailure(0x0bad0bad, 'a constructor that the scheme does not have'));
    update.writeUInt32LE(codec.crcOf('updatesTooLong'), 4);
    assert.throws(open, /updatesTooLong cannot stand here/);
    const bold = (inner: string): string => `{"_cons":"textBold","text":${inner}}`;
    let text = '{"_cons":"textEmpty"}';
    for (let depth = 1; depth < 64; depth++) text = bold(text);
    walk.open(new Reader(encodeObject(text)), new OpenedObject());
    const bytes = encodeObject(text);
    const deeper = Buffer.concat([bytes.subarray(0, 4), bytes]);
    assert.throws(() => walk.open(new Reader(deeper), new OpenedObject()), /more than 64 levels/);
  });

  it('refuses a vector that is none, and a count that cannot fit', () => {
    const bytes = encodeObject('{"_cons":"updateDeleteMessages","messages":[1,2],"pts":77,"pts_count":2}');
    bytes.writeInt32LE(1000, 8);
    assert.throws(() => walk.open(new Reader(bytes), new OpenedObject()), /vector of 1000 elements cannot fit/);
    bytes.writeUInt32LE(codec.crcOf('updatesTooLong'), 4);
    assert.throws(() => walk.open(new Reader(bytes), new OpenedObject()), /cannot stand here/);
    assert.throws(() => walk.vector(new Reader(bytes, 8)), DecodeFailure);
  });
});
