/**
 * Stored boxes: where the boxes of an account stand, to go on from.
 * In: nothing. Out: types. Never: what waits in a box: the server tells that again.
 */
import type { AccountState } from './difference.ts';

/** Where one channel's box stands. */
export interface StoredChannel {
  /** Its id, in decimal. */
  readonly channel: string;
  readonly pts: number;
  /** What it is asked for with; undefined if the server has not told it. */
  readonly accessHash: bigint | undefined;
}

/** Where all boxes stand. */
export interface StoredBoxes {
  readonly account: AccountState;
  readonly channels: readonly StoredChannel[];
}
