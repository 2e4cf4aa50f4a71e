/**
 * Names of the scheme, as people type them.
 * In: a schema, a name. Out: the definition of that name, or WrongField with the nearest names. Never: another definition than the named.
 */
import { didYouMean } from '../nearest-name.ts';
import type { Definition, Schema } from '../tl/ir.ts';

/** Words that do not fit the scheme; the message is a sentence for the person who typed them. */
export class WrongField extends Error {
  override readonly name = 'WrongField';
}

/** The constructor or method of this name. @throws WrongField with the nearest names */
export function definitionNamed(schema: Schema, name: string): Definition {
  const found = schema.byName.get(name);
  if (found !== undefined) return found;
  throw new WrongField(`there is no ${name}${didYouMean(name, [...schema.byName.keys()])}`);
}

/** The method of this name. @throws WrongField with the nearest methods; for a constructor too */
export function methodNamed(schema: Schema, name: string): Definition {
  const found = schema.byName.get(name);
  if (found?.isFunction === true) return found;
  if (found !== undefined) throw new WrongField(`${name} is a constructor of ${found.typeName}, not a method`);
  const methods = schema.definitions.filter((one) => one.isFunction).map((one) => one.name);
  throw new WrongField(`there is no method ${name}${didYouMean(name, methods)}`);
}
