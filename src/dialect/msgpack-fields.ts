/**
 * The attributes `server`, `session` and `options` of a msgpack request: as in JSON, but numbers and bytes are what
 * they are.
 * In: their nodes on the tape. Out: values, or undefined for what does not fit. Never: base64.
 */
import { packedInt64, packedNumber } from '../bytes/msgpack-number.ts';
import { BINARY, END, KIND, NULL, OBJECT, PACKED_FLOAT, PACKED_INTEGER, START, type Tape } from '../bytes/tape.ts';
import { AUTH_KEY, JsonFields } from './json-fields.ts';

/** Reads fields of one msgpack tape: a number may be a msgpack number, a key is bytes. */
export class MsgpackFields extends JsonFields {
  override readonly keyForm = `${AUTH_KEY} bytes, not all the same`;
  readonly #toJson: (packed: Uint8Array) => Uint8Array;

  /** @param toJson makes JSON text of one packed value; throws if it cannot */
  constructor(tape: Tape, toJson: (packed: Uint8Array) => Uint8Array) {
    super(tape);
    this.#toJson = toJson;
  }

  #isNumber(node: number): boolean {
    const kind = this.tape.cells[node + KIND];
    return kind === PACKED_INTEGER || kind === PACKED_FLOAT;
  }

  override number(node: number): number {
    return this.#isNumber(node) ? packedNumber(this.tape.bytes, this.tape.cells[node + START]!) : Number.NaN;
  }

  override integer(node: number, least: number, most: number): number | undefined {
    if (!this.#isNumber(node)) return super.integer(node, least, most);
    const value = this.number(node);
    return Number.isInteger(value) && value >= least && value <= most ? value : undefined;
  }

  override int64(node: number): boolean {
    if (!this.#isNumber(node)) return super.int64(node);
    const isExact = packedInt64(this.tape.bytes, this.tape.cells[node + START]!, this.long);
    this.isLost = !isExact && Number.isInteger(this.number(node));
    return isExact;
  }

  /** As JSON text, for `init` is kept and shown as that. */
  override object(node: number): Uint8Array | null | undefined {
    const { bytes, cells: t } = this.tape;
    if (t[node + KIND] === NULL) return null;
    if (t[node + KIND] !== OBJECT) return undefined;
    try {
      return this.#toJson(Uint8Array.from(bytes.subarray(t[node + START], t[node + END])));
    } catch {
      return undefined;
    }
  }

  protected override keyBytes(node: number): Uint8Array | undefined {
    const { bytes, cells: t } = this.tape;
    const start = t[node + START]!;
    const stop = t[node + END]!;
    return t[node + KIND] === BINARY && stop - start === AUTH_KEY ? bytes.slice(start, stop) : undefined;
  }
}
