/**
 * Named lines: which stored session a message is for, if it says so (`as`).
 * In: messages of one connection, many of which may stand in one chunk. Out: names; undefined for the connection's own session; null where
 * only the lane can tell. Never: judges a message; looks for a word twice in one chunk, for most have none.
 */

/** Finds the name in a message, `bytes[start..stop)`. */
type FindName = (bytes: Buffer, start: number, stop: number) => string | null | undefined;

/** One for each connection. */
export class NamedLines {
  readonly #key: Buffer;
  readonly #others: readonly Buffer[];
  readonly #find: FindName;
  /** The connection has used the word: until then nobody looks what else its messages say. */
  #hasKey = false;
  /** A word may stand in what is read now. */
  #mayBe = false;

  /**
   * @param key the word, as it stands in messages that have it
   * @param others what stands in messages that give a name in another way, or name a session for the connection
   */
  constructor(key: Buffer, others: readonly Buffer[], find: FindName) {
    this.#key = key;
    this.#others = others;
    this.#find = find;
  }

  /** The messages that follow stand in this chunk. */
  look(chunk: Buffer): void {
    this.#mayBe = chunk.includes(this.#key);
    if (this.#mayBe) this.#hasKey = true;
    else if (this.#hasKey) this.#mayBe = this.#others.some((word) => chunk.includes(word));
  }

  /** The next message has come in several chunks, as have others behind it, perhaps. */
  lookAtAll(): void {
    this.#mayBe = true;
  }

  /** The session that a message is for. */
  nameOf(bytes: Buffer, start: number, stop: number): string | null | undefined {
    if (this.#mayBe) return this.#find(bytes, start, stop);
    return this.#hasKey ? undefined : null;
  }
}
