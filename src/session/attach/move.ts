/**
 * Move: lines that belong to another session, and clients that leave one.
 * In: a line and the name it gives; why a client leaves. Out: records to the main thread, which runs what was not taken elsewhere.
 * Never: answers a line that moves; takes one behind it.
 */
import type { MoveAction } from '../../batch/name-records.ts';
import type { AttachmentState, ClientLine } from '../state/attachment.ts';
import type { ConnectionState } from '../state/state.ts';
import { carriedBy } from './carried.ts';

/** The line runs elsewhere, and whatever comes behind it, unless it alone was to (`as`) or each line of its client goes its own way. */
export function move(s: ConnectionState, line: ClientLine, action: MoveAction, name: string): void {
  const { attachment: to, ticket } = line;
  if (action === 'as' || to.isStateless) return s.sink.move(to.number, action, ticket, name);
  stopTaking(s, to);
  s.sink.move(to.number, action, ticket, name, carriedBy(s));
}

/** A client that was let in by a line that is refused now is where it was before. */
export function leaveRefused(s: ConnectionState, to: AttachmentState): void {
  if (s.session.name === undefined || to.isStateless || to.isSettled) return;
  detach(s, to, false);
}

/** The client leaves the session. @param isBare it has lost it: what it sends is refused until it names another */
export function detach(s: ConnectionState, to: AttachmentState, isBare: boolean): void {
  stopTaking(s, to);
  s.sink.detached(to.number, isBare);
}

/** Whatever is not taken, or comes later, is the main thread's to run elsewhere. */
function stopTaking(s: ConnectionState, to: AttachmentState): void {
  const { attachments } = s.session;
  to.isMoving = true;
  to.isLeaving = to.isExclusive = false;
  attachments.dropWaiting(to);
  attachments.listen();
}
