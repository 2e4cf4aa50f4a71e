/**
 * The property over the whole scheme: random values of every definition survive JSON -> TL -> JSON and
 * TL -> JSON -> TL, in both styles, and agree with the reference (`test/support/tl-reference.ts`) byte for byte.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Definition } from '../../src/tl/ir.ts';
import {
  codec,
  decodeCall,
  decodeObject,
  encodeCall,
  encodeObject,
  encodeResult,
  decodeResult,
  PLAIN,
  schema,
  STRINGS,
} from '../support/codec.ts';
import { Random } from '../support/random.ts';
import {
  memberTexts,
  referenceBytes,
  referenceJson,
  referenceValueBytes,
  referenceValueJson,
} from '../support/tl-reference.ts';
import { ValueMaker, type TlObject, type ValueWish } from '../support/tl-value.ts';

const random = new Random(20_261);
const internal = new Set([
  'req_pq',
  'req_pq_multi',
  'req_DH_params',
  'set_client_DH_params',
  'http_wait',
  'destroy_auth_key',
]);
const callable = schema.definitions.filter((one) => one.isFunction && !internal.has(one.name));
const maker = new ValueMaker(schema, random, callable);

/** Everything conditional there, nothing there, and two in between. */
const WISHES: readonly ValueWish[] = [
  { present: 1, depth: 1 },
  { present: 0, depth: 2 },
  { present: 0.5, depth: 3 },
  { present: 0.3, depth: 4 },
];

test('the scheme is all there', () => {
  assert.ok(schema.definitions.length > 2400, `${schema.definitions.length} definitions`);
});

test('every definition: TL -> JSON is what the reference says, in both styles', () => {
  for (const [definition, object] of values()) {
    const bytes = referenceBytes(schema, object);
    const decode = definition.isFunction ? decodeCall : decodeObject;
    for (const style of [PLAIN, STRINGS])
      assert.equal(decode(bytes, style), referenceJson(object, style), definition.text);
  }
});

test('every definition: JSON -> TL is what the reference says, from both styles', () => {
  for (const [definition, object] of values()) {
    if (internal.has(definition.name)) continue;
    const bytes = referenceBytes(schema, object);
    const encode = definition.isFunction ? encodeCall : encodeObject;
    for (const style of [PLAIN, STRINGS]) {
      assert.equal(encode(referenceJson(object, style)).toString('hex'), bytes.toString('hex'), definition.text);
    }
  }
});

test('every definition: fields come in any order, with white space', () => {
  for (const [definition, object] of values(WISHES.slice(2, 3))) {
    if (internal.has(definition.name)) continue;
    const members = [['_cons', JSON.stringify(definition.name)], ...memberTexts(object, PLAIN)];
    members.sort(() => random.below(3) - 1);
    const json = ` {\t${members.map(([name, text]) => `"${name}" :\r\n ${text}`).join(' , ')}}\n`;
    const encode = definition.isFunction ? encodeCall : encodeObject;
    assert.equal(encode(json).toString('hex'), referenceBytes(schema, object).toString('hex'), definition.text);
  }
});

test('every result type of every function survives both ways', () => {
  for (const definition of callable) {
    if (definition.fields.some((field) => field.type.kind === 'call')) continue;
    const type = definition.result;
    const value = maker.value(type, { present: 0.5, depth: 2 }, 0);
    const bytes = referenceValueBytes(schema, type, value);
    for (const style of [PLAIN, STRINGS]) {
      const json = referenceValueJson(type, value, style);
      assert.equal(decodeResult(definition.name, bytes, style), json, definition.text);
      assert.equal(
        encodeResult(codec.resultOf(definition.crc), json).toString('hex'),
        bytes.toString('hex'),
        definition.text,
      );
    }
  }
});

function* values(wishes = WISHES): Generator<[Definition, TlObject]> {
  for (const definition of schema.definitions)
    for (const wish of wishes) yield [definition, maker.object(definition, wish)];
}
