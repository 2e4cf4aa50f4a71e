/**
 * Keeping: what a named session tells the main thread to keep, and when it says that its account is lost.
 * In: a state whose record may be behind. Out: records through the sink. Never: a file, a vault, or a name's ownership.
 */
import type { StoredSession } from '../state/stored-session.ts';
import { behind, noteKept, recordBytes, type Urgency } from './record.ts';
import type { ConnectionState } from '../state/state.ts';

/** Says what is to be kept of a session now. @param how `explicit` answers the request `ticket` */
export function persist(home: ConnectionState, stored: StoredSession, how: Urgency | 'explicit', ticket = 0): void {
  say(home, recordBytes(home, stored), how, ticket);
  noteKept(home, stored);
}

function say({ sink }: ConnectionState, record: Buffer, how: Urgency | 'explicit' | 'last', ticket: number): void {
  sink.keep(how, ticket).raw(record);
  sink.end();
  record.fill(0);
}

/** Once a batch: what is kept is behind. */
export function keepIfBehind(home: ConnectionState): void {
  const { stored } = home.session;
  if (stored?.isKept !== true) return;
  const how = behind(home, stored);
  if (how !== undefined) persist(home, stored, how);
}

/** The last that is kept; taken before the keys are wiped, said when its connections are hung up. */
export function lastRecord(home: ConnectionState, stored: StoredSession): Buffer {
  return stored.isKept ? recordBytes(home, stored) : Buffer.alloc(0);
}

/** The name is given up, with what `lastRecord` took. */
export function keepLast(home: ConnectionState, record: Buffer): void {
  say(home, record, 'last', 0);
}

/**
 * The server will not have this account any more: that is kept, and never replaced by a new key (threats: The network).
 * @returns whether that is news
 */
export function markLost(s: ConnectionState, reason: string): boolean {
  const { stored, home } = s.session;
  if (stored?.isKept !== true || stored.isForgetting || stored.lost !== undefined) return false;
  stored.lost = reason;
  stored.changes++;
  persist(home, stored, 'urgent');
  return true;
}
