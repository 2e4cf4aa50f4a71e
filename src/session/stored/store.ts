/**
 * Store: when a stored session's record is sent to be stored, and when its account is marked as lost.
 * In: a session whose stored record may be behind. Out: records through the sink. Never: a file, a vault, or a name's ownership.
 */
import type { StoredSession } from '../state/stored-session.ts';
import { behind, noteStored, recordBytes, type Urgency } from './record.ts';
import type { ConnectionState } from '../state/state.ts';

/** Sends the session's record to be stored. @param how `explicit` if the request `ticket` waits for that */
export function store(home: ConnectionState, stored: StoredSession, how: Urgency | 'explicit', ticket = 0): void {
  write(home, recordBytes(home, stored), how, ticket);
  noteStored(home, stored);
}

function write({ sink }: ConnectionState, record: Buffer, how: Urgency | 'explicit' | 'last', ticket: number): void {
  try {
    sink.store(how, ticket).raw(record);
    sink.end();
  } finally {
    record.fill(0);
  }
}

/** Once a batch: sends the record if the stored one is behind. */
export function storeIfBehind(home: ConnectionState): void {
  const { stored } = home.session;
  if (stored?.hasRecord !== true) return;
  const how = behind(home, stored);
  if (how !== undefined) store(home, stored, how);
}

/** The session's last record, empty if there is none: taken before the keys are wiped. Secret. */
export function lastRecord(home: ConnectionState, stored: StoredSession): Buffer {
  return stored.hasRecord ? recordBytes(home, stored) : Buffer.alloc(0);
}

/** Gives the name back with the record that `lastRecord` took, and zeroes it. */
export function storeLast(home: ConnectionState, record: Buffer): void {
  write(home, record, 'last', 0);
}

/**
 * The server will not have this account any more: stores that, and never makes a new key for it (threats: The network).
 * @returns whether that is news
 */
export function markLost(s: ConnectionState, reason: string): boolean {
  const { stored, home } = s.session;
  if (stored?.hasRecord !== true || stored.isForgetting || stored.lostReason !== undefined) return false;
  stored.lostReason = reason;
  stored.changes++;
  store(home, stored, 'urgent');
  tellStanding(s, stored);
  return true;
}

/** Tells the main thread whether the session is to be kept open. */
export function tellStanding({ sink }: ConnectionState, { lostReason, isResident }: StoredSession): void {
  sink.standing(lostReason !== undefined, isResident);
}
