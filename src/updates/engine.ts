/**
 * Engine: brings the updates of one account into order, each once, and asks for what is missing (protocol: Updates).
 * In: readings of `Updates` objects, answers of differences, the time. Out: updates in the order of their boxes, questions, what is
 * known to be lost. Never: a update before one of its box that is missing; a question while there is no connection.
 */
import { AccountBoxes } from './account-boxes.ts';
import { accountRow, type BoxState, channelRow, goneRow } from './box-rows.ts';
import { ChannelBoxes } from './channel-boxes.ts';
import type { AccountDifference, AccountState, Asked, ChannelDifference, Failure } from './difference.ts';
import type { Reading } from './step.ts';
import type { StoredBoxes } from './stored-boxes.ts';
import type { UpdatesSink } from './updates-sink.ts';

/** Silence after which the difference is asked for, ms (protocol: Updates). */
export const SILENCE_MS = 15 * 60_000;

/** An answer to what was asked. */
export type Answer =
  | { readonly kind: 'state'; readonly state: AccountState }
  | { readonly kind: 'difference'; readonly difference: AccountDifference }
  | { readonly kind: 'channel'; readonly difference: ChannelDifference };

/** The engine of one account. */
export class Engine {
  readonly #sink: UpdatesSink;
  readonly #account: AccountBoxes;
  readonly #channels: ChannelBoxes;
  /** What `takeChanges` said last of the account's own boxes. */
  #kept: AccountState | undefined;
  #isOnline = false;
  #isBegun = false;
  /** When something was heard last, Unix ms. */
  #heardAt = 0;

  /** @param isBot its channel differences may be long @param stored where it goes on; without it, it begins where the server stands */
  constructor(sink: UpdatesSink, isBot: boolean, stored?: StoredBoxes) {
    this.#sink = sink;
    const takeRest = (rest: Reading, now: number): void => this.#takeRest(rest, now);
    this.#account = new AccountBoxes(sink, stored?.account, takeRest);
    this.#channels = new ChannelBoxes(sink, isBot, stored?.channels ?? [], takeRest);
  }

  /** Where all boxes stand; undefined while the account's are not known. */
  get stored(): StoredBoxes | undefined {
    const account = this.#account.stored;
    return account === undefined ? undefined : { account, channels: this.#channels.stored };
  }

  /** Rows of the boxes that have moved since this was asked last: to be kept together with what was delivered meanwhile. */
  takeChanges(): BoxState[] {
    const { stored } = this.#account;
    // Without the account's own row the others are good for nothing.
    if (stored === undefined) return [];
    const rows = this.#channels
      .takeChanges()
      .map((one) => (one.stored === undefined ? goneRow(one.channel) : channelRow(one.stored)));
    if (!isSame(stored, this.#kept)) rows.unshift(accountRow(stored));
    this.#kept = stored;
    return rows;
  }

  /** When `tick` has something to do, Unix ms; `Infinity` for never. */
  get dueAt(): number {
    if (!this.#isOnline) return Infinity;
    return Math.min(this.#account.dueAt, this.#channels.dueAt, this.#heardAt + SILENCE_MS);
  }

  /** The account's session speaks. The first time, what came since the state was stored is asked for. @param now Unix ms */
  opened(now: number): void {
    this.#isOnline = true;
    if (this.#isBegun) return this.tick(now);
    this.#isBegun = true;
    this.miss(now);
  }

  /** There is no connection: nothing is asked until there is one. What is on its way is answered, or fails, as it would. */
  closed(): void {
    this.#isOnline = false;
  }

  /** Something may have been missed: the server has begun the session anew, or has said what could not be read. */
  miss(now: number): void {
    this.#heardAt = now;
    this.#account.want();
    this.tick(now);
  }

  /** An `Updates` object has come: pushed, or as the result of a call. */
  take(reading: Reading, now: number): void {
    this.#heardAt = now;
    this.#takeRest(reading, now);
    if (reading.date !== undefined) this.#account.dated(reading.date);
    if (reading.isTooLong) this.#account.want();
    this.tick(now);
  }

  #takeRest({ steps, free, longChannels, hashes }: Reading, now: number): void {
    for (const hash of hashes) this.#channels.describe(hash);
    for (const step of steps) if (!this.#account.take(step, now)) this.#channels.take(step, now);
    for (const update of free) this.#sink.deliver('', update, false);
    for (const { channel, pts } of longChannels) this.#channels.tooLong(channel, pts, now);
  }

  /** Asks what is due. */
  tick(now: number): void {
    if (!this.#isOnline) return;
    if (now >= this.#heardAt + SILENCE_MS) {
      this.#heardAt = now;
      this.#account.want();
    }
    this.#account.tick(now);
    this.#channels.tick(now);
  }

  /** A question is answered. */
  answered(asked: Asked, answer: Answer, now: number): void {
    this.#heardAt = now;
    if (asked.kind === 'channel') {
      if (answer.kind === 'channel') this.#channels.answered(asked, answer.difference, now);
    } else if (answer.kind === 'state') this.#account.told(asked, answer.state, now);
    else if (answer.kind === 'difference') this.#account.answered(asked, answer.difference, now);
    this.tick(now);
  }

  /** A question has no answer. */
  failed(asked: Asked, failure: Failure, now: number): void {
    if (asked.kind === 'channel') this.#channels.failed(asked, failure, now);
    else this.#account.failed(asked, failure, now);
    this.tick(now);
  }
}

function isSame(one: AccountState, other: AccountState | undefined): boolean {
  return one.pts === other?.pts && one.qts === other.qts && one.seq === other.seq && one.date === other.date;
}
