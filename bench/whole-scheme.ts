/**
 * One value of every constructor of the scheme, as JSON: what a codec meets that has no favourites.
 * In: the scheme. Out: plain objects. Never: a conditional field, a value nested deeper than need be, two in one type's
 * place when one will do.
 */
import type { Definition, Schema, TlType } from '../src/tl/ir.ts';

/** What stands for a value of each simple form. */
const SIMPLE = {
  int: 12345,
  long: '-91234567890123',
  double: 0.5,
  string: 'some text',
  bytes: 'AAECAwQFBgc=',
  int128: Buffer.alloc(16, 7).toString('base64'),
  int256: Buffer.alloc(32, 7).toString('base64'),
  true: true,
  bool: true,
} as const;

class Maker {
  readonly #schema: Schema;
  /** For each type the constructor with the fewest levels below it. */
  readonly #flattest = new Map<string, Definition>();
  readonly #levels = new Map<Definition, number>();

  constructor(schema: Schema) {
    this.#schema = schema;
    for (let level = 0, isNew = true; isNew; level++) isNew = this.#fill(level);
  }

  /** Notes what can be made of the levels below. */
  #fill(level: number): boolean {
    const found = this.#schema.definitions.filter((one) => {
      return !one.isFunction && !this.#levels.has(one) && one.fields.every((field) => this.#isMade(field));
    });
    for (const one of found) {
      this.#levels.set(one, level);
      if (!this.#flattest.has(one.typeName)) this.#flattest.set(one.typeName, one);
    }
    return found.length > 0;
  }

  #isMade({ flag, isFlags, type }: Definition['fields'][number]): boolean {
    if (isFlags || flag !== undefined) return true;
    const inner = type.kind === 'vector' ? type.item : type;
    if (inner.kind === 'boxed') return type.kind === 'vector' || this.#flattest.has(inner.type);
    if (inner.kind === 'bare') return this.#levels.has(this.#schema.byName.get(inner.constructor)!);
    return inner.kind in SIMPLE;
  }

  get all(): object[] {
    return [...this.#levels.keys()].map((definition) => this.#object(definition));
  }

  #object(definition: Definition): object {
    const made: Record<string, unknown> = { _cons: definition.name };
    for (const { name, type, flag, isFlags } of definition.fields)
      if (!isFlags && flag === undefined) made[name] = this.#value(type);
    return made;
  }

  #value(type: TlType): unknown {
    if (type.kind === 'boxed') return this.#object(this.#flattest.get(type.type)!);
    if (type.kind === 'bare') return this.#object(this.#schema.byName.get(type.constructor)!);
    if (type.kind !== 'vector') return SIMPLE[type.kind as keyof typeof SIMPLE];
    const { item } = type;
    // An item that is no simple one may hold what this vector stands in.
    return item.kind in SIMPLE ? [this.#value(item), this.#value(item)] : [];
  }
}

export function wholeScheme(schema: Schema): object[] {
  return new Maker(schema).all;
}
