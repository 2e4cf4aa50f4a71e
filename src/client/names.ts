/**
 * Names of the scheme, as people type them.
 * In: a schema, a name. Out: its definition, or a sentence with the nearest names. Never: guesses in the caller's place.
 */
import type { Definition, Schema } from '../tl/ir.ts';

/** What was typed fits no scheme; the message is a sentence for who typed it. */
export class WrongField extends Error {
  override readonly name = 'WrongField';
}

/** @throws WrongField with suggestions */
export function definitionNamed(schema: Schema, name: string): Definition {
  const found = schema.byName.get(name);
  if (found !== undefined) return found;
  throw new WrongField(`there is no ${name}${suggestion(name, [...schema.byName.keys()])}`);
}

/** @throws WrongField for a constructor too */
export function methodNamed(schema: Schema, name: string): Definition {
  const found = schema.byName.get(name);
  if (found?.isFunction === true) return found;
  if (found !== undefined) throw new WrongField(`${name} is a constructor of ${found.typeName}, not a method`);
  const methods = schema.definitions.filter((one) => one.isFunction).map((one) => one.name);
  throw new WrongField(`there is no method ${name}${suggestion(name, methods)}`);
}

const MOST = 3;

/** `; did you mean a, b?`, or nothing. */
export function suggestion(name: string, among: readonly string[]): string {
  const near = nearNames(name, among);
  return near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`;
}

/** Names that share most pairs of letters with it, best first: typing errors change few of them (Dice's coefficient). */
function nearNames(name: string, among: readonly string[]): string[] {
  const wanted = pairs(name);
  return among
    .map((one) => ({ one, score: likeness(wanted, pairs(one)) }))
    .filter(({ score }) => score >= 0.5)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, MOST)
    .map(({ one }) => one);
}

function pairs(name: string): Set<string> {
  const text = name.toLowerCase();
  return new Set(Array.from({ length: Math.max(0, text.length - 1) }, (_, i) => text.slice(i, i + 2)));
}

function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((pair) => b.has(pair)).length;
  return (2 * shared) / (a.size + b.size || 1);
}
