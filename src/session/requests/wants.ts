/**
 * Wants: which of options, server and session a request's answer carries beside its result.
 * In: the line that was read last. Out: bits of `Wants`.
 */
import type { ClientRequest } from '../../dialect/dialect.ts';
import { Wants } from '../answers/answers.ts';
import type { AttachmentState } from '../state/attachment.ts';
import type { ConnectionState } from '../state/state.ts';

/** The parts that the answer to a request carries: those the request had. @param mayExport it may be shown keys of stored sessions */
export function wantsOf(s: ConnectionState, to: AttachmentState, request: ClientRequest, mayExport: boolean): number {
  return (
    (request.hasOptions ? Wants.OPTIONS : 0) |
    (request.hasServer ? Wants.SERVER : 0) |
    (request.hasSession ? Wants.SESSION | wantsOfSession(s, to, mayExport) : 0)
  );
}

function wantsOfSession({ env: { sessionFields } }: ConnectionState, to: AttachmentState, mayExport: boolean): number {
  to.dialect.readSession(sessionFields);
  sessionFields.authKey?.fill(0);
  return (sessionFields.export && mayExport ? Wants.EXPORT : 0) | (sessionFields.detach ? Wants.DETACHED : 0);
}
