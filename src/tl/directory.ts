/**
 * The directory of a compiled scheme: from names and constructor numbers to definitions, a definition being an index.
 * In: the tables that the generated source carries. Out: look-ups that neither allocate nor hash strings.
 * Never: fields or types of fields; those are in the generated code.
 */
import { hashName } from '../bytes/json-tape.ts';

/** What the generated source carries beside its functions; index by definition. */
export interface Tables {
  readonly layer: number;
  readonly hash: string;
  readonly names: readonly string[];
  readonly crcs: readonly number[];
  /** Index of a constructor's boxed type in `typeNames`; -1 of a function. */
  readonly types: readonly number[];
  readonly typeNames: readonly string[];
  /** Of a function the index of its result's decoder, -1 for "that of the call inside"; -2 of a constructor. */
  readonly results: readonly number[];
  /** Definitions that a client may call. */
  readonly callable: readonly number[];
  /** Functions with a `random_id` of their own. */
  readonly randomIds: readonly number[];
  /** Functions with a flag `cdn_supported` in their first field, each with its bit behind it. */
  readonly cdnBits: readonly number[];
  /** Constructors of `Updates`. */
  readonly updates: readonly number[];
}

/** Look-ups by name and by number. Throws RangeError for more than 32767 definitions. */
export class Directory {
  readonly tables: Tables;
  readonly types: Int16Array;
  readonly results: Int16Array;
  readonly #mask: number;
  /** Open addressing by constructor number and by hash of the name: index + 1, 0 is free. */
  readonly #byCrc: Uint16Array;
  readonly #byName: Uint16Array;
  readonly #crcs: Int32Array;
  readonly #hashes: Int32Array;
  readonly #nameBytes: Buffer;
  readonly #nameStarts: Int32Array;

  constructor(tables: Tables) {
    const n = tables.names.length;
    if (n > 0x7fff) throw new RangeError('a scheme has at most 32767 definitions');
    this.tables = tables;
    this.types = Int16Array.from(tables.types);
    this.results = Int16Array.from(tables.results);
    this.#crcs = Int32Array.from(tables.crcs);
    this.#nameBytes = Buffer.from(tables.names.join(''), 'latin1');
    this.#nameStarts = new Int32Array(n + 1);
    this.#hashes = new Int32Array(n);
    let slots = 64;
    while (slots < n * 4) slots *= 2;
    this.#mask = slots - 1;
    this.#byCrc = new Uint16Array(slots);
    this.#byName = new Uint16Array(slots);
    for (let i = 0; i < n; i++) this.#enter(i);
  }

  #enter(index: number): void {
    const start = this.#nameStarts[index]!;
    const stop = start + this.tables.names[index]!.length;
    this.#nameStarts[index + 1] = stop;
    const hash = hashName(this.#nameBytes, start, stop);
    this.#hashes[index] = hash;
    place(this.#byName, hash & this.#mask, index);
    place(this.#byCrc, this.#crcs[index]! & this.#mask, index);
  }

  /** The definition with this number (signed or unsigned), or -1. */
  byCrc(crc: number): number {
    const wanted = crc | 0;
    for (let slot = wanted & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const index = this.#byCrc[slot]! - 1;
      if (index < 0 || this.#crcs[index] === wanted) return index;
    }
  }

  /** The definition of this name, or -1. */
  byName(bytes: Uint8Array, start = 0, stop = bytes.length): number {
    const hash = hashName(bytes, start, stop);
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const index = this.#byName[slot]! - 1;
      if (index < 0 || (this.#hashes[index] === hash && this.#isNamed(index, bytes, start, stop))) return index;
    }
  }

  #isNamed(index: number, bytes: Uint8Array, start: number, stop: number): boolean {
    const at = this.#nameStarts[index]!;
    if (this.#nameStarts[index + 1]! - at !== stop - start) return false;
    for (let i = start; i < stop; i++) if (this.#nameBytes[at + i - start] !== bytes[i]) return false;
    return true;
  }
}

function place(slots: Uint16Array, first: number, index: number): void {
  let slot = first;
  while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
  slots[slot] = index + 1;
}
