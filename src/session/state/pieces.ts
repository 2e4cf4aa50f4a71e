/**
 * Pieces: a request that was printed over several lines, as a person or a debugger prints it.
 * In: lines that could not be read. Out: which of them go on where one before has stopped: the client has been told of
 * that one, and hears nothing of the others. Never: a line that is JSON by itself left without its answer.
 */
import { JsonOutline } from '../../bytes/json-outline.ts';
import type { Refusal } from '../../dialect/dialect.ts';

/** Follows the lines of one client, to tell a request broken over several lines from lines that are wrong by themselves. */
export class Pieces {
  readonly #outline = new JsonOutline();

  /** A line came that can be a request: whatever was begun before it is over. */
  end(): void {
    this.#outline.clear();
  }

  /** @returns whether this line goes on with one that was refused */
  goesOn(refused: Refusal, bytes: Uint8Array, start: number, end: number): boolean {
    if (refused.error !== 'JSONDecodeError') {
      // An item of an array may be an object in a line of its own: it has its answer, and what comes behind it goes on.
      if (this.#outline.isOpen) this.#outline.add(bytes, start, end);
      return false;
    }
    if (this.#outline.isOpen && this.#outline.add(bytes, start, end) !== 'broken') return true;
    this.#outline.add(bytes, start, end);
    return false;
  }
}
