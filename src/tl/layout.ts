/**
 * Layout: the fields of every definition as numbers, for whoever reads TL bytes by field name without making JSON of them.
 * In: the plan of a compilation. Out: tables that the generated source carries. Never: bytes; `walk.ts` reads them.
 */
import type { Field, TlType } from './ir.ts';
import type { Plan } from './plan.ts';
import { smallestSize } from './size.ts';

/** What stands in the place of a field. */
export const FieldForm = {
  /** So many bytes: the argument. */
  FIXED: 0,
  LONG: 1,
  STRING: 2,
  BOOL: 3,
  /** Flags that later fields ask. */
  FLAGS: 4,
  /** A constructor of the type with this number. */
  BOXED: 5,
  /** The fields of the definition with this number. */
  BARE: 6,
  /** The vector with this number, behind its own constructor number, or not. */
  VECTOR: 7,
  BARE_VECTOR: 8,
  /** Whatever constructor, or function, stands there. */
  ANY: 9,
} as const;

/** Numbers of one field in `LayoutTables.fields`: name, form, argument, condition. */
export const FIELD_SIZE = 4;
/** The condition of a field that is always there. */
export const ALWAYS = -1;
/** A condition is the place of the flags field times this, and the bit. */
export const BITS = 32;

/** What the generated source carries; index by definition. */
export interface LayoutTables {
  /** Names of fields: a name is known by its place. */
  readonly names: readonly string[];
  /** Where the fields of a definition begin in `fields`, counted in fields; one more at the end. */
  readonly starts: readonly number[];
  /** `FIELD_SIZE` numbers a field. */
  readonly fields: readonly number[];
  /** FieldForm, argument and least bytes of an item, of each vector. */
  readonly vectors: readonly number[];
}

/** The tables of a plan. Asks the plan for all its types and vectors, so it comes behind the emitters. */
export function layoutOf(plan: Plan): LayoutTables {
  const names = new Map<string, number>();
  const starts = [0];
  const fields: number[] = [];
  for (const definition of plan.definitions) {
    for (const field of definition.fields) {
      if (!names.has(field.name)) names.set(field.name, names.size);
      fields.push(names.get(field.name)!, ...formOf(plan, field), conditionOf(definition.fields, field));
    }
    starts.push(fields.length / FIELD_SIZE);
  }
  return { names: [...names.keys()], starts, fields, vectors: vectorsOf(plan) };
}

function vectorsOf(plan: Plan): number[] {
  const vectors: number[] = [];
  // Vectors of vectors make the list grow while it is read.
  for (let i = 0; i < plan.vectors.length; i++) {
    const { item } = plan.vectors[i]!;
    vectors.push(...typeForm(plan, item), smallestSize(plan.schema, item));
  }
  return vectors;
}

function formOf(plan: Plan, field: Field): [form: number, argument: number] {
  return field.isFlags ? [FieldForm.FLAGS, 0] : typeForm(plan, field.type);
}

function typeForm(plan: Plan, type: TlType): [form: number, argument: number] {
  switch (type.kind) {
    case 'long':
      return [FieldForm.LONG, 0];
    case 'string':
    case 'bytes':
      return [FieldForm.STRING, 0];
    case 'bool':
      return [FieldForm.BOOL, 0];
    case 'boxed':
      return [FieldForm.BOXED, plan.typeIndex(type.type)];
    case 'bare':
      return [FieldForm.BARE, plan.indexOfName(type.constructor)];
    case 'vector':
      return [type.isBoxed ? FieldForm.VECTOR : FieldForm.BARE_VECTOR, plan.vectorIndex(type)];
    case 'call':
    case 'object':
      return [FieldForm.ANY, 0];
    case 'int':
    case 'double':
    case 'int128':
    case 'int256':
    case 'true':
      return [FieldForm.FIXED, smallestSize(plan.schema, type)];
  }
}

function conditionOf(fields: readonly Field[], { flag }: Field): number {
  if (flag === undefined) return ALWAYS;
  return fields.findIndex(({ name }) => name === flag.field) * BITS + flag.bit;
}
