/**
 * Listing: which sessions are stored, for clients that ask (LIST requests).
 * In: requests, which clients have gone or take their answers again. Out: the list at each request. Never: read more than once for
 * all who ask at a time; the next list of a client that leaves its answers unread.
 *
 * To list thousands of names takes many times as long as anything else that a client may ask of the main thread, and the
 * answer is thousands of times as long as the question.
 */
import { refusalOfVault } from './refusal-of-vault.ts';
import type { NameOwner } from './owner.ts';
import { answerName, refuseName, type NameRequest } from './name-request.ts';

/** Answers LIST requests: one read of the vault for all that wait. */
export class Listing {
  readonly #read: () => Promise<Buffer>;
  readonly #asked = new Set<NameRequest>();
  #isReading = false;

  constructor(read: () => Promise<Buffer>) {
    this.#read = read;
  }

  ask(request: NameRequest): void {
    this.#asked.add(request);
    this.goOn();
  }

  /** Drops the requests of a session whose client has gone. */
  forget(owner: NameOwner): void {
    for (const request of this.#asked) if (request.owner === owner) this.#asked.delete(request);
  }

  /** Reads the list if anybody waits for it who takes answers; called when a client takes its answers again, too. */
  goOn(): void {
    if (!this.#isReading && this.#asked.size > 0) void this.#serve();
  }

  async #serve(): Promise<void> {
    this.#isReading = true;
    for (let requests = this.#take(); requests.length > 0; requests = this.#take()) await this.#answerAll(requests);
    this.#isReading = false;
  }

  /** Takes out the requests that the next read answers: those asked before it, of clients that take their answers. */
  #take(): NameRequest[] {
    const requests = [...this.#asked].filter(({ owner }) => !owner.client.isUnread);
    for (const request of requests) this.#asked.delete(request);
    return requests;
  }

  async #answerAll(requests: readonly NameRequest[]): Promise<void> {
    try {
      const entries = await this.#read();
      for (const request of requests) answerName(request, entries);
    } catch (error) {
      for (const request of requests) refuseName(request, refusalOfVault(error));
    }
  }
}
