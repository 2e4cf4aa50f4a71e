/**
 * Requests: one client message, from its bytes to a place in the queue or an answer at once (wire: Requests and answers).
 * In: bytes of a line, its ticket. Out: `options`, `server`, `session` carried out in that order, the call encoded.
 * Never: dials or sends; the first thing that is wrong ends the line and nothing else happens.
 */
import type { Refusal } from '../../dialect/dialect.ts';
import { beginLine, noteEnd, refuseTicket } from '../answers/answers.ts';
import { copyOfLine, type ClientLine } from '../state/client-line.ts';
import type { ConnectionState } from '../state/state.ts';
import type { NameStep } from '../state/waiting-lines.ts';
import { applyServer } from './choose-server.ts';
import { enqueue } from './enqueue.ts';
import { applyOptions } from './take-options.ts';
import { takeSession } from './take-session.ts';
import { wantsOf } from './wants.ts';

/** Takes one client message: what it asks for is carried out, queued, or waits; else it is refused. @param now Unix ms */
export function takeRequest(s: ConnectionState, line: ClientLine, now: number): void {
  const { dialect } = s;
  const { request } = s.env;
  const broken = dialect.read(line.bytes, line.start, line.stop, request);
  if (broken !== undefined) return refuseBroken(s, line, broken);
  s.session.pieces?.end();
  let refused = takeOptionsAndServer(s);
  if (refused === undefined && request.hasSession) {
    const outcome = takeSession(s, line, undefined, now);
    if (outcome === 'waits') {
      s.session.waitingLines.first = copyOfLine(line);
      return;
    }
    refused = outcome;
  }
  if (refused !== undefined) return refuseTicket(s, line.ticket, request.id, refused, false);
  takeMessage(s, line, now);
}

/** One that goes on where another was broken off gets an answer of no bytes: the client has heard of that one. */
function refuseBroken(s: ConnectionState, { ticket, bytes, start, stop }: ClientLine, broken: Refusal): void {
  const { request } = s.env;
  if (s.session.pieces?.goesOn(broken, bytes, start, stop) !== true)
    return refuseTicket(s, ticket, request.id, broken, request.isUnreadable);
  s.sink.reply(ticket, true, broken.error);
  s.sink.end();
}

/** A line that has waited goes on behind the step that was answered; it may have to wait again. */
export function takeOn(s: ConnectionState, line: ClientLine, done: NameStep, now: number): void {
  const { request } = s.env;
  s.dialect.read(line.bytes, line.start, line.stop, request);
  const outcome = takeSession(s, line, done, now);
  if (outcome === 'waits') s.session.waitingLines.first = line;
  else if (outcome !== undefined) refuseTicket(s, line.ticket, request.id, outcome, false);
  else takeMessage(s, line, now);
}

function takeMessage(s: ConnectionState, line: ClientLine, now: number): void {
  const { request } = s.env;
  if (!request.hasMessage) return answerAtOnce(s, line);
  const refused = enqueue(s, line, now);
  if (refused !== undefined) refuseTicket(s, line.ticket, request.id, refused, false);
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
function answerAtOnce(s: ConnectionState, { ticket, mayExport }: ClientLine): void {
  const { request } = s.env;
  const out = s.sink.reply(ticket, false, 'result');
  s.dialect.end(out, beginLine(s, out, request.id, wantsOf(s, request, mayExport)));
  s.sink.end();
  noteEnd(s, ticket, 'result');
}
