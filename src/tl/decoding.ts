/**
 * What generated decoders call: one value of each TL form, from TL bytes to JSON text.
 * In: a Reader. Out: JSON in a Writer, or a DecodeFailure / TlReadError.
 * Never: an object per value, a count it has not held against the bytes left, more than 64 levels.
 */
import { writeBase64 } from '../bytes/base64.ts';
import { writeInt32, writeInt64 } from '../bytes/int64.ts';
import { writeBytes, writeString } from '../bytes/json-write.ts';
import { Reader } from '../bytes/reader.ts';
import { Piece, Writer } from '../bytes/writer.ts';
import { DecodeFailure } from './codec.ts';
import type { Directory } from './directory.ts';

export const VECTOR = 0x1cb5c415;
export const BOOL_TRUE = 0x997275b5 | 0;
export const BOOL_FALSE = 0xbc799737 | 0;
/** Objects and vectors inside each other, at most. */
const MAX_DEPTH = 64;

const TEXT_TRUE = new Piece('true');
const TEXT_FALSE = new Piece('false');
const TRUE_OBJECT = new Piece('{"_cons":"true"}');
const BYTES_OPEN = new Piece('{"_bytes":"');
const BYTES_CLOSE = new Piece('"}');
const NAN = new Piece('"NaN"');
const INFINITY = new Piece('"Infinity"');
const MINUS_INFINITY = new Piece('"-Infinity"');

/** A decoder: reads the fields of one object (its number is behind already) and writes it as JSON. */
export type Decode = () => void;

/** Thrown where a number stands that the scheme does not have: `run` catches it. One object for all, its stack is not read. */
const UNKNOWN = new DecodeFailure(0, 'a constructor that the scheme does not have');

/** The `r` of generated decoders: where they read, where they write, and how deep they are. */
export class Decoding {
  from: Reader = new Reader(new Uint8Array(0));
  out: Writer = new Writer(64);
  flagsAsBool = false;
  int64AsString = false;
  readonly directory: Directory;
  /** Set by `compile.ts` once the generated functions exist. */
  decoders: readonly Decode[] = [];
  results: readonly Decode[] = [];
  protected depth = 0;
  #unknownCrc = 0;
  readonly #double = new Float64Array(1);
  readonly #doubleHalves = new Int32Array(this.#double.buffer);

  constructor(directory: Directory) {
    this.directory = directory;
  }

  /**
   * Runs one decoder with everything set up.
   * A constructor that the scheme lacks ends it well: `_unknown` with the rest of the bytes, brackets closed.
   */
  run(decode: Decode, from: Reader, out: Writer): void {
    this.from = from;
    this.out = out;
    this.depth = 0;
    const at = out.pos;
    try {
      decode();
    } catch (error) {
      if (error !== UNKNOWN) {
        out.pos = at;
        throw error;
      }
      this.writeUnknown(`0x${(this.#unknownCrc >>> 0).toString(16).padStart(8, '0')}`);
      from.pos = from.end;
      this.closeOpen(at);
    }
  }

  /** `_unknown`, with the bytes that are left. */
  protected writeUnknown(crc: string): void {
    const { from, out } = this;
    out.ascii(`{"_cons":"_unknown","crc":"${crc}","raw":`);
    writeBytes(out, from.bytes, from.pos, from.end);
    out.byte(0x7d);
  }

  /** Closes what is open in what was written since `start`; the last value in it is whole. */
  protected closeOpen(start: number): void {
    closeBrackets(this.out, start);
  }

  /** A number that should not stand here: unknown, or known and wrong. */
  protected strange(crc: number): never {
    const index = this.directory.byCrc(crc);
    if (index < 0) {
      this.#unknownCrc = crc;
      throw UNKNOWN;
    }
    throw new DecodeFailure(crc >>> 0, `${this.directory.tables.names[index]} cannot stand here`);
  }

  int(): void {
    writeInt32(this.out, this.from.int32());
  }

  long(): void {
    const low = this.from.int32();
    const high = this.from.int32();
    if (this.int64AsString) {
      this.out.byte(0x22);
      writeInt64(this.out, low, high);
      this.out.byte(0x22);
    } else writeInt64(this.out, low, high);
  }

  double(): void {
    const low = this.from.int32();
    const high = this.from.int32();
    this.#doubleHalves[0] = low;
    this.#doubleHalves[1] = high;
    const value = this.#double[0]!;
    const out = this.out;
    if (Number.isFinite(value)) out.ascii(Object.is(value, -0) ? '-0' : String(value));
    else if (low === 0 && high === 0x7ff8_0000) out.piece(NAN);
    else if (low === 0 && high === 0x7ff0_0000) out.piece(INFINITY);
    else if (low === 0 && high === (0xfff0_0000 | 0)) out.piece(MINUS_INFINITY);
    else this.#strangeNan();
  }

  /** A NaN with other bits than the usual ones: only its bytes say which. */
  #strangeNan(): void {
    const { from, out } = this;
    out.piece(BYTES_OPEN);
    writeBase64(out, from.bytes, from.pos - 8, from.pos);
    out.piece(BYTES_CLOSE);
  }

  string(): void {
    const from = this.from;
    from.string();
    writeString(this.out, from.bytes, from.start, from.stop);
  }

  bytes(): void {
    const from = this.from;
    from.string();
    writeBytes(this.out, from.bytes, from.start, from.stop);
  }

  /** `int128` and `int256`. */
  fixed(size: number): void {
    const at = this.from.skip(size);
    writeBytes(this.out, this.from.bytes, at, at + size);
  }

  bool(): void {
    const crc = this.from.int32();
    if (crc === BOOL_TRUE) this.out.piece(TEXT_TRUE);
    else if (crc === BOOL_FALSE) this.out.piece(TEXT_FALSE);
    else this.strange(crc);
  }

  /** `true` that no flag stands for. */
  always(): void {
    this.out.piece(this.flagsAsBool ? TEXT_TRUE : TRUE_OBJECT);
  }

  /** The head of a vector, and its opening bracket. @returns its count; `smallest` is the least size of an item */
  vector(isBoxed: boolean, smallest: number): number {
    if (isBoxed) {
      const crc = this.from.int32();
      if (crc !== VECTOR) this.strange(crc);
    }
    this.enter();
    this.out.byte(0x5b);
    return this.from.count(smallest);
  }

  comma(): void {
    this.out.byte(0x2c);
  }

  endVector(): void {
    this.depth--;
    this.out.byte(0x5d);
  }

  enter(): void {
    if (++this.depth > MAX_DEPTH) throw new DecodeFailure(0, `more than ${MAX_DEPTH} levels`);
  }

  /** Reads an object: any constructor of one type. */
  boxed(type: number): void {
    const crc = this.from.int32();
    const index = this.directory.byCrc(crc);
    if (index < 0 || this.directory.types[index] !== type) this.strange(crc);
    this.enter();
    this.decoders[index]!();
    this.depth--;
  }

  /** Reads an object: any constructor whatever. */
  object(): void {
    const crc = this.from.int32();
    const index = this.directory.byCrc(crc);
    if (index < 0 || this.directory.types[index]! < 0) this.strange(crc);
    this.enter();
    this.decoders[index]!();
    this.depth--;
  }

  /** Reads an object of one constructor, without its number. */
  bare(decode: Decode): void {
    this.enter();
    decode();
    this.depth--;
  }

  /** Reads a call of any function: for whoever receives requests. */
  call(): void {
    const crc = this.from.int32();
    const index = this.directory.byCrc(crc);
    if (index < 0 || this.directory.results[index] === -2) this.strange(crc);
    this.enter();
    this.decoders[index]!();
    this.depth--;
  }

  /** Flags with bits that the scheme does not know: shown, because they would be lost else. `field` is `,"flags":`. */
  strayFlags(field: string, flags: number): void {
    this.out.ascii(field);
    this.out.ascii(String(flags >>> 0));
  }
}

/** Closes what is open in the JSON text written since `start`; the last value in it is whole. */
function closeBrackets(out: Writer, start: number): void {
  const open: number[] = [];
  const b = out.bytes;
  for (let i = start; i < out.pos; i++) {
    const c = b[i]!;
    if (c === 0x22) i = stringEnd(b, i);
    else if (c === 0x7b) open.push(0x7d);
    else if (c === 0x5b) open.push(0x5d);
    else if (c === 0x7d || c === 0x5d) open.pop();
  }
  for (let i = open.length - 1; i >= 0; i--) out.byte(open[i]!);
}

function stringEnd(bytes: Uint8Array, quote: number): number {
  let i = quote + 1;
  while (bytes[i] !== 0x22) i += bytes[i] === 0x5c ? 2 : 1;
  return i;
}
