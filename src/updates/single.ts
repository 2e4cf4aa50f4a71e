/**
 * Single: an `Updates` object that holds one update alone, with the users and chats it names.
 * In: the bytes of an update, of the users and chats that came with it. Out: a copy.
 * Never: an object that another layer would read otherwise: what the scheme calls `updates` is written by the names of its fields.
 */
import { Writer } from '../bytes/writer.ts';
import type { FieldReader } from '../tl/codec.ts';

const VECTOR = 0x1cb5c415;

/** A user or a chat: where it stands, and its id. */
export interface Related {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly stop: number;
  /** As `idKey` has it. */
  readonly id: number;
}

/** Ids as numbers that are the same for the same id: 52 bits of them. Two that meet make an object longer than it must be, no more. */
export function idKey(low: number, high: number): number {
  return (high & 0xfffff) * 2 ** 32 + (low >>> 0);
}

/** What goes into one. */
export interface SingleParts {
  /** The update, or what stands for it. */
  readonly update: Uint8Array;
  readonly users: readonly Related[];
  readonly chats: readonly Related[];
  /** Unix seconds. */
  readonly date: number;
}

const FIELDS = 'updates users chats date seq';

/** Writes them by one scheme. */
export class Singles {
  readonly #crc: number;
  readonly #out = new Writer(4096);

  /** @param crcOf number of a constructor @throws RangeError for a scheme whose `updates` has other fields */
  constructor(walk: FieldReader, crcOf: (name: string) => number) {
    const fields = walk.fieldsOf('updates').join(' ');
    if (fields !== FIELDS) throw new RangeError(`updates has the fields ${fields}, not ${FIELDS}`);
    this.#crc = crcOf('updates');
  }

  write({ update, users, chats, date }: SingleParts): Uint8Array {
    const out = this.#out;
    out.clear();
    out.int32(this.#crc);
    out.int32(VECTOR);
    out.int32(1);
    out.raw(update);
    for (const list of [users, chats]) {
      out.int32(VECTOR);
      out.int32(list.length);
      for (const { bytes, start, stop } of list) out.raw(bytes, start, stop);
    }
    out.int32(date);
    out.int32(0);
    return Uint8Array.from(out.written());
  }
}
