/**
 * Sizes: the least number of bytes a value of a type takes, and whether it is finite at all.
 * In: a resolved scheme. Out: bytes, or an error made by the caller who knows the place.
 * Never: the size of a given value. Readers use the least size to refuse a vector's count before
 * they allocate for it.
 */
import type { Definition, Schema, TlType } from './ir.ts';

const FIXED: Readonly<Record<string, number>> = {
  int: 4,
  long: 8,
  double: 8,
  string: 4,
  bytes: 4,
  int128: 16,
  int256: 32,
  true: 0,
  bool: 4,
  boxed: 4,
  call: 4,
  object: 4,
};

/** Sizes of bare constructors found so far: without them a ladder of types doubles the work a rung. */
const FOUND = new WeakMap<Schema, Map<string, number>>();

/**
 * Least bytes of a value: boxed types count their number alone, conditional fields nothing.
 * `Infinity` for a bare constructor that holds itself.
 */
export function smallestSize(schema: Schema, type: TlType): number {
  if (type.kind === 'vector') return type.isBoxed ? 8 : 4;
  return type.kind === 'bare' ? bareSize(schema, type.constructor) : FIXED[type.kind]!;
}

function bareSize(schema: Schema, name: string): number {
  const found = FOUND.get(schema) ?? new Map<string, number>();
  FOUND.set(schema, found);
  const before = found.get(name);
  if (before !== undefined) return before;
  found.set(name, Infinity); // whoever meets it again while its own fields are counted is inside it
  let sum = 0;
  for (const field of schema.byName.get(name)?.fields ?? []) {
    if (field.flag === undefined) sum += smallestSize(schema, field.type);
  }
  found.set(name, sum);
  return sum;
}

/**
 * Refuses what no reader could read: a bare constructor inside itself, a vector of elements that
 * take no bytes (any count would fit).
 */
export function checkSizes(schema: Schema, error: (definition: Definition, what: string) => Error): void {
  for (const definition of schema.definitions) {
    for (const field of definition.fields) {
      if (smallestSize(schema, field.type) === Infinity)
        throw error(definition, `${definition.name}.${field.name} holds itself without end`);
      if (holdsNothing(schema, field.type))
        throw error(definition, `${definition.name}.${field.name}: a vector of elements without bytes`);
    }
    if (holdsNothing(schema, definition.result))
      throw error(definition, `${definition.name}: a vector of elements without bytes`);
  }
}

function holdsNothing(schema: Schema, type: TlType): boolean {
  if (type.kind !== 'vector') return false;
  return smallestSize(schema, type.item) === 0 || holdsNothing(schema, type.item);
}
