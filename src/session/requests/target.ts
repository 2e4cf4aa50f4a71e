/**
 * Target: which chat a call sends to, by the names of its fields. Slow mode is kept by it.
 * In: a call's TL bytes. Out: text that is the same for the same chat. Never: on the way of ordinary requests: the call is
 * decoded for it, by the scheme, whatever stands before the peer or around the call.
 */
import { Reader } from '../../bytes/reader.ts';
import { Writer } from '../../bytes/writer.ts';
import type { Env } from '../env.ts';
import type { Pending } from '../state/pending.ts';

/** In the order they are looked for: a forward has a `from_peer` too, which is none. */
const FIELDS = ['to_peer', 'peer', 'channel'];
/** What a peer is known by, however it is named: its access hash may be left out, or stand in a message it was seen in. */
const IDS = ['channel_id', 'chat_id', 'user_id'];
/** Longs as text: every digit counts. */
const STYLE = { int64AsString: true, flagsAsBool: true };

/** The chat; empty for a call that has none. */
export function targetOf({ codec }: Pick<Env, 'codec'>, pending: Pending): string {
  const { body, innerAt } = pending;
  const out = new Writer(1024);
  codec.decodeCall(new Reader(body, innerAt, body.length), out, STYLE);
  const call = JSON.parse(out.written().toString()) as Record<string, unknown>;
  const peer = FIELDS.map((name) => call[name]).find((value) => value !== undefined);
  if (typeof peer !== 'object' || peer === null) return '';
  const known = peer as Record<string, unknown>;
  const id = IDS.find((name) => known[name] !== undefined);
  return id === undefined ? JSON.stringify(peer) : `${id} ${String(known[id])}`;
}
