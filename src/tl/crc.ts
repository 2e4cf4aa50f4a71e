/**
 * A definition's number: the CRC-32 of its canonical text (protocol: TL).
 * In: parsed definitions. Out: canonical text, numbers, the list of those that do not fit.
 * Never: changes a number that is written; Telegram has a few that are no CRC (fixed by hand).
 */
import { crc32 } from 'node:zlib';
import type { ParsedDefinition, ParsedField, ParsedScheme, TypeExpression } from './syntax.ts';

/**
 * `user#83314fca flags:# self:flags.10?true id:long = User` -> `user flags:# id:long = User`.
 * Without number, `flags.N?true` fields, braces; `Vector<t>` as `Vector t`; `bytes` as `string`,
 * but not inside a vector (`messages.sendVote`).
 */
export function canonicalText(definition: ParsedDefinition): string {
  const words = [definition.name, ...definition.generics.map((name) => `${name}:Type`)];
  if (definition.core !== undefined) words.push(definition.core);
  for (const field of definition.fields) if (!isTrueFlag(field)) words.push(canonicalField(field));
  words.push('=', canonicalType(definition.result));
  return words.join(' ');
}

function isTrueFlag(field: ParsedField): boolean {
  return field.flag !== undefined && field.type.name === 'true';
}

function canonicalField(field: ParsedField): string {
  const flag = field.flag === undefined ? '' : `${field.flag.field}.${field.flag.bit}?`;
  return `${field.name}:${flag}${field.type.name === 'bytes' ? 'string' : canonicalType(field.type)}`;
}

function canonicalType(type: TypeExpression): string {
  const sign = type.isCall ? '!' : type.isBare ? '%' : '';
  return [sign + type.name, ...type.arguments.map(canonicalType)].join(' ');
}

/** CRC-32 of the canonical text, unsigned: names in TL are ASCII, the parser has seen to it. */
export function computedId(definition: ParsedDefinition): number {
  return crc32(canonicalText(definition));
}

/** The number that counts: the one written, else the computed one. */
export function idOf(definition: ParsedDefinition): number {
  return definition.id ?? computedId(definition);
}

/** A constructor number as eight hex digits. */
export function hexId(id: number): string {
  return id.toString(16).padStart(8, '0');
}

/** Definitions whose written number is not their CRC-32, those marked `// foreign` left out. */
export function mismatches(scheme: ParsedScheme): ParsedDefinition[] {
  return scheme.definitions.filter((one) => one.id !== undefined && !one.isForeign && one.id !== computedId(one));
}
