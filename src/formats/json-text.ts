/**
 * JSON with 64-bit integers: what the two JSON formats are read with.
 * In: JSON text. Out: its members; integers of 16 and more digits as text. Never: a part of the text in an error, as JSON.parse has.
 */
import { FormatError } from './format-error.ts';
import { KEY_SIZE, fromBase64, keyFrom } from './parts.ts';

/** The members of a JSON object. */
export type JsonMembers = Readonly<Record<string, unknown>>;

/** A string, or an integer of so many digits that a double may not hold it exactly. */
const STRING_OR_LONG = /"(?:[^"\\]|\\.)*"|-?\d{16,}/g;

/** Parses JSON text of one object. @throws FormatError for any other text */
export function parseMembers(text: string): JsonMembers {
  let value: unknown;
  try {
    value = JSON.parse(text.replaceAll(STRING_OR_LONG, (found) => (found.startsWith('"') ? found : `"${found}"`)));
  } catch {
    throw new FormatError('this is no JSON');
  }
  return membersOf(value, 'it');
}

/** The members of a value that must be an object. @param name what the error calls it @throws FormatError */
export function membersOf(value: unknown, name: string): JsonMembers {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FormatError(`${name} is no JSON object`);
  return value as JsonMembers;
}

/** A whole number from `least` to `most`; undefined if the member is absent or null. @throws FormatError */
export function integerMember(from: JsonMembers, name: string, least: number, most: number): number | undefined {
  const value = from[name] ?? undefined;
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most)
    throw new FormatError(`${name} in it is no whole number from ${least} to ${most}`);
  return value as number;
}

/** A finite number; undefined if the member is absent or null. @throws FormatError */
export function numberMember(from: JsonMembers, name: string): number | undefined {
  const value = from[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new FormatError(`${name} in it is no number`);
  return value;
}

/** True or false; undefined if the member is absent or null. @throws FormatError */
export function booleanMember(from: JsonMembers, name: string): boolean | undefined {
  const value = from[name] ?? undefined;
  if (value !== undefined && typeof value !== 'boolean')
    throw new FormatError(`${name} in it is neither true nor false`);
  return value;
}

/** A text of 1 to `longest` characters; undefined if the member is absent or null. @throws FormatError */
export function textMember(from: JsonMembers, name: string, longest: number): string | undefined {
  const value = from[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '' || value.length > longest)
    throw new FormatError(`${name} in it is no text of 1 to ${longest} characters`);
  return value;
}

/** An integer of 64 bits, given as number or text, signed or unsigned; the result is signed. @throws FormatError */
export function int64Member(from: JsonMembers, name: string): bigint | undefined {
  const value = from[name] ?? undefined;
  if (value === undefined) return undefined;
  const isInteger = typeof value === 'string' ? /^-?\d{1,20}$/.test(value) : Number.isSafeInteger(value);
  const wide = isInteger ? BigInt(value as string | number) : 2n ** 64n;
  if (wide < -(2n ** 63n) || wide >= 2n ** 64n) throw new FormatError(`${name} in it is no integer of 64 bits`);
  return BigInt.asIntN(64, wide);
}

/** An authorization key, given in base64. @throws FormatError, also without it */
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

/** The two signed 32-bit halves of a 64-bit integer, as records have them. */
export function halves(value: bigint): { readonly low: number; readonly high: number } {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)) };
}

/** The signed 64-bit integer of two 32-bit halves. */
export function joined(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}
