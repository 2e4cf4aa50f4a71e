/**
 * Wants: which of options, server and session a request's answer carries beside its result.
 * In: the line that was read last. Out: bits of `Wants`.
 */
import type { ClientRequest } from '../../dialect/dialect.ts';
import { Wants } from '../answers/answers.ts';
import type { ConnectionState } from '../state/state.ts';

/** The parts that the answer to a request carries: those the request had. @param mayExport it may be shown keys of stored sessions */
export function wantsOf(s: ConnectionState, request: ClientRequest, mayExport: boolean): number {
  return (
    (request.hasOptions ? Wants.OPTIONS : 0) |
    (request.hasServer ? Wants.SERVER : 0) |
    (request.hasSession ? Wants.SESSION : 0) |
    (request.hasSession && mayExport && wantsExport(s) ? Wants.EXPORT : 0)
  );
}

function wantsExport({ dialect, env: { sessionFields } }: ConnectionState): boolean {
  dialect.readSession(sessionFields);
  sessionFields.authKey?.fill(0);
  return sessionFields.export;
}
