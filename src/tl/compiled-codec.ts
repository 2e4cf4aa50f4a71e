/**
 * The codec that the session holds: the scheme's look-ups, JSON as the form of messages, and msgpack when it is asked for.
 * In: names and constructor numbers. Out: what the scheme says of them. Never: changes; one serves a whole lane.
 */
import type { Codec, FieldReader, MessageForm, ResultKind } from './codec.ts';
import { CompiledForm } from './compiled-form.ts';
import type { Decoding } from './decoding.ts';
import type { Directory } from './directory.ts';
import type { Encoding } from './encoding.ts';

/** What a codec makes when it is first asked for. */
export interface Later {
  msgpack(): MessageForm;
  walk(): FieldReader;
}

/** The codec of one scheme, of JSON messages, over the generated functions. */
export class CompiledCodec extends CompiledForm implements Codec {
  readonly layer: number;
  readonly hash: string;
  readonly #updates: Uint8Array;
  readonly #randomIds: Uint8Array;
  readonly #cdnBits: Int8Array;
  readonly #make: Later;
  #msgpack: MessageForm | undefined;
  #walk: FieldReader | undefined;

  constructor(directory: Directory, encoding: Encoding, decoding: Decoding, make: Later) {
    super(directory, encoding, decoding);
    const { tables } = directory;
    this.layer = tables.layer;
    this.hash = tables.hash;
    this.#updates = marks(tables.names.length, tables.updates);
    this.#randomIds = marks(tables.names.length, tables.randomIds);
    this.#cdnBits = new Int8Array(tables.names.length).fill(-1);
    for (let i = 0; i < tables.cdnBits.length; i += 2) this.#cdnBits[tables.cdnBits[i]!] = tables.cdnBits[i + 1]!;
    this.#make = make;
  }

  get msgpack(): MessageForm {
    this.#msgpack ??= this.#make.msgpack();
    return this.#msgpack;
  }

  get walk(): FieldReader {
    this.#walk ??= this.#make.walk();
    return this.#walk;
  }

  nameOf(crc: number): string | undefined {
    const index = this.directory.byCrc(crc);
    return index < 0 ? undefined : this.directory.tables.names[index];
  }

  crcOf(name: string): number {
    const index = this.directory.byName(Buffer.from(name));
    return index < 0 ? 0 : this.directory.tables.crcs[index]!;
  }

  resultOf(crc: number): ResultKind {
    const index = this.directory.byCrc(crc);
    return index < 0 ? -2 : this.directory.results[index]!;
  }

  isUpdate(crc: number): boolean {
    const index = this.directory.byCrc(crc);
    return index >= 0 && this.#updates[index] === 1;
  }

  hasRandomId(crc: number): boolean {
    const index = this.directory.byCrc(crc);
    return index >= 0 && this.#randomIds[index] === 1;
  }

  cdnBit(crc: number): number {
    const index = this.directory.byCrc(crc);
    return index < 0 ? -1 : this.#cdnBits[index]!;
  }
}

function marks(length: number, indexes: readonly number[]): Uint8Array {
  const marked = new Uint8Array(length);
  for (const index of indexes) marked[index] = 1;
  return marked;
}
