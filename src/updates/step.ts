/**
 * Step: what moves a box on: the updates between two of its numbers.
 * In: nothing. Out: types. Never: bytes of a block that is written over: whoever makes a update copies.
 *
 * Telegram counts in boxes (protocol: Updates): messages of users and basic groups by `pts`, some of bots by `qts`, the rest by the
 * `seq` of what they came in, and each channel by a `pts` of its own.
 */

/** The boxes of the account itself; any other name is the id of a channel, in decimal. */
export const COMMON = 'common';
export const QTS = 'qts';
export const SEQ = 'seq';

/** One update as clients are told it. */
export interface SingleUpdate {
  /** TL bytes of an `Updates` object that holds it alone. */
  readonly bytes: Uint8Array;
  /** Name of the update's constructor. */
  readonly kind: string;
  /** The chat it is about, `user 7`, `chat 7` or `channel 7`; '' for none. */
  readonly chat: string;
}

/** A move of one box from `last - count` to `last`. */
export interface Step {
  readonly box: string;
  readonly last: number;
  readonly count: number;
  /** Empty if whoever made it move has heard of it already. */
  readonly updates: readonly SingleUpdate[];
  /** Of a step of `seq`: when the server said it, Unix seconds. */
  readonly date?: number | undefined;
}

/** What an `Updates` object says. */
export interface Reading {
  readonly steps: readonly Step[];
  /** Updates that no box counts. */
  readonly free: readonly SingleUpdate[];
  /** Unix seconds of what has no `seq`; undefined of others. */
  readonly date: number | undefined;
  /** Too much has happened to be told (`updatesTooLong`). */
  readonly isTooLong: boolean;
  /** Channels of which too much has happened, with the `pts` they have now if it is told. */
  readonly longChannels: readonly { readonly channel: string; readonly pts: number | undefined }[];
  /** Channels that it described: what their differences are asked with. */
  readonly hashes: readonly ChannelHash[];
}

/** What names a channel to the server. */
export interface ChannelHash {
  readonly channel: string;
  readonly accessHash: bigint;
}
