/**
 * Session events: what a record of a batch says to the session it is about.
 * In: a record, the time. Out: one call of the session. Never: keeps the record's bytes, or leaves keys standing in them.
 */
import type { RecordCursor } from '../src/batch/batch.ts';
import { readKeyed } from '../src/batch/key-records.ts';
import { readLinkDown, readLinkUp } from '../src/batch/link-records.ts';
import { readNamed } from '../src/batch/name-records.ts';
import { In } from '../src/batch/records.ts';
import { mayExportKeys } from '../src/batch/request-flags.ts';
import type { Session } from '../src/session/session.ts';
import type { AttachmentState, ClientLine } from '../src/session/state/attachment.ts';

/**
 * Tells a session of one record that is about it.
 * @param now Unix ms @throws RangeError for a kind that is none of these, and what the session throws
 */
export function tellSession(session: Session, r: RecordCursor, now: number): void {
  switch (r.kind) {
    case In.RESUME:
      session.resume(r.bytes, r.start, r.stop, now);
      break;
    case In.NAMED:
      try {
        session.nameAnswer(readNamed(r), now);
      } finally {
        // It may hold keys; nobody reads it again.
        r.bytes.fill(0, r.start, r.stop);
      }
      break;
    case In.KEYED:
      session.keyAnswer(readKeyed(r), now);
      break;
    case In.LEAVE:
      session.leave(now);
      break;
    case In.NUDGE:
      session.nudge(now);
      break;
    case In.LINK_BYTES:
      session.received(r.link, r.ticket, r.bytes, r.start, r.stop, now);
      break;
    case In.LINK_UP:
      session.opened(r.link, r.ticket, now, readLinkUp(r));
      break;
    case In.LINK_DOWN:
      session.closed(r.link, r.ticket, readLinkDown(r), now);
      break;
    default:
      throw new RangeError(`record of kind ${r.kind}`);
  }
}

/** Tells a session of one record about a client that speaks in it. @param now Unix ms @throws what the session throws */
export function tellAttachment(session: Session, attachment: AttachmentState, r: RecordCursor, now: number): void {
  if (r.kind === In.REQUEST) session.request(lineOf(r, attachment), now);
  else if (r.kind === In.AGAIN) session.again(lineOf(r, attachment));
  else if (r.kind === In.LISTED) session.listed(attachment, readNamed(r));
  else if (r.kind === In.FORM) session.form(attachment, r.flags);
  else session.detach(attachment);
}

/** The line that is being told; one is at a time, and whoever keeps it copies it. */
const line = {
  ticket: 0,
  bytes: new Uint8Array(0) as Uint8Array,
  start: 0,
  stop: 0,
  mayExport: false,
  attachment: undefined as AttachmentState | undefined,
};

/** The message in a REQUEST or AGAIN record; the same object each time. */
export function lineOf(r: RecordCursor, attachment: AttachmentState): ClientLine {
  line.ticket = r.ticket;
  line.bytes = r.bytes;
  line.start = r.start;
  line.stop = r.stop;
  line.mayExport = mayExportKeys(r.flags);
  line.attachment = attachment;
  return line as ClientLine;
}
