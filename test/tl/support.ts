/**
 * What the scheme tests share: definitions without their places, so that two texts can be held
 * against each other, and random definitions.
 */
import * as fc from 'fast-check';
import type { ParsedDefinition, ParsedField, TypeExpression } from '../../src/tl/syntax.ts';

/** Places and original text belong to a file, not to what it says. */
export function withoutPlaces(definition: ParsedDefinition): unknown {
  const { at: _at, text: _text, fields, ...rest } = definition;
  return { ...rest, fields: fields.map(({ at: _fieldAt, ...field }) => field) };
}

const lower = fc.stringMatching(/^[a-z][a-zA-Z0-9_]{0,8}$/);
const upper = fc.stringMatching(/^[A-Z][a-zA-Z0-9_]{0,8}$/);
const dotted = (name: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.option(lower, { nil: undefined }), name)
    .map(([group, tail]) => (group === undefined ? tail : `${group}.${tail}`));

const plainType = fc
  .tuple(fc.oneof(dotted(lower), dotted(upper)), fc.boolean())
  .map(([name, bare]): TypeExpression => ({ name, isBare: bare, isCall: false, arguments: [] }));
const numberType = fc.constant<TypeExpression>({ name: '#', isBare: false, isCall: false, arguments: [] });
const callType = upper.map((name): TypeExpression => ({ name, isBare: false, isCall: true, arguments: [] }));
const vectorType = fc
  .tuple(fc.constantFrom('Vector', 'vector'), fc.boolean(), plainType)
  .map(([name, bare, item]): TypeExpression => ({ name, isBare: bare, isCall: false, arguments: [item] }));
const nestedType = vectorType.map((item): TypeExpression => ({
  name: 'Vector',
  isBare: false,
  isCall: false,
  arguments: [item],
}));

const field: fc.Arbitrary<ParsedField> = fc
  .tuple(
    lower,
    fc.oneof(plainType, numberType, callType, vectorType, nestedType),
    fc.option(fc.record({ field: lower, bit: fc.integer({ min: 0, max: 31 }) }, { noNullPrototype: true }), {
      nil: undefined,
    }),
  )
  .map(([name, type, flag]) => ({ name, type, at: 0, ...(flag === undefined ? {} : { flag }) }));

/** Anything `printDefinition` may be handed; what the names mean is left to chance. */
export const anyDefinition: fc.Arbitrary<ParsedDefinition> = fc
  .record({
    name: dotted(lower),
    id: fc.nat(0xffffffff),
    generics: fc.array(upper, { maxLength: 2 }),
    fields: fc.array(field, { maxLength: 8 }),
    core: fc.constantFrom(undefined, undefined, undefined, '?', '# [ t ]', '4*[ int ]'),
    result: fc.oneof(plainType, vectorType),
    isFunction: fc.boolean(),
    isForeign: fc.boolean(),
  })
  .map(({ core, ...rest }) => ({
    ...rest,
    at: 0,
    text: '',
    ...(core === undefined ? {} : { core, fields: [] }),
  }));
