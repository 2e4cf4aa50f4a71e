/**
 * Reaper: the clocks and the common budget of all client connections.
 * In: what each connection holds and waits for. Out: those that are late, or gone, or hold the most when all hold too much.
 * Never: more than one timer.
 */
import type { MainEnv, Timer } from '../env.ts';
import { TimeoutQueue } from './timeout-queue.ts';
import { Ends } from './ends.ts';
import type { Limits } from '../limits/limits.ts';

/** A connection, as far as clocks are concerned. */
export interface Reapable {
  /** Bytes held of a message that has not ended. */
  readonly held: number;
  /** Bytes of answers it has not taken. */
  readonly unreadBytes: number;
  lineIsLate(): void;
  tokenIsLate(): void;
  unreadIsLate(): void;
  /** All connections together hold too much of messages that have not ended, and this one the most. */
  cutOff(): void;
  /** The process is under memory pressure, and this connection leaves the most unread. */
  cutUnread(): void;
}

/** Part of the budget that all connections may read ahead of gates that are shut; once it is used up, such connections are not read. */
const AHEAD = 1 / 8;

/** One for all client connections: three clocks, one budget of bytes, one timer. */
export class Reaper {
  readonly lines: TimeoutQueue<Reapable>;
  readonly tokens: TimeoutQueue<Reapable>;
  readonly unread: TimeoutQueue<Reapable>;
  readonly ends = new Ends();
  readonly #env: MainEnv;
  readonly #budget: number;
  readonly #every: number;
  #held = 0;
  #ahead = 0;
  /** Connections that were cut off: what they still hold goes with them and counts no more. */
  readonly #cut = new WeakSet<Reapable>();
  #timer: Timer | undefined;

  constructor(limits: Limits, env: MainEnv) {
    this.#env = env;
    this.lines = new TimeoutQueue(limits.lineTimeout, (client) => client.lineIsLate());
    this.tokens = new TimeoutQueue(limits.tokenTimeout, (client) => client.tokenIsLate());
    this.unread = new TimeoutQueue(limits.unreadTimeout, (client) => client.unreadIsLate());
    this.#budget = limits.unfinishedBudget;
    this.#every = limits.reapEvery;
  }

  start(): void {
    this.#timer = this.#env.setRepeated(() => this.#look(), this.#every);
  }

  stop(): void {
    this.#env.clearTimer(this.#timer);
  }

  #look(): void {
    const at = this.#env.now();
    this.lines.look(at);
    this.tokens.look(at);
    this.unread.look(at);
    this.ends.look();
  }

  /** Counts bytes that were read and wait for a gate. @param by how many more; negative: fewer */
  readAhead(by: number): void {
    this.#ahead += by;
  }

  get mayReadAhead(): boolean {
    return this.#ahead < this.#budget * AHEAD;
  }

  /** A connection holds `by` bytes more (or less) of an unfinished message than before. */
  holds(client: Reapable, by: number): void {
    if (this.#cut.has(client)) return;
    this.#held += by;
    if (client.held === 0) this.lines.end(client);
    else this.lines.begin(client, this.#env.now());
    while (this.#held > this.#budget && this.#cutLargest());
  }

  /**
   * Takes the largest out of the account at once: its connection may end later (HTTP tells of it with its socket's close),
   * and each turn of the loop above must find less.
   */
  #cutLargest(): boolean {
    let largest: Reapable | undefined;
    for (const client of this.lines.things()) if (largest === undefined || client.held > largest.held) largest = client;
    if (largest === undefined) return false;
    this.#cut.add(largest);
    this.#held -= largest.held;
    this.lines.end(largest);
    largest.cutOff();
    return true;
  }

  /** Under memory pressure: disconnects the client with the most unread bytes. */
  cutMostUnread(): void {
    let most: Reapable | undefined;
    for (const client of this.unread.things())
      if (most === undefined || client.unreadBytes > most.unreadBytes) most = client;
    most?.cutUnread();
  }

  forget(client: Reapable): void {
    this.lines.end(client);
    this.tokens.end(client);
    this.unread.end(client);
  }
}
