/**
 * Names of the scheme, as people type them.
 * In: a schema, a name. Out: its definition, or a sentence with the nearest names. Never: guesses in the caller's place.
 */
import { didYouMean } from '../nearest-name.ts';
import type { Definition, Schema } from '../tl/ir.ts';

/** What was typed fits no scheme; the message is a sentence for who typed it. */
export class WrongField extends Error {
  override readonly name = 'WrongField';
}

/** @throws WrongField with suggestions */
export function definitionNamed(schema: Schema, name: string): Definition {
  const found = schema.byName.get(name);
  if (found !== undefined) return found;
  throw new WrongField(`there is no ${name}${didYouMean(name, [...schema.byName.keys()])}`);
}

/** @throws WrongField for a constructor too */
export function methodNamed(schema: Schema, name: string): Definition {
  const found = schema.byName.get(name);
  if (found?.isFunction === true) return found;
  if (found !== undefined) throw new WrongField(`${name} is a constructor of ${found.typeName}, not a method`);
  const methods = schema.definitions.filter((one) => one.isFunction).map((one) => one.name);
  throw new WrongField(`there is no method ${name}${didYouMean(name, methods)}`);
}
