/**
 * Cork: what is said to the clients of a session while something that it says is not on the disk yet.
 * In: what is to be said. Out: the same, in its order, once it may be. Never: anything out of its turn.
 */

/** One session's. */
export class Cork {
  readonly #saidAll: () => void;
  /** What says each line; undefined while nothing has to wait. */
  #waiting: (() => void)[] | undefined;

  /** @param saidAll is called behind lines that were said */
  constructor(saidAll: () => void) {
    this.#saidAll = saidAll;
  }

  /** What is said from here on waits for `open`. */
  shut(): void {
    this.#waiting ??= [];
  }

  get isShut(): boolean {
    return this.#waiting !== undefined;
  }

  /** Says a line now, or in its turn. Never called while a block is applied. */
  say(line: () => void): void {
    if (this.#waiting !== undefined) return this.sayLater(line);
    line();
    this.#saidAll();
  }

  /** Says a line in its turn; it is shut. */
  sayLater(line: () => void): void {
    this.#waiting!.push(line);
  }

  /** Says what has waited. Never called while a block is applied. */
  open(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined || waiting.length === 0) return;
    for (const line of waiting) line();
    this.#saidAll();
  }
}
