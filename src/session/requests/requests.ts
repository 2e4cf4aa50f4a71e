/**
 * Requests: one client message, from its bytes to a place in the queue or an answer at once (wire: Requests and answers).
 * In: bytes of a line, its ticket. Out: `options`, `server`, `session` carried out in that order, the call encoded.
 * Never: dials or sends; the first thing that is wrong ends the line and nothing else happens.
 */
import type { ClientRequest, Refusal } from '../../dialect/dialect.ts';
import { beginLine, noteEnd, refuseTicket } from '../answers/answers.ts';
import type { ConnectionState } from '../state/state.ts';
import type { NameStep, WaitingLine } from '../state/waiting-lines.ts';
import { applyServer } from './choose-server.ts';
import { enqueue } from './enqueue.ts';
import { applyOptions } from './take-options.ts';
import { takeSession } from './take-session.ts';
import { wantsOf } from './wants.ts';

/** Takes one client message. @param mayExport its client may be shown keys of stored sessions */
export function takeRequest(
  s: ConnectionState,
  ticket: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  now: number,
  mayExport: boolean,
): void {
  const { dialect } = s;
  const { request } = s.env;
  const broken = dialect.read(bytes, start, end, request);
  if (broken !== undefined) return refuseBroken(s, ticket, broken, bytes, start, end);
  s.session.pieces?.end();
  let refused = takeOptionsAndServer(s);
  if (refused === undefined && request.hasSession) {
    const outcome = takeSession(s, ticket, mayExport, undefined, now);
    if (outcome === 'waits') {
      s.session.waitingLines.first = { ticket, line: bytes.slice(start, end), mayExport };
      return;
    }
    refused = outcome;
  }
  if (refused !== undefined) return refuseTicket(s, ticket, request.id, refused, false);
  takeMessage(s, ticket, mayExport, now);
}

/** One that goes on where another was broken off gets an answer of no bytes: the client has heard of that one. */
function refuseBroken(
  s: ConnectionState,
  ticket: number,
  broken: Refusal,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const { request } = s.env;
  if (s.session.pieces?.goesOn(broken, bytes, start, end) !== true)
    return refuseTicket(s, ticket, request.id, broken, request.isUnreadable);
  s.sink.reply(ticket, true, broken.error);
  s.sink.end();
}

/** A line that has waited goes on behind the step that was answered; it may have to wait again. */
export function takeOn(s: ConnectionState, waiting: WaitingLine, done: NameStep, now: number): void {
  const { ticket, line, mayExport } = waiting;
  const { request } = s.env;
  s.dialect.read(line, 0, line.length, request);
  const outcome = takeSession(s, ticket, mayExport, done, now);
  if (outcome === 'waits') s.session.waitingLines.first = waiting;
  else if (outcome !== undefined) refuseTicket(s, ticket, request.id, outcome, false);
  else takeMessage(s, ticket, mayExport, now);
}

function takeMessage(s: ConnectionState, ticket: number, mayExport: boolean, now: number): void {
  const { request } = s.env;
  if (!request.hasMessage) return answerAtOnce(s, ticket, request, mayExport);
  const refused = enqueue(s, ticket, request, now, mayExport);
  if (refused !== undefined) refuseTicket(s, ticket, request.id, refused, false);
}

function takeOptionsAndServer(s: ConnectionState): Refusal | undefined {
  const { dialect } = s;
  const { request, optionFields, serverFields } = s.env;
  if (request.hasOptions) {
    const refused = dialect.readOptions(optionFields) ?? applyOptions(s, optionFields);
    if (refused !== undefined) return refused;
  }
  return request.hasServer ? (dialect.readServer(serverFields) ?? applyServer(s, serverFields)) : undefined;
}

/** Nothing to send: the answer is what is in force now. */
function answerAtOnce(s: ConnectionState, ticket: number, request: ClientRequest, mayExport: boolean): void {
  const wants = wantsOf(s, request, mayExport);
  const out = s.sink.reply(ticket, false, 'result');
  s.dialect.end(out, beginLine(s, out, request.id, wants));
  s.sink.end();
  noteEnd(s, ticket, 'result');
}
