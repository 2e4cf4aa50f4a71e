/**
 * Waiting: a client's line that waits for the vault, for a key or for others to leave, in front of those behind it, by whichever
 * attachment of the client they came.
 * In: lines, what was answered. Out: which line goes on, and which may be taken. Never: a line out of its client's turn.
 */
import { beginLine, refuseTicket } from '../answers/answers.ts';
import type { Refusal } from '../../dialect/dialect.ts';
import type { AttachmentState, ClientLine } from '../state/attachment.ts';
import type { RpcError } from '../state/rpc-error.ts';
import type { ConnectionState, SessionState } from '../state/state.ts';
import type { WaitingLines, WaitingStep } from '../state/waiting-lines.ts';

/** A line waits for a step; `waitInFront` follows. */
export function waitFor({ waitingLines }: AttachmentState, step: WaitingStep): 'waits' {
  waitingLines.step = step;
  return 'waits';
}

/** The line is the one its client's others wait for. */
export function waitInFront(s: ConnectionState, line: ClientLine): void {
  const { waitingLines } = line.attachment;
  waitingLines.first = line;
  s.session.attachments.waiting.add(waitingLines);
}

/** A line waits behind others of its client. @param line a copy */
export function waitBehind(s: ConnectionState, line: ClientLine): void {
  const { waitingLines } = line.attachment;
  waitingLines.behind.push(line);
  s.session.attachments.waiting.add(waitingLines);
}

/** Takes out the line that waits for this step under this ticket. */
export function takeWaiting({ attachments }: SessionState, step: WaitingStep, ticket: number): ClientLine | undefined {
  for (const waitingLines of attachments.waiting) {
    const { first } = waitingLines;
    if (first?.ticket !== ticket || waitingLines.step !== step) continue;
    waitingLines.first = undefined;
    return first;
  }
  return undefined;
}

/** Takes out all lines that wait for this step, whoever's: one that goes on may come to wait for it again. */
export function takeAllWaiting({ attachments }: SessionState, step: WaitingStep): ClientLine[] {
  const taken: ClientLine[] = [];
  for (const waitingLines of attachments.waiting) {
    if (waitingLines.first === undefined || waitingLines.step !== step) continue;
    taken.push(waitingLines.first);
    waitingLines.first = undefined;
  }
  return taken;
}

/** Whether a line waits for this step. */
export function isAwaited({ attachments }: SessionState, step: WaitingStep): boolean {
  return [...attachments.waiting].some((lines) => lines.first !== undefined && lines.step === step);
}

/** Whether the lines wait for one in front of them, or for the end of whom the next is of here. */
export function areHeld({ first, behind }: WaitingLines<ClientLine>): boolean {
  return first !== undefined || behind[0]?.attachment.isLeaving === true;
}

/** Ends a line that has waited with a refusal. */
export function endWaiting(s: ConnectionState, line: ClientLine, refused: Refusal): void {
  refuseTicket(s, line.attachment, line.ticket, waitingId(s, line), refused, false);
}

/** Ends it with the server's own words. */
export function endWaitingBy(s: ConnectionState, line: ClientLine, error: RpcError): void {
  const { number, dialect } = line.attachment;
  const out = s.sink.reply(number, line.ticket, false, 'rpc_error');
  const mark = beginLine(s, line.attachment, out, waitingId(s, line), 0);
  dialect.rpcError(out, error.code, error.text, error.fate);
  dialect.end(out, mark);
  s.sink.end();
}

/** Reads a line that has waited once more: what was read last is another one. */
export function waitingId(s: ConnectionState, { bytes, start, stop, attachment }: ClientLine): Uint8Array {
  attachment.dialect.read(bytes, start, stop, s.env.request);
  return s.env.request.id;
}
