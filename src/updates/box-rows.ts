/**
 * Box rows: where the boxes of an account stand, as bytes that the journal keeps beside the updates they cover.
 * In: states. Out: rows, and back. Never: a row that says less than was told.
 */
import { Reader } from '../bytes/reader.ts';
import { Writer } from '../bytes/writer.ts';
import type { AccountState } from './difference.ts';
import type { StoredBoxes, StoredChannel } from './stored-boxes.ts';

/** Name of the account's own row; the others have the ids of channels, in decimal. */
export const ACCOUNT_ROW = 'account';

/** One row; an empty body: the box is no more. */
export interface BoxState {
  readonly box: string;
  readonly body: Uint8Array;
}

const out = new Writer(64);

/** The row of the account's own boxes. */
export function accountRow({ pts, qts, seq, date }: AccountState): BoxState {
  out.clear();
  for (const number of [pts, qts, seq, date]) out.int32(number);
  return { box: ACCOUNT_ROW, body: Uint8Array.from(out.written()) };
}

/** The row of a channel's box. */
export function channelRow({ channel, pts, accessHash }: StoredChannel): BoxState {
  out.clear();
  out.int32(pts);
  if (accessHash !== undefined) out.bigInt64(accessHash);
  return { box: channel, body: Uint8Array.from(out.written()) };
}

/** The row of a channel that the account has left. */
export function goneRow(channel: string): BoxState {
  return { box: channel, body: new Uint8Array(0) };
}

/** Where the boxes stand by their rows; undefined if the account's own are not among them. @throws TlReadError */
export function boxesOf(rows: readonly BoxState[]): StoredBoxes | undefined {
  const own = rows.find(({ box }) => box === ACCOUNT_ROW);
  if (own === undefined) return undefined;
  const channels = rows.filter(({ box }) => box !== ACCOUNT_ROW).map(({ box, body }) => channelOf(box, body));
  return { account: accountOf(own.body), channels };
}

function accountOf(body: Uint8Array): AccountState {
  const r = new Reader(body);
  return { pts: r.int32(), qts: r.int32(), seq: r.int32(), date: r.int32() };
}

function channelOf(channel: string, body: Uint8Array): StoredChannel {
  const r = new Reader(body);
  const pts = r.int32();
  return { channel, pts, accessHash: r.left > 0 ? r.bigInt64() : undefined };
}
