/**
 * What generated encoders call for one value without parts, from a node of the tape to TL bytes: numbers, text, bytes.
 * In: nodes of one line's tape. Out: bytes in a Writer, or an EncodeError with the path of the culprit.
 * Never: an object per value, a path before there is an error, a number rounded.
 */
import { readBase64, base64Length } from '../bytes/base64.ts';
import { Int64, parseInt64, parseInteger } from '../bytes/int64.ts';
import {
  ARRAY,
  COUNT,
  END,
  HASH,
  hashName,
  INTEGER,
  JsonTape,
  KIND,
  NODE,
  NUMBER,
  OBJECT,
  START,
  STRING,
  STRING_ESCAPED,
} from '../bytes/json-tape.ts';
import type { Tape } from '../bytes/tape.ts';
import { DIGITS_LOST, wholeDigits } from '../bytes/whole-number.ts';
import { Writer } from '../bytes/writer.ts';
import { EncodeError, type EncodeErrorMore, type EncodeErrorName, type RandomSource } from './codec.ts';
import { VECTOR } from './decoding.ts';

/** Longest string of TL, bytes. */
export const MAX_STRING = 0xffffff;
const BYTES = Buffer.from('_bytes');
const BYTES_HASH = hashName(BYTES);

/** Values without parts. A method writes one to `out`, or throws EncodeError with the path of its node. */
export class ScalarEncoding {
  tape: Tape = new JsonTape();
  /** The cells of `tape`, for generated code. */
  cells: Int32Array = this.tape.cells;
  out: Writer = new Writer(64);
  /** The value that is encoded, and how a path to it begins. */
  protected root = 0;
  protected rootName = '';
  /** For what the message leaves out and is to be random; undefined: nothing may be. */
  protected random: RandomSource | undefined;
  readonly #long = new Int64();
  /** The number read last is larger than its writer's numbers are exact. */
  protected isLost = false;
  readonly #double = new Float64Array(1);
  readonly #doubleHalves = new Int32Array(this.#double.buffer);

  int(node: number): void {
    const value = this.integer(node, 'int');
    if (!(value >= -0x8000_0000 && value <= 0x7fff_ffff))
      this.fail('InvalidField', node, 'expected an integer of 32 bits');
    this.out.int32(value);
  }

  long(node: number): void {
    this.isLost = false;
    if (!this.int64(node, this.#long))
      this.fail('InvalidField', node, this.isLost ? DIGITS_LOST : 'expected an integer of 64 bits');
    this.out.long(this.#long.low, this.#long.high);
  }

  /** A random `long` that is not 0. @returns false if there are no random bytes to be had */
  randomId(): boolean {
    const { out, random } = this;
    if (random === undefined) return false;
    out.ensure(8);
    const bytes = out.bytes.subarray(out.pos, out.pos + 8);
    do random.fill(bytes);
    while (bytes.every((byte) => byte === 0));
    out.pos += 8;
    return true;
  }

  /** A `Vector<long>` of them, as many as the array at `like` has items. @returns false if that cannot be */
  randomIds(like: number): boolean {
    if (this.random === undefined || like === 0 || this.cells[like + KIND] !== ARRAY) return false;
    const count = this.cells[like + COUNT]!;
    this.out.int32(VECTOR);
    this.out.int32(count);
    for (let i = 0; i < count; i++) this.randomId();
    return true;
  }

  /** A whole number that is exact as a double; NaN if it is none. */
  protected integer(node: number, wanted: string): number {
    const tape = this.tape;
    return this.#digits(node, wanted) ? parseInteger(tape.textBytes, tape.textStart, tape.textEnd) : Number.NaN;
  }

  /** @returns whether it is an integer of 64 bits */
  protected int64(node: number, into: Int64): boolean {
    const tape = this.tape;
    return this.#digits(node, 'long') && parseInt64(tape.textBytes, tape.textStart, tape.textEnd, into);
  }

  /** Points `text…` of the tape at the digits of a number or a decimal string. */
  #digits(node: number, wanted: string): boolean {
    const t = this.cells;
    const tape = this.tape;
    const kind = t[node + KIND];
    if (kind === INTEGER) {
      tape.textBytes = tape.bytes;
      tape.textStart = t[node + START]!;
      tape.textEnd = t[node + END]!;
      return true;
    }
    if (kind === STRING || kind === STRING_ESCAPED) return tape.text(node) >= 0;
    return kind === NUMBER ? this.#wholeDigits(node) : this.wrong(node, wanted);
  }

  /** Digits of a whole number that was written with a fraction or an exponent. */
  #wholeDigits(node: number): boolean {
    const digits = wholeDigits(this.#source(node));
    this.isLost = digits === 'lost';
    if (digits === 'lost' || digits === 'fraction') return false;
    const tape = this.tape;
    tape.textBytes = Buffer.from(digits);
    tape.textStart = 0;
    tape.textEnd = digits.length;
    return true;
  }

  /** A number as it stands in the line. */
  #source(node: number): string {
    const { bytes } = this.tape;
    const start = this.cells[node + START]!;
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, this.cells[node + END]! - start).toString('latin1');
  }

  double(node: number): void {
    const t = this.cells;
    const kind = t[node + KIND];
    if (kind === INTEGER || kind === NUMBER) {
      const value = Number(this.#source(node));
      if (!Number.isFinite(value)) this.fail('InvalidField', node, 'too large for a double');
      this.#putDouble(value);
    } else if (kind === STRING) this.#putDouble(this.#namedDouble(node));
    else if (kind === OBJECT) this.#fixedInto(this.#bytesMember(node, 'double'), 8);
    else this.wrong(node, 'double');
  }

  #namedDouble(node: number): number {
    const length = this.tape.text(node);
    const text = Buffer.from(
      this.tape.textBytes.buffer,
      this.tape.textBytes.byteOffset + this.tape.textStart,
      Math.min(length, 12),
    );
    const name = text.toString('latin1');
    if (name === 'NaN') return Number.NaN;
    if (name === 'Infinity') return Number.POSITIVE_INFINITY;
    if (name === '-Infinity') return Number.NEGATIVE_INFINITY;
    return this.wrong(node, 'double');
  }

  #putDouble(value: number): void {
    this.#double[0] = value;
    // A NaN of JavaScript may have any bits: this one is what `"NaN"` stands for.
    if (Number.isNaN(value)) this.out.long(0, 0x7ff8_0000);
    else this.out.long(this.#doubleHalves[0]!, this.#doubleHalves[1]!);
  }

  string(node: number): void {
    const t = this.cells;
    const kind = t[node + KIND];
    const tape = this.tape;
    if (kind === STRING) {
      const start = t[node + START]! + 1;
      const stop = t[node + END]! - 1;
      if (stop - start > MAX_STRING) this.tooLong(node);
      this.out.string(tape.bytes, start, stop);
    } else if (kind === STRING_ESCAPED) {
      const length = tape.text(node);
      if (length < 0) this.fail('InvalidField', node, 'a surrogate without its other half');
      if (length > MAX_STRING) this.tooLong(node);
      this.out.string(tape.textBytes, tape.textStart, tape.textEnd);
    } else if (kind === OBJECT) {
      this.bytes(this.#bytesMember(node, 'string'));
    } else this.wrong(node, 'string');
  }

  protected tooLong(node: number): never {
    return this.fail('InvalidField', node, 'longer than 16777215 bytes');
  }

  /** The value of `{"_bytes":…}`. */
  #bytesMember(node: number, wanted: string): number {
    const member = node + NODE;
    if (this.cells[node + COUNT] === 1 && this.cells[member + HASH] === BYTES_HASH && this.tape.hasKey(member, BYTES))
      return member;
    return this.wrong(node, wanted);
  }

  bytes(node: number): void {
    const tape = this.tape;
    const length = this.#base64(node, 'bytes');
    if (length > MAX_STRING) this.tooLong(node);
    const out = this.out;
    const at = out.pos;
    out.stringHeader(length);
    if (!readBase64(out, tape.textBytes, tape.textStart, tape.textEnd)) this.fail('InvalidField', node, 'not base64');
    out.pad4(at);
  }

  /** `int128` and `int256`: exactly `size` bytes. */
  fixed(node: number, size: number): void {
    this.#fixedInto(node, size);
  }

  #fixedInto(node: number, size: number): void {
    const tape = this.tape;
    if (this.#base64(node, `int${size * 8}`) !== size)
      this.fail('InvalidField', node, `expected base64 of ${size} bytes`);
    if (!readBase64(this.out, tape.textBytes, tape.textStart, tape.textEnd))
      this.fail('InvalidField', node, 'not base64');
  }

  /** Points `text…` at base64 text and says how many bytes it stands for. */
  #base64(node: number, wanted: string): number {
    const kind = this.cells[node + KIND];
    if (kind !== STRING && kind !== STRING_ESCAPED) this.wrong(node, wanted);
    // PHP writes `\/` in strings, so base64 may come with backslashes.
    if (this.tape.text(node) < 0) this.fail('InvalidField', node, 'not base64');
    const length = base64Length(this.tape.textBytes, this.tape.textStart, this.tape.textEnd);
    if (length < 0) this.fail('InvalidField', node, 'not base64');
    return length;
  }

  protected wrong(node: number, wanted: string): never {
    return this.fail('InvalidField', node, `expected ${wanted}, got ${this.tape.kindName(node)}`);
  }

  fail(code: EncodeErrorName, node: number, what: string, more: EncodeErrorMore = {}): never {
    const path = this.tape.path(this.root, node, this.rootName);
    throw new EncodeError(code, path, `${path}: ${what}`, { got: this.tape.kindName(node), ...more });
  }
}
