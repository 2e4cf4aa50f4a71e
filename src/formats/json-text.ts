/**
 * JSON with 64-bit integers: what the two JSON formats read with.
 * In: JSON text. Out: values, integers of 16 and more digits as text. Never: the text in an error, as JSON.parse has it.
 */
import { FormatError } from './format-error.ts';
import { KEY_SIZE, fromBase64, keyFrom } from './parts.ts';

export type JsonMembers = Readonly<Record<string, unknown>>;

/** A string, or a number of so many digits that it may not be exact. */
const STRING_OR_LONG = /"(?:[^"\\]|\\.)*"|-?\d{16,}/g;

/** @throws FormatError for what is no JSON object */
export function parseMembers(text: string): JsonMembers {
  let value: unknown;
  try {
    value = JSON.parse(text.replaceAll(STRING_OR_LONG, (found) => (found.startsWith('"') ? found : `"${found}"`)));
  } catch {
    throw new FormatError('this is no JSON');
  }
  return membersOf(value, 'it');
}

export function membersOf(value: unknown, name: string): JsonMembers {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FormatError(`${name} is no JSON object`);
  return value as JsonMembers;
}

/** `undefined` if it is absent or null. */
export function integerMember(from: JsonMembers, name: string, least: number, most: number): number | undefined {
  const value = from[name] ?? undefined;
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most)
    throw new FormatError(`${name} in it is no whole number from ${least} to ${most}`);
  return value as number;
}

export function numberMember(from: JsonMembers, name: string): number | undefined {
  const value = from[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new FormatError(`${name} in it is no number`);
  return value;
}

export function booleanMember(from: JsonMembers, name: string): boolean | undefined {
  const value = from[name] ?? undefined;
  if (value !== undefined && typeof value !== 'boolean')
    throw new FormatError(`${name} in it is neither true nor false`);
  return value;
}

export function textMember(from: JsonMembers, name: string, longest: number): string | undefined {
  const value = from[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '' || value.length > longest)
    throw new FormatError(`${name} in it is no text of 1 to ${longest} characters`);
  return value;
}

/** A signed or unsigned integer of 64 bits, as number or text; signed. */
export function int64Member(from: JsonMembers, name: string): bigint | undefined {
  const value = from[name] ?? undefined;
  if (value === undefined) return undefined;
  const isInteger = typeof value === 'string' ? /^-?\d{1,20}$/.test(value) : Number.isSafeInteger(value);
  const wide = isInteger ? BigInt(value as string | number) : 2n ** 64n;
  if (wide < -(2n ** 63n) || wide >= 2n ** 64n) throw new FormatError(`${name} in it is no integer of 64 bits`);
  return BigInt.asIntN(64, wide);
}

/** The key that base64 text stands for. */
export function keyMember(from: JsonMembers, name: string): Uint8Array {
  const value = textMember(from, name, 2 * KEY_SIZE);
  if (value === undefined) throw new FormatError(`it has no ${name}`);
  const bytes = fromBase64(value);
  try {
    return keyFrom(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** Halves of a 64-bit integer, as records have them. */
export function halves(value: bigint): { readonly low: number; readonly high: number } {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)) };
}

export function joined(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}
