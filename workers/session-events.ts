/**
 * Session events: what a record of a batch says to the session it is about.
 * In: a record, the time. Out: one call of the session. Never: keeps the record's bytes, or leaves keys standing in them.
 */
import type { RecordCursor } from '../src/batch/batch.ts';
import { DownFlag, In, NamedFlag, NameOp, RequestFlag } from '../src/batch/records.ts';
import type { NameAnswer } from '../src/session/state/waiting-lines.ts';
import type { Session } from '../src/session/session.ts';
import type { Address } from '../src/session/sink.ts';

/**
 * Tells a session of one record that is about it.
 * @param now Unix ms @throws RangeError for a kind that is none of these, and what the session throws
 */
export function tellSession(session: Session, r: RecordCursor, now: number): void {
  switch (r.kind) {
    case In.REQUEST:
      session.request(r.ticket, r.bytes, r.start, r.stop, now, mayExport(r));
      break;
    case In.RESUME:
      session.resume(r.bytes, r.start, r.stop, now);
      break;
    case In.AGAIN:
      session.again(r.ticket, r.bytes, r.start, r.stop, mayExport(r));
      break;
    case In.NAMED:
      try {
        session.nameAnswer(answerOf(r), now);
      } finally {
        // It may hold keys; nobody reads it again.
        r.bytes.fill(0, r.start, r.stop);
      }
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
      session.opened(r.link, r.ticket, now, addressOf(r));
      break;
    case In.LINK_DOWN:
      session.closed(r.link, r.ticket, closedOf(r), now);
      break;
    default:
      throw new RangeError(`record of kind ${r.kind}`);
  }
}

function mayExport(r: RecordCursor): boolean {
  return (r.flags & RequestFlag.MAY_EXPORT) !== 0;
}

const STEPS = new Map<number, NameAnswer['step']>([
  [NameOp.ATTACH, 'attach'],
  [NameOp.TAKEOVER, 'takeover'],
  [NameOp.NEW, 'new'],
  [NameOp.LIST, 'list'],
  [NameOp.FORGET, 'forget'],
  [NameOp.KEEP, 'keep'],
]);

function answerOf(r: RecordCursor): NameAnswer {
  const bytes = r.bytes.subarray(r.start, r.stop);
  const isRefused = (r.flags & NamedFlag.REFUSED) !== 0;
  return {
    ticket: r.ticket,
    step: STEPS.get(r.flags & NamedFlag.OP)!,
    refused: isRefused ? Buffer.from(bytes).toString('latin1') : undefined,
    isClean: (r.flags & NamedFlag.CLEAN) !== 0,
    bytes,
  };
}

function addressOf(r: RecordCursor): Address | undefined {
  const [host, port] = textOf(r).split(' ') as [string, string | undefined];
  return port === undefined ? undefined : { host, port: Number(port) };
}

function textOf(r: RecordCursor): string {
  return Buffer.from(r.bytes.buffer, r.bytes.byteOffset + r.start, r.stop - r.start).toString('latin1');
}

function closedOf(r: RecordCursor): Parameters<Session['closed']>[2] {
  return {
    code: textOf(r),
    wasNeverUp: (r.flags & DownFlag.NEVER_UP) !== 0,
    hasTimedOut: (r.flags & DownFlag.TIMED_OUT) !== 0,
    isNotAllowed: (r.flags & DownFlag.NOT_ALLOWED) !== 0,
  };
}
