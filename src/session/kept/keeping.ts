/**
 * Keeping: what a named session tells the main thread to keep, and when it says that its account is lost.
 * In: a state whose record may be behind. Out: records through the sink. Never: a file, a vault, or a name's ownership.
 */
import type { Named } from '../state/named.ts';
import { behind, noteKept, recordBytes, type Urgency } from './record.ts';
import type { State } from '../state/state.ts';

/** Says what is to be kept of a session now. @param how `explicit` answers the request `ticket` */
export function keep(home: State, named: Named, how: Urgency | 'explicit', ticket = 0): void {
  say(home, recordBytes(home, named), how, ticket);
  noteKept(home, named);
}

function say({ sink }: State, record: Buffer, how: Urgency | 'explicit' | 'last', ticket: number): void {
  sink.keep(how, ticket).raw(record);
  sink.end();
  record.fill(0);
}

/** Once a batch: what is kept is behind. */
export function keepIfBehind(home: State): void {
  const { named } = home.shared;
  if (named?.isKept !== true) return;
  const how = behind(home, named);
  if (how !== undefined) keep(home, named, how);
}

/** The last that is kept; taken before the keys are wiped, said when its connections are hung up. */
export function lastRecord(home: State, named: Named): Buffer {
  return named.isKept ? recordBytes(home, named) : Buffer.alloc(0);
}

/** The name is given up, with what `lastRecord` took. */
export function keepLast(home: State, record: Buffer): void {
  say(home, record, 'last', 0);
}

/**
 * The server will not have this account any more: that is kept, and never replaced by a new key (threats: The network).
 * @returns whether that is news
 */
export function markLost(s: State, reason: string): boolean {
  const { named, home } = s.shared;
  if (named?.isKept !== true || named.isForgetting || named.lost !== undefined) return false;
  named.lost = reason;
  named.changes++;
  keep(home, named, 'urgent');
  return true;
}
