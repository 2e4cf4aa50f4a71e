/**
 * Trouble: why a connection to a data centre is not there, in words, and since when.
 * In: how it ended, what it had said. Out: entries for the log, the `reason` clients are told. Never: an address towards
 * a client, a word that the far end said, anything for a connection that ended because nobody wanted it.
 */
import { unreachableWords } from '../../address/unreachable.ts';
import type { CentreEvent, LinkEnd } from '../../batch/link-records.ts';
import { foreignProtocol, FOREIGN_HEAD } from '../../transport/foreign.ts';
import type { Refusal } from '../../dialect/dialect.ts';
import type { Link } from '../state/link.ts';
import { refusal } from '../answers/refusals.ts';
import type { ConnectionState } from '../state/state.ts';

/** What a client is told of a connection that was never made. */
export function refusalOfDial(why: LinkEnd): Refusal {
  if (why.isNotAllowed) return refusal('ServerNotAllowed');
  return refusal(why.hasTimedOut ? 'ConnectTimeout' : 'ConnectFailed', { reason: troubleWords(why) });
}

const STATUSES: Readonly<Record<number, string>> = {
  [-404]: 'the data centre does not know the key',
  [-429]: 'the data centre takes no more connections from here for now',
  [-444]: 'the server does not know this data centre',
};

/** The end of a connection as a sentence. */
export function troubleWords({ code, hasTimedOut }: Pick<LinkEnd, 'code' | 'hasTimedOut'>): string {
  return unreachableWords(hasTimedOut ? 'ETIMEDOUT' : code);
}

/** A transport error as a sentence. */
export function statusWords(code: number): string {
  return `${STATUSES[code] ?? 'the data centre answers with a transport error'} (${code})`;
}

/** Keeps the first bytes of a connection that has not proven to be a data centre: they tell what answers there. */
export function hear(link: Link, bytes: Uint8Array, start: number, end: number): void {
  const { head } = link;
  if (head.length >= FOREIGN_HEAD) return;
  link.head = Buffer.concat([head, bytes.subarray(start, Math.min(end, start + FOREIGN_HEAD - head.length))]);
}

/** The far end has proven to be the data centre: by a key exchange, or by a packet under the session's key. */
export function prove(s: ConnectionState, now: number): void {
  const { link } = s;
  const { trouble, troubleSince } = link;
  link.isProven = true;
  link.head = NOTHING;
  link.trouble = undefined;
  if (trouble === undefined) tell(s, 'connected');
  else tell(s, 'back', { ms: Math.round(now - troubleSince) });
}

const NOTHING = new Uint8Array(0);

/** Logs that a connection, or an attempt at one, has failed. Called before the link forgets the connection. */
export function noteTrouble(s: ConnectionState, why: string, now: number): void {
  const { link } = s;
  if (link.trouble === undefined) link.troubleSince = now;
  link.trouble = reasonOf(link, why);
  tell(s, link.isProven ? 'lost' : 'failed', { reason: link.trouble });
}

/** The reason in words: the protocol that answers there, if that is not MTProto, else `why`. */
export function reasonOf(link: Link, why: string): string {
  const foreign = link.isProven ? undefined : foreignProtocol(link.head);
  return foreign === undefined ? why : `${foreign} answers there, not a data centre`;
}

/** Why a request was never sent, in words. */
export function whyNotConnected({ link, server: { dc } }: ConnectionState): string {
  if (link.trouble !== undefined) return link.trouble;
  if (link.handshake !== undefined) return `the key exchange with data centre ${dc} has not ended yet`;
  if (link.isUp) return 'the request waited for others before it';
  return `data centre ${dc} has not taken the connection yet`;
}

/** One entry about this connection, with data centre and address. */
export function tell(
  s: ConnectionState,
  event: CentreEvent,
  more: { readonly reason?: string; readonly ms?: number } = {},
): void {
  const { dc, test } = s.server;
  const { host, port } = s.link;
  s.sink.centre(event, { dc, test, host, port, ...more });
}
