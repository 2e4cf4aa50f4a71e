/**
 * TL values as plain objects, made at random for any definition of a scheme.
 * In: a `Schema` and a `Random`. Out: `TlObject`s. The reference encoder (`tl-reference.ts`) says what they mean.
 */
import type { Definition, Field, Schema, TlType } from '../../src/tl/ir.ts';
import type { Random } from './random.ts';

/** Text is a string; a TL string that is no UTF-8 and all raw bytes are Buffers; `long` is a bigint. */
export type TlValue = number | bigint | string | boolean | Buffer | Double | TlValue[] | TlObject;

/** A double, told apart from an int. */
export class Double {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export interface TlObject {
  readonly definition: Definition;
  /** Absent conditional fields are not there; flags fields never are. */
  readonly fields: ReadonlyMap<string, TlValue>;
}

const INTS = [0, 1, -1, 7, 9, 10, 99, 100, 12345, 2147483647, -2147483648, 1000000000, -999999999];
const LONGS = [
  0n,
  1n,
  -1n,
  2n ** 31n,
  -(2n ** 31n),
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  10n ** 18n,
  -1111111111111111111n,
];
const DOUBLES = [
  0,
  -0,
  1,
  -1.5,
  0.1,
  1e21,
  1e-7,
  5e-324,
  1.7976931348623157e308,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];
const STRINGS = [
  '',
  'a',
  'hello',
  '"quoted"\\',
  'new\nline\ttab',
  '\u0000\u001f\u007f',
  'Привет, мир',
  '😀🎉',
  '\u2028\u2029',
  '__proto__',
  '}{][',
  'x'.repeat(253),
  'y'.repeat(254),
  'ж'.repeat(400),
];
const NO_UTF8 = ['ff', 'c080', 'eda080', 'f4908080', '61c3', 'e282', 'f0808080'];

export interface ValueWish {
  /** Share of conditional fields that are present. */
  readonly present: number;
  /** From this depth on the simplest constructor is taken and vectors stay empty. */
  readonly depth: number;
}

/** Makes values of one scheme. */
export class ValueMaker {
  readonly #schema: Schema;
  readonly #random: Random;
  /** How deep the simplest value of a definition goes. */
  readonly #depths = new Map<string, number>();
  readonly #callable: readonly Definition[];

  constructor(schema: Schema, random: Random, callable: readonly Definition[]) {
    this.#schema = schema;
    this.#random = random;
    this.#callable = callable;
    for (let changed = true; changed;) {
      changed = false;
      for (const definition of schema.definitions) {
        const depth = this.#depthOf(definition);
        if (depth < (this.#depths.get(definition.name) ?? Infinity)) {
          this.#depths.set(definition.name, depth);
          changed = true;
        }
      }
    }
  }

  #depthOf(definition: Definition): number {
    const needed = definition.fields.filter((field) => field.flag === undefined && !field.isFlags);
    return 1 + Math.max(0, ...needed.map(({ type }) => this.#depthOfType(type)));
  }

  #depthOfType(type: TlType): number {
    if (type.kind === 'boxed')
      return Math.min(...this.#schema.types.get(type.type)!.map((one) => this.#depths.get(one.name) ?? Infinity));
    if (type.kind === 'bare') return this.#depths.get(type.constructor) ?? Infinity;
    return 0;
  }

  object(definition: Definition, wish: ValueWish, depth = 0): TlObject {
    const bits = new Map<string, boolean>();
    const fields = new Map<string, TlValue>();
    for (const field of definition.fields) {
      if (field.isFlags || !this.#isPresent(field, bits, wish, depth)) continue;
      fields.set(field.name, field.type.kind === 'true' ? true : this.value(field.type, wish, depth + 1));
    }
    return { definition, fields };
  }

  /** Fields that share a bit come and go together. */
  #isPresent(field: Field, bits: Map<string, boolean>, wish: ValueWish, depth: number): boolean {
    if (field.flag === undefined) return true;
    const bit = `${field.flag.field}.${field.flag.bit}`;
    const is = bits.get(bit) ?? (depth <= wish.depth && this.#random.chance(wish.present));
    bits.set(bit, is);
    return is;
  }

  value(type: TlType, wish: ValueWish, depth: number): TlValue {
    const random = this.#random;
    switch (type.kind) {
      case 'int':
        return random.chance(0.5) ? random.pick(INTS) : random.uint32() | 0;
      case 'long':
        return random.chance(0.5) ? random.pick(LONGS) : random.bytes(8).readBigInt64LE() >> BigInt(random.below(64));
      case 'double':
        return new Double(random.chance(0.7) ? random.pick(DOUBLES) : random.uint32() / 1000);
      case 'string':
        if (random.chance(0.1)) return Buffer.from(random.pick(NO_UTF8), 'hex');
        return random.pick(STRINGS) + (random.chance(0.3) ? random.pick(STRINGS) : '');
      case 'bytes':
        return random.bytes(random.chance(0.05) ? random.below(2000) : random.below(20));
      case 'int128':
        return random.bytes(16);
      case 'int256':
        return random.bytes(32);
      case 'true':
      case 'bool':
        return type.kind === 'true' || random.chance(0.5);
      case 'vector': {
        const count = depth > wish.depth ? 0 : random.below(4);
        return Array.from({ length: count }, () => this.value(type.item, wish, depth + 1));
      }
      case 'boxed':
        return this.object(this.#choose(this.#schema.types.get(type.type)!, wish, depth), wish, depth);
      case 'bare':
        return this.object(this.#schema.byName.get(type.constructor)!, wish, depth);
      case 'call':
        return this.object(
          depth > wish.depth ? this.#schema.byName.get('help.getConfig')! : random.pick(this.#callable),
          wish,
          depth,
        );
      case 'object':
        break;
    }
    return this.object(this.#schema.byName.get('pong')!, wish, depth);
  }

  #choose(constructors: readonly Definition[], wish: ValueWish, depth: number): Definition {
    if (depth <= wish.depth) return this.#random.pick(constructors);
    return constructors.reduce((best, one) =>
      this.#depths.get(one.name)! < this.#depths.get(best.name)! ? one : best,
    );
  }
}
