/**
 * Crash: what a session's client hears of a fault of the gateway's own.
 * In: the session's connections and lines that wait, the fault as the log has it. Out: an error line for each open
 * request, and a notice. Never: a request told twice; the stack trace of a fault, unless the operator wants that.
 */
import type { Refusal } from '../dialect/dialect.ts';
import { notify, refuse, refuseTicket } from './answers/answers.ts';
import { stayIfNobodyTakes } from './attach/alone.ts';
import { endWaiting } from './attach/waiting.ts';
import { refusal } from './answers/refusals.ts';
import type { ConnectionState } from './state/state.ts';
import type { ClientLine } from './state/attachment.ts';

/** Characters of a stack trace that fit into a line beside the rest of it; the log has all. */
const SHOWN_STACK = 240;

/**
 * Every open request is told, once.
 * @param all the session's connections, the home one first @param ref finds the fault in the log
 * @param taken the message it was met in, if it was one
 */
export function tellCrash(all: readonly ConnectionState[], ref: string, stack: string, taken?: ClientLine): void {
  const home = all[0]!;
  const reason = home.env.settings.sendTracebacks ? { reason: stack.slice(0, SHOWN_STACK) } : {};
  const refused = refusal('InternalError', { ref, ...reason });
  const open = all.flatMap((s) => s.pending.clear().map((pending) => ({ s, pending })));
  for (const { s, pending } of open) refuse(s, pending, refused);
  for (const pending of home.session.repeats.clear()) refuse(home, pending, refused);
  const { waiting } = home.session.attachments;
  for (const lines of waiting) for (const line of lines.clear()) endWaiting(home, line, refused);
  waiting.clear();
  stayIfNobodyTakes(home);
  if (taken !== undefined && !open.some(({ pending }) => pending.ticket === taken.ticket))
    refuseTaken(home, taken, refused);
  notify(home, refused);
}

/** It was not carried out; with an idempotency key, one before it may have been. */
function refuseTaken(home: ConnectionState, taken: ClientLine, refused: Refusal): void {
  const id = idOf(home, taken);
  const isKeyed = home.env.request.key !== undefined;
  const known: Refusal = isKeyed ? refused : { ...refused, delivered: 'no' };
  refuseTicket(home, taken.attachment, taken.ticket, id, known, false);
}

/** Whatever went wrong with the message may go wrong again. */
function idOf({ env: { request } }: ConnectionState, { bytes, start, stop, attachment }: ClientLine): Uint8Array {
  const { dialect } = attachment;
  try {
    dialect.read(bytes, start, stop, request);
    return request.id;
  } catch {
    return dialect.unusableId;
  }
}
