/**
 * Requests: one client message, from its bytes to a place in the queue or an answer at once (wire: Requests and answers).
 * In: bytes of a line, its ticket, whose it is. Out: `options`, `server`, `session` carried out in that order, the call encoded.
 * Never: dials or sends; the first thing that is wrong ends the line and nothing else happens.
 */
import type { Refusal } from '../../dialect/dialect.ts';
import { beginLine, noteEnd, refuseTicket } from '../answers/answers.ts';
import { refusalOfOthers } from '../attach/alone.ts';
import { bring } from '../attach/carried.ts';
import { leaveRefused, move } from '../attach/move.ts';
import { waitInFront } from '../attach/waiting.ts';
import { type AttachmentState, copyOfLine, type ClientLine } from '../state/attachment.ts';
import type { ConnectionState } from '../state/state.ts';
import type { WaitingStep } from '../state/waiting-lines.ts';
import { applyServer } from './choose-server.ts';
import { enqueue } from './enqueue.ts';
import { askKey } from './keyed.ts';
import { applyOptions } from './take-options.ts';
import { takeSession } from './take-session.ts';
import { wantsOf } from './wants.ts';

/** Takes one client message: what it asks for is carried out, queued, or waits; else it is refused. @param now Unix ms */
export function takeRequest(s: ConnectionState, line: ClientLine, now: number): void {
  const to = line.attachment;
  const { request } = s.env;
  const broken = to.dialect.read(line.bytes, line.start, line.stop, request);
  if (broken !== undefined) return refuseBroken(s, line, broken);
  to.pieces?.end();
  if (request.as !== undefined && request.as !== s.session.name) return move(s, line, 'as', request.as);
  const refused = isStranger(s, to) ? undefined : takeOptionsAndServer(s, line);
  if (refused !== undefined) return refuseLine(s, line, refused);
  goOn(s, line, undefined, now);
}

/** A line that has waited goes on behind the step that was answered; it may have to wait again. */
export function takeOn(s: ConnectionState, line: ClientLine, done: WaitingStep, now: number): void {
  line.attachment.dialect.read(line.bytes, line.start, line.stop, s.env.request);
  goOn(s, line, done, now);
}

/** `session` and `message` of the line that was read last. */
function goOn(s: ConnectionState, line: ClientLine, done: WaitingStep | undefined, now: number): void {
  const to = line.attachment;
  const { request } = s.env;
  const wasStranger = isStranger(s, to);
  let outcome = request.hasSession ? takeSession(s, line, done, now) : admit(s, to);
  // Whoever is not let in changes nothing of a session that others speak in.
  if (outcome === undefined && wasStranger) outcome = takeOptionsAndServer(s, line);
  if (outcome === 'moves') return;
  if (outcome === 'waits') return waitInFront(s, done === undefined ? copyOfLine(line) : line);
  if (outcome === undefined) {
    settle(s, to);
    return takeMessage(s, line, now);
  }
  refuseLine(s, line, outcome);
}

/** Refuses the line that was read last; whoever was not let in before it is not by it. */
function refuseLine(s: ConnectionState, { attachment: to, ticket }: ClientLine, refused: Refusal): void {
  refuseTicket(s, to, ticket, s.env.request.id, refused, false);
  leaveRefused(s, to);
}

/** No line of the client was let in to this stored session yet. */
function isStranger({ session }: ConnectionState, to: AttachmentState): boolean {
  return session.name !== undefined && !to.isSettled;
}

/** Whether a client may speak here whose line names nothing: it was let in before, or this one line is for here. */
function admit(s: ConnectionState, to: AttachmentState): Refusal | undefined {
  const { refused } = s.session;
  if (refused !== undefined || !isStranger(s, to)) return refused;
  return refusalOfOthers(s, to, NO_TAKEOVER) ?? bring(s, to);
}

const NO_TAKEOVER = { takeover: false };

/** A line of the client was let in to a stored session. */
function settle(s: ConnectionState, to: AttachmentState): void {
  if (!isStranger(s, to)) return;
  to.isSettled = true;
  s.sink.speaks(to.number, to.manner);
}

/** One that goes on where another was broken off gets an answer of no bytes: the client has heard of that one. */
function refuseBroken(s: ConnectionState, line: ClientLine, broken: Refusal): void {
  const { ticket, bytes, start, stop, attachment: to } = line;
  const { request } = s.env;
  if (to.pieces?.goesOn(broken, bytes, start, stop) !== true)
    return refuseTicket(s, to, ticket, request.id, broken, request.isUnreadable);
  s.sink.reply(to.number, ticket, true, broken.error);
  s.sink.end();
}

function takeMessage(s: ConnectionState, line: ClientLine, now: number): void {
  const { request } = s.env;
  if (!request.hasMessage) return answerAtOnce(s, line);
  const refused = request.key === undefined ? enqueue(s, line, now) : askKey(s, line, now);
  if (refused !== undefined) refuseTicket(s, line.attachment, line.ticket, request.id, refused, false);
}

function takeOptionsAndServer(s: ConnectionState, { attachment: to }: ClientLine): Refusal | undefined {
  const { dialect } = to;
  const { request, optionFields, serverFields } = s.env;
  // What it has set before comes first; in a stored session it was brought when the client was let in.
  const unfit = s.session.name === undefined ? bring(s, to) : undefined;
  if (unfit !== undefined) return unfit;
  if (request.hasOptions) {
    const refused = dialect.readOptions(optionFields) ?? applyOptions(s, to, optionFields);
    if (refused !== undefined) return refused;
  }
  return request.hasServer ? (dialect.readServer(serverFields) ?? applyServer(s, serverFields)) : undefined;
}

/** Nothing to send: the answer is what is in force now. */
function answerAtOnce(s: ConnectionState, { ticket, mayExport, attachment: to }: ClientLine): void {
  const { request } = s.env;
  const out = s.sink.reply(to.number, ticket, false, 'result');
  to.dialect.end(out, beginLine(s, to, out, request.id, wantsOf(s, to, request, mayExport)));
  s.sink.end();
  noteEnd(s, to, ticket, 'result');
}
