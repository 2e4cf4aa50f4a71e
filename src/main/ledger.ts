/**
 * Ledger: a session's tickets that are not answered yet. Each client message gets one, and one answer closes it.
 * In: the requests' ids. Out: whether a ticket is still owed an answer, and with which id. Never: an answer twice.
 */
import type { IdText } from '../front/front.ts';

/** Process-wide, so that a ticket names one request whatever its session. */
let last = 0;

export class Ledger {
  readonly #open = new Map<number, IdText>();

  get size(): number {
    return this.#open.size;
  }

  /** A new ticket: 32 bits, never 0, never one that is still open here. */
  open(id: IdText): number {
    do last = (last + 1) >>> 0 || 1;
    while (this.#open.has(last));
    this.#open.set(last, id);
    return last;
  }

  /** @returns false if nothing is owed to this ticket */
  close(ticket: number): boolean {
    return this.#open.delete(ticket);
  }

  /** Gives up all open tickets, oldest first. */
  drain(): (readonly [ticket: number, id: IdText])[] {
    const entries = [...this.#open];
    this.#open.clear();
    return entries;
  }
}
