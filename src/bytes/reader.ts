/**
 * Reader: a cursor over TL bytes (TL binary serialization, "Bare types").
 * In: a block and the range of it that may be read. Out: numbers, and ranges of the same block.
 * Never: copies, allocates by a count it has read, or reads past `end`.
 *
 * 64-bit numbers come as two int32 halves (`low` returned first, `high` second read), because a
 * BigInt a field would cost an allocation each and a double would round.
 */

/** Thrown when the bytes end early or break the TL rules; the message says what and where. */
export class TlReadError extends Error {
  override readonly name = 'TlReadError';
  /** Offset in the block. */
  readonly at: number;
  constructor(what: string, at: number) {
    super(`${what} at byte ${at}`);
    this.at = at;
  }
}

/** A cursor over `bytes[pos..end)`. Every method throws TlReadError where the bytes end early. */
export class Reader {
  bytes: Uint8Array;
  pos: number;
  end: number;
  /** Where the string or bytes field read last begins and ends, without its length and padding. */
  start = 0;
  stop = 0;

  constructor(bytes: Uint8Array, pos = 0, end = bytes.length) {
    this.bytes = bytes;
    this.pos = pos;
    this.end = end;
  }

  /** Points the same reader at another range: hot paths keep one reader for good. */
  reset(bytes: Uint8Array, pos: number, end: number): this {
    this.bytes = bytes;
    this.pos = pos;
    this.end = end;
    return this;
  }

  get left(): number {
    return this.end - this.pos;
  }

  /** Throws unless `n` more bytes are there. */
  need(n: number): void {
    if (n < 0 || this.pos + n > this.end)
      throw new TlReadError(`need ${n} bytes, have ${this.end - this.pos}`, this.pos);
  }

  /** `int`, or one half of a `long`: signed 32 bits, little-endian. */
  int32(): number {
    const p = this.pos;
    if (p + 4 > this.end) this.need(4);
    const b = this.bytes;
    this.pos = p + 4;
    return b[p]! | (b[p + 1]! << 8) | (b[p + 2]! << 16) | (b[p + 3]! << 24);
  }

  /** `#` and constructor numbers: unsigned 32 bits. */
  uint32(): number {
    return this.int32() >>> 0;
  }

  /** The next four bytes as an unsigned number, without moving. */
  peekUint32(): number {
    const value = this.int32() >>> 0;
    this.pos -= 4;
    return value;
  }

  /** `long` as a BigInt (signed). For cold paths and tests. */
  bigInt64(): bigint {
    const low = this.int32() >>> 0;
    return (BigInt(this.int32()) << 32n) | BigInt(low);
  }

  double(): number {
    this.need(8);
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.pos, 8);
    this.pos += 8;
    return view.getFloat64(0, true);
  }

  /** Steps over `n` bytes and returns where they began. */
  skip(n: number): number {
    this.need(n);
    const at = this.pos;
    this.pos += n;
    return at;
  }

  /**
   * `string` or `bytes`: sets `start` and `stop` and returns the length.
   * Strict: the length must be in its shortest form and the padding must be zero, since two
   * spellings of one value would make TL -> JSON -> TL lossy.
   */
  string(): number {
    this.need(4);
    const b = this.bytes;
    const at = this.pos;
    let length = b[at]!;
    let header = 1;
    if (length === 255) throw new TlReadError('string length 255 is reserved', at);
    if (length === 254) {
      length = b[at + 1]! | (b[at + 2]! << 8) | (b[at + 3]! << 16);
      header = 4;
      if (length < 254) throw new TlReadError('string length not in its shortest form', at);
    }
    const whole = (header + length + 3) & ~3;
    this.need(whole);
    this.start = at + header;
    this.stop = this.start + length;
    this.pos = at + whole;
    for (let i = this.stop; i < this.pos; i++) if (b[i] !== 0) throw new TlReadError('string padding is not zero', i);
    return length;
  }

  /** `string` or `bytes` as a view of the block; valid only as long as the block is. */
  view(): Uint8Array {
    this.string();
    return this.bytes.subarray(this.start, this.stop);
  }

  /** Raw bytes (`int128`, `int256`, …) as a view of the block. */
  raw(n: number): Uint8Array {
    const at = this.skip(n);
    return this.bytes.subarray(at, at + n);
  }

  /**
   * The count of a vector, after its constructor number. `smallest` is the least number of bytes
   * one element can take: a count that cannot fit is refused before anything is allocated for it.
   */
  count(smallest: number): number {
    const at = this.pos;
    const n = this.int32();
    if (n < 0 || n * smallest > this.end - this.pos)
      throw new TlReadError(`vector of ${n >>> 0} elements cannot fit`, at);
    return n;
  }
}
