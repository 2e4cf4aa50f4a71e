/**
 * Taken: whether a session was begun.
 * In: a connection. Out: yes or no. Never: anything else.
 */
import type { ConnectionState } from '../state/state.ts';

/** Whether the session has a key, a connection or an open request, with or without a name. */
export function isTaken(s: ConnectionState): boolean {
  return s.keys.permanent !== undefined || s.link.stage !== 'down' || s.pending.size > 0;
}
