/**
 * Residence: whether the gateway keeps a stored session open with nobody there (wire: Sessions by name).
 * In: what lines want, what the main thread has stored. Out: the record, to be stored before the line is answered.
 * Never: says that it is so before it is on the disk; lets one line undo what another has had stored.
 */
import { waitFor } from '../attach/waiting.ts';
import type { ClientLine } from '../state/attachment.ts';
import type { ConnectionState } from '../state/state.ts';
import type { StoredSession } from '../state/stored-session.ts';
import type { WaitingStep } from '../state/waiting-lines.ts';
import { store, tellStanding } from '../stored/store.ts';

/** Has it be so, and the line wait until it is on the disk. Where nothing is stored yet, it is with the first login. @param done the step the line has waited for */
export function takeResidence(
  s: ConnectionState,
  { attachment: to, ticket }: ClientLine,
  isResident: boolean,
  done: WaitingStep | undefined,
): 'waits' | undefined {
  const stored = s.session.stored!;
  if (done === 'residence') {
    stored.storedResident = isResident;
    return undefined;
  }
  becomes(s, stored, isResident);
  // While a line waits nobody knows what the disk will have.
  const isStored = stored.storedResident === isResident && stored.residencesUnderWay === 0;
  if (!stored.hasRecord || isStored) return undefined;
  stored.residencesUnderWay++;
  store(s, stored, 'explicit', ticket);
  return waitFor(to, 'residence');
}

function becomes(s: ConnectionState, stored: StoredSession, isResident: boolean): void {
  if (stored.isResident === isResident) return;
  stored.isResident = isResident;
  stored.changes++;
  tellStanding(s, stored);
}

/** The disk has what a line wanted, or has not: then it is as the disk has it, once no other line waits. */
export function residenceAnswered(s: ConnectionState, isRefused: boolean): void {
  const { stored } = s.session;
  if (stored === undefined) return;
  stored.residencesUnderWay = Math.max(0, stored.residencesUnderWay - 1);
  if (isRefused && stored.residencesUnderWay === 0 && stored.storedResident !== undefined)
    becomes(s, stored, stored.storedResident);
}
