/**
 * Gone: what becomes of the requests of a client that has gone.
 * In: the connections of a session. Out: fewer requests. Never: drops one with an idempotency key that a server may have.
 */
import { tellKeyEnd } from '../answers/key-outcomes.ts';
import type { AttachmentState } from '../state/attachment.ts';
import type { ConnectionState } from '../state/state.ts';

/** Requests that are remembered of clients that have gone, on one connection: those who crash again and again would fill it. */
const MOST_GONE = 1024;

/** What no server has seen is dropped; of the rest no more is remembered than one client that is there may have open. */
export function dropRequestsOf(all: readonly ConnectionState[], attachment: AttachmentState): void {
  all[0]!.session.repeats.takeOf(attachment);
  for (const s of all) {
    for (const one of s.pending.dropUnsent(attachment)) tellKeyEnd(s, one, 'no');
    s.pending.forgetGone(MOST_GONE);
  }
}
