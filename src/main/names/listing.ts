/**
 * Listing: which sessions are stored, for clients that ask (LIST requests).
 * In: requests, which clients have gone or take their answers again. Out: the list at each request. Never: read more than once for
 * all who ask at a time; the next list of a client that leaves its answers unread.
 *
 * To list thousands of names takes many times as long as anything else that a client may ask of the main thread, and the
 * answer is thousands of times as long as the question.
 */
import type { NameOutcome } from '../../batch/name-records.ts';
import { refusalOfVault } from './refusal-of-vault.ts';
import type { LaneWriter } from '../lanes/lane-writer.ts';

/** A line that asks for the list. */
export interface ListRequest {
  /** Number of its attachment, in its lane. */
  readonly attachment: number;
  readonly lane: Pick<LaneWriter, 'listed'>;
  readonly ticket: number;
  readonly client: {
    /** The client leaves its answers unread. */
    readonly isUnread: boolean;
  };
}

/** Answers LIST requests: one read of the vault for all that wait. */
export class Listing {
  readonly #read: () => Promise<Buffer>;
  readonly #asked = new Set<ListRequest>();
  #isReading = false;

  constructor(read: () => Promise<Buffer>) {
    this.#read = read;
  }

  ask(request: ListRequest): void {
    this.#asked.add(request);
    this.goOn();
  }

  /** Drops the requests of a client that has gone. */
  forget(client: ListRequest['client']): void {
    for (const request of this.#asked) if (request.client === client) this.#asked.delete(request);
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
  #take(): ListRequest[] {
    const requests = [...this.#asked].filter(({ client }) => !client.isUnread);
    for (const request of requests) this.#asked.delete(request);
    return requests;
  }

  async #answerAll(requests: readonly ListRequest[]): Promise<void> {
    let outcome: NameOutcome;
    try {
      outcome = { bytes: await this.#read() };
    } catch (error) {
      outcome = { fault: refusalOfVault(error) };
    }
    for (const { lane, attachment, ticket } of requests) lane.listed(attachment, ticket, outcome);
  }
}
