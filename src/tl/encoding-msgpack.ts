/**
 * What generated encoders call where the message is msgpack: the values that JSON writes as text stand as themselves.
 * In: nodes of a frame's tape. Out: TL bytes in a Writer, or an EncodeError with the path of the culprit.
 * Never: base64, a number rounded. What is not said here is as in JSON (`encoding.ts`): names, flags, decimal strings.
 */
import type { Int64 } from '../bytes/int64.ts';
import { packedInt64, packedNumber } from '../bytes/msgpack-number.ts';
import { BINARY, END, KIND, PACKED_FLOAT, PACKED_INTEGER, START } from '../bytes/tape.ts';
import { Encoding } from './encoding.ts';
import { MAX_STRING } from './scalar-encoding.ts';

const FLOAT_64 = 0xcb;

/** The `r` of generated encoders where the tape is msgpack. */
export class MsgpackEncoding extends Encoding {
  /** Also a float that is whole: JavaScript clients pack integers past 2^32 so. */
  protected override integer(node: number, wanted: string): number {
    if (!this.#isNumber(node)) return super.integer(node, wanted);
    const value = packedNumber(this.tape.bytes, this.cells[node + START]!);
    return Number.isInteger(value) ? value : Number.NaN;
  }

  protected override int64(node: number, into: Int64): boolean {
    if (!this.#isNumber(node)) return super.int64(node, into);
    const isExact = packedInt64(this.tape.bytes, this.cells[node + START]!, into);
    this.isLost = !isExact && Number.isInteger(packedNumber(this.tape.bytes, this.cells[node + START]!));
    return isExact;
  }

  #isNumber(node: number): boolean {
    const kind = this.cells[node + KIND];
    return kind === PACKED_INTEGER || kind === PACKED_FLOAT;
  }

  override double(node: number): void {
    if (!this.#isNumber(node)) this.wrong(node, 'double');
    const bytes = this.tape.bytes;
    const at = this.cells[node + START]!;
    if (bytes[at] === FLOAT_64) return this.#exactDouble(bytes, at);
    const value = packedNumber(bytes, at);
    if (this.cells[node + KIND] === PACKED_INTEGER && !Number.isSafeInteger(value)) {
      this.fail('InvalidField', node, 'too large for a double');
    }
    this.out.double(value);
  }

  /** Writes the eight bytes of a float turned round: a NaN keeps its bits. */
  #exactDouble(bytes: Uint8Array, at: number): void {
    for (let i = at + 8; i > at; i--) this.out.byte(bytes[i]!);
  }

  override string(node: number): void {
    if (this.cells[node + KIND] === BINARY) this.bytes(node);
    else super.string(node);
  }

  override bytes(node: number): void {
    const t = this.cells;
    if (t[node + KIND] !== BINARY) this.wrong(node, 'bytes');
    if (t[node + END]! - t[node + START]! > MAX_STRING) this.tooLong(node);
    this.out.string(this.tape.bytes, t[node + START], t[node + END]);
  }

  override fixed(node: number, size: number): void {
    const t = this.cells;
    if (t[node + KIND] !== BINARY) this.wrong(node, `int${size * 8}`);
    if (t[node + END]! - t[node + START]! !== size) this.fail('InvalidField', node, `expected ${size} bytes`);
    this.out.raw(this.tape.bytes, t[node + START], t[node + END]);
  }
}
