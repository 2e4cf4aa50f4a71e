/**
 * Reassembly: one line or frame that came in several chunks, in one block that grows.
 * In: its parts, and how long it may become. Out: all of it so far. Never: a block longer than the most that was said,
 * or one that is written again when its bytes were handed on.
 *
 * One block, as a list of chunks would let a drip of single bytes cost hundreds each.
 */
const LEAST_BLOCK = 256;
/** A message of which a sixteenth has come is believed to become as long as it says: its block is made at that length. */
const TRUSTED = 16;

/** One message of a connection that is not whole yet; used again for the next one. */
export class Reassembly {
  /** What is there, `length` bytes of it written; undefined if nothing has begun. */
  bytes: Buffer | undefined;
  length = 0;

  /**
   * Adds a part. No more than `most` bytes may come in all.
   * @param expected how long the whole is said, or likely, to be
   */
  add(chunk: Buffer, start: number, stop: number, expected: number, most: number): void {
    const length = this.length + stop - start;
    if (this.bytes === undefined || this.bytes.length < length) this.#grow(length, expected, most);
    chunk.copy(this.bytes!, this.length, start, stop);
    this.length = length;
  }

  #grow(length: number, expected: number, most: number): void {
    const whole = expected <= length * TRUSTED ? expected : 0;
    const wanted = Math.max(length, this.length * 2, LEAST_BLOCK, whole);
    const grown = Buffer.allocUnsafeSlow(Math.min(wanted, most));
    this.bytes?.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  /** It is whole, or dropped: the next part begins another one, in a block of its own. */
  clear(): void {
    this.bytes = undefined;
    this.length = 0;
  }
}
