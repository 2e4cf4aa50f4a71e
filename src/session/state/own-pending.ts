/**
 * Own pending: a message of the gateway's own as an open request.
 * In: its call. Out: a `Pending`. Never: a ticket, or a client.
 */
import { Pending, type PendingInit } from './pending.ts';

/** A message of the gateway's own: no client waits for it, so it has no ticket, no id, and nothing beside its result. */
export function ownPending(init: Pick<PendingInit, 'body' | 'result' | 'answerBy' | 'deadline' | 'method'>): Pending {
  return new Pending({
    ...init,
    ticket: 0,
    id: NO_ID,
    wants: 0,
    clientInitLength: 0,
    seqNoGiven: -1,
    attachment: undefined,
  });
}

const NO_ID = new Uint8Array(0);
