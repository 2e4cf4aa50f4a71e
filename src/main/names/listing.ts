/**
 * Listing: which names are kept, for clients that ask (LIST wishes).
 * In: wishes, which clients have gone or take their answers again. Out: the list at each wish. Never: read more than once for
 * all who ask at a time; the next list of a client that leaves its answers unread.
 *
 * To list thousands of names takes many times as long as anything else that a client may ask of the main thread, and the
 * answer is thousands of times as long as the question.
 */
import { faultName } from './lazy-vault.ts';
import type { NameOwner } from './owner.ts';
import { answer, refuse, type Wish } from './wish.ts';

export class Listing {
  readonly #read: () => Promise<Buffer>;
  readonly #asked = new Set<Wish>();
  #isReading = false;

  constructor(read: () => Promise<Buffer>) {
    this.#read = read;
  }

  ask(wish: Wish): void {
    this.#asked.add(wish);
    this.goOn();
  }

  /** Its client has gone: nobody waits for what it asked. */
  forget(route: NameOwner): void {
    for (const wish of this.#asked) if (wish.route === route) this.#asked.delete(wish);
  }

  /** A client may take its answers again. */
  goOn(): void {
    if (!this.#isReading && this.#asked.size > 0) void this.#answerAll();
  }

  async #answerAll(): Promise<void> {
    this.#isReading = true;
    for (let wishes = this.#take(); wishes.length > 0; wishes = this.#take()) await this.#answer(wishes);
    this.#isReading = false;
  }

  /** What was asked before the list is read: it says how things are after that. */
  #take(): Wish[] {
    const wishes = [...this.#asked].filter(({ route }) => !route.client.isUnread);
    for (const wish of wishes) this.#asked.delete(wish);
    return wishes;
  }

  async #answer(wishes: readonly Wish[]): Promise<void> {
    try {
      const entries = await this.#read();
      for (const wish of wishes) answer(wish, 0, entries);
    } catch (error) {
      for (const wish of wishes) refuse(wish, faultName(error));
    }
  }
}
