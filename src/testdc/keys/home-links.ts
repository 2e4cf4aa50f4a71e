/**
 * HomeLinks: the connections on which one permanent key does more than files, as a test counts them.
 * In: the connections of the key's requests, and their ends. Out: how many are open, and the most there were at once.
 * Never: told of files, or of requests inside of `invokeWithoutUpdates`; a judgement: `key-use.ts` has it.
 */
import type { SessionLink } from '../protocol/server-session.ts';

/** The home connections of one key. */
export class HomeLinks {
  /** The most that were open at once. */
  most = 0;
  readonly #open = new Set<SessionLink>();

  /** How many are open. */
  get open(): number {
    return this.#open.size;
  }

  /** Counts the connection of a request, once and until it is closed. */
  note(link: SessionLink | undefined): void {
    if (link === undefined || this.#open.has(link)) return;
    this.#open.add(link);
    this.most = Math.max(this.most, this.#open.size);
    link.whenClosed(() => this.#open.delete(link));
  }
}
