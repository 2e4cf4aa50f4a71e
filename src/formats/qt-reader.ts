/**
 * Qt reader: a cursor over bytes that Qt's QDataStream wrote: big-endian numbers, and byte arrays with a length before them.
 * In: a block. Out: numbers, and views of the block. Never: a read past the end; memory allocated by a length that was read.
 */
import { FormatError } from './format-error.ts';

/** The length that stands for a null byte array, which is read as an empty one. */
const NULL = 0xffff_ffff;

/** A cursor; it throws FormatError where the block ends too early. */
export class QtReader {
  readonly #bytes: Buffer;
  #pos = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int32(): number {
    return this.raw(4).readInt32BE(0);
  }

  int64(): bigint {
    return this.raw(8).readBigInt64BE(0);
  }

  /** A count. @throws FormatError above `most` */
  count(most: number): number {
    const n = this.int32();
    if (n < 0 || n > most) throw new FormatError('a count in it is too large: it is changed or cut off');
    return n;
  }

  /** The bytes of a QByteArray, as a view. */
  bytes(): Buffer {
    const length = this.raw(4).readUInt32BE(0);
    return this.raw(length === NULL ? 0 : length);
  }

  raw(length: number): Buffer {
    const end = this.#pos + length;
    if (end > this.#bytes.length) throw new FormatError('it is cut off or changed');
    const view = this.#bytes.subarray(this.#pos, end);
    this.#pos = end;
    return view;
  }
}
