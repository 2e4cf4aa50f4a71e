/**
 * Walk: reads TL bytes by field name: where each field of an object begins, where the object ends.
 * In: a Reader, the scheme's layout. Out: places in the Reader's bytes.
 * Never: JSON, a copy, a constructor number in the code of who asks, more than 64 levels, a count it has not held against the bytes left.
 */
import type { Reader } from '../bytes/reader.ts';
import { DecodeFailure, type FieldKind, type FieldReader, type LongSink } from './codec.ts';
import { BOOL_FALSE, BOOL_TRUE, VECTOR } from './decoding.ts';
import type { Directory } from './directory.ts';
import { ALWAYS, BITS, FIELD_SIZE, FieldForm, type LayoutTables } from './layout.ts';
import type { OpenedObject } from './opened-object.ts';

/** Objects and vectors inside each other, at most: as the decoders. */
const MAX_DEPTH = 64;

/** Reads objects of one scheme; one at a time. */
export class Walk implements FieldReader {
  readonly #directory: Directory;
  readonly #names = new Map<string, number>();
  readonly #starts: Int32Array;
  readonly #fields: Int32Array;
  readonly #vectors: Int32Array;
  #from!: Reader;
  #depth = 0;
  #longs: LongSink | undefined;

  constructor(directory: Directory, { names, starts, fields, vectors }: LayoutTables) {
    this.#directory = directory;
    for (const [i, name] of names.entries()) this.#names.set(name, i);
    this.#starts = Int32Array.from(starts);
    this.#fields = Int32Array.from(fields);
    this.#vectors = Int32Array.from(vectors);
  }

  field(name: string): number {
    return this.#names.get(name) ?? -1;
  }

  nameOf(definition: number): string {
    return this.#directory.tables.names[definition]!;
  }

  kindOf(definition: number, name: number): FieldKind {
    const at = this.#fieldAt(definition, name);
    if (at < 0) return 'other';
    const form = this.#fields[at * FIELD_SIZE + 1];
    if (form === FieldForm.BOXED) return 'object';
    if (form === FieldForm.LONG) return 'long';
    return form === FieldForm.FIXED && this.#fields[at * FIELD_SIZE + 2] === 4 ? 'int' : 'other';
  }

  /** The place of a field in `#fields`; -1 if the definition has none of this name. */
  #fieldAt(definition: number, name: number): number {
    const end = this.#starts[definition + 1]!;
    for (let i = this.#starts[definition]!; i < end; i++) if (this.#fields[i * FIELD_SIZE] === name) return i;
    return -1;
  }

  fieldsOf(name: string): readonly string[] {
    const definition = this.#directory.byName(Buffer.from(name));
    if (definition < 0) return [];
    const names = [...this.#names.keys()];
    const [first, end] = [this.#starts[definition]!, this.#starts[definition + 1]!];
    return Array.from({ length: end - first }, (_, i) => names[this.#fields[(first + i) * FIELD_SIZE]!]!);
  }

  placeOf({ definition, places }: OpenedObject, name: number): number {
    const at = this.#fieldAt(definition, name);
    return at < 0 ? -1 : places[at - this.#starts[definition]!]!;
  }

  open(from: Reader, into: OpenedObject, longs?: LongSink): OpenedObject {
    this.#begin(from, longs);
    into.start = from.pos;
    into.definition = this.#known(from.int32());
    this.#readFields(into.definition, into.places);
    into.stop = from.pos;
    return into;
  }

  vector(from: Reader, smallest = 4): number {
    const crc = from.int32();
    if (crc !== VECTOR) this.#cannotStand(crc);
    return from.count(smallest);
  }

  #begin(from: Reader, longs: LongSink | undefined): void {
    this.#from = from;
    this.#longs = longs;
    this.#depth = 0;
  }

  #known(crc: number): number {
    const definition = this.#directory.byCrc(crc);
    if (definition < 0) throw new DecodeFailure(crc >>> 0, 'a constructor that the scheme does not have');
    return definition;
  }

  #cannotStand(crc: number): never {
    const definition = this.#known(crc);
    throw new DecodeFailure(crc >>> 0, `${this.nameOf(definition)} cannot stand here`);
  }

  /** @param type that the object must be of; -1 for any */
  #object(type: number): void {
    const crc = this.#from.int32();
    const definition = this.#known(crc);
    if (type >= 0 && this.#directory.types[definition] !== type) this.#cannotStand(crc);
    this.#readFields(definition, undefined);
  }

  #readFields(definition: number, places: number[] | undefined): void {
    this.#enter();
    const from = this.#from;
    const first = this.#starts[definition]!;
    const end = this.#starts[definition + 1]!;
    // Flags by their place among the fields: a definition has two at most, so most of this is never made.
    let flags: number[] | undefined;
    if (places !== undefined) places.length = end - first;
    for (let i = first; i < end; i++) {
      const at = i * FIELD_SIZE;
      const condition = this.#fields[at + 3]!;
      const isThere = condition === ALWAYS || ((flags![(condition / BITS) | 0]! >>> (condition % BITS)) & 1) === 1;
      if (places !== undefined) places[i - first] = isThere ? from.pos : -1;
      if (!isThere) continue;
      if (this.#fields[at + 1] === FieldForm.FLAGS) (flags ??= [])[i - first] = from.int32();
      else this.#value(this.#fields[at + 1]!, this.#fields[at + 2]!);
    }
    this.#depth--;
  }

  #value(form: number, argument: number): void {
    const from = this.#from;
    switch (form) {
      case FieldForm.FIXED:
        from.skip(argument);
        return;
      case FieldForm.LONG:
        return this.#long();
      case FieldForm.STRING:
        from.string();
        return;
      case FieldForm.BOOL:
        return this.#bool();
      case FieldForm.BOXED:
        return this.#object(argument);
      case FieldForm.BARE:
        return this.#readFields(argument, undefined);
      case FieldForm.ANY:
        return this.#object(-1);
      default:
        this.#items(form, argument);
    }
  }

  #long(): void {
    const low = this.#from.int32();
    const high = this.#from.int32();
    this.#longs?.(low, high);
  }

  #bool(): void {
    const crc = this.#from.int32();
    if (crc !== BOOL_TRUE && crc !== BOOL_FALSE) this.#cannotStand(crc);
  }

  #items(form: number, vector: number): void {
    this.#enter();
    const from = this.#from;
    const at = vector * 3;
    const smallest = this.#vectors[at + 2]!;
    const count = form === FieldForm.VECTOR ? this.vector(from, smallest) : from.count(smallest);
    for (let i = 0; i < count; i++) this.#value(this.#vectors[at]!, this.#vectors[at + 1]!);
    this.#depth--;
  }

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) throw new DecodeFailure(0, `more than ${MAX_DEPTH} levels`);
  }
}
