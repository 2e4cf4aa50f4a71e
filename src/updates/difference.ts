/**
 * Difference: what the server tells of what was missed (protocol: Updates).
 * In: nothing. Out: types of what is asked and what is answered. Never: bytes of a block that is written over.
 */
import type { SingleUpdate, Reading } from './step.ts';

/** Where the account's own boxes stand. */
export interface AccountState {
  readonly pts: number;
  readonly qts: number;
  readonly seq: number;
  /** Unix seconds. */
  readonly date: number;
}

/** What the engine wants to know. */
export type Asked =
  | { readonly kind: 'state' }
  | { readonly kind: 'difference'; readonly pts: number; readonly qts: number; readonly date: number }
  | {
      readonly kind: 'channel';
      readonly channel: string;
      readonly accessHash: bigint;
      readonly pts: number;
      readonly limit: number;
    };

/** `updates.getDifference`. */
export type AccountDifference =
  | { readonly kind: 'empty'; readonly date: number; readonly seq: number }
  | {
      readonly kind: 'slice' | 'whole';
      /** Of the account's own boxes, in order. */
      readonly updates: readonly SingleUpdate[];
      /** What channels' boxes and nobody's have to do with it. */
      readonly rest: Reading;
      readonly state: AccountState;
    }
  | { readonly kind: 'tooLong'; readonly pts: number };

/** `updates.getChannelDifference`. */
export interface ChannelDifference {
  readonly kind: 'empty' | 'updates' | 'tooLong';
  /** Where the channel's box stands behind it. */
  readonly pts: number;
  readonly isFinal: boolean;
  readonly updates: readonly SingleUpdate[];
  readonly rest: Reading;
}

/** Why a question has no answer. */
export type Failure =
  /** Later: `seconds` as the server said; undefined if it said nothing. */
  | { readonly kind: 'later'; readonly seconds: number | undefined }
  /** The numbers that it was asked with are none of the server's. */
  | { readonly kind: 'state' }
  /** The channel is closed to the account. */
  | { readonly kind: 'closed' }
  /** The answer could not be read. */
  | { readonly kind: 'unreadable' };

export type DroppedReason =
  | 'differenceTooLong'
  | 'channelDifferenceTooLong'
  | 'stateInvalid'
  | 'unreadable'
  | 'noAccessHash';
