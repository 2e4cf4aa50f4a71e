/**
 * Named lines: which stored session a message is for, if it says so (`as`).
 * In: messages of one connection, many of which may stand in one chunk. Out: names. Never: judges a message; looks for the word twice in
 * one chunk, for most have none.
 */

/** Finds the name in a message, `bytes[start..stop)`. */
type FindName = (bytes: Buffer, start: number, stop: number) => string | undefined;

/** One for each connection. */
export class NamedLines {
  readonly #key: Buffer;
  readonly #find: FindName;
  /** The word may stand in what is read now. */
  #mayBe = false;

  /** @param key the word, as it stands in messages that have it */
  constructor(key: Buffer, find: FindName) {
    this.#key = key;
    this.#find = find;
  }

  /** The messages that follow stand in this chunk. */
  look(chunk: Buffer): void {
    this.#mayBe = chunk.includes(this.#key);
  }

  /** The next message has come in several chunks, as have others behind it, perhaps. */
  lookAtAll(): void {
    this.#mayBe = true;
  }

  /** The session that a message is for; undefined for the connection's own. */
  nameOf(bytes: Buffer, start: number, stop: number): string | undefined {
    return this.#mayBe ? this.#find(bytes, start, stop) : undefined;
  }
}
