/**
 * Attach: a client asks for a stored session by its name, for the list of them, or to forget one (`session` in a request).
 * In: the fields of a line, the main thread's answers. Out: records through the sink; the session under its name.
 * Never: a line out of its turn: while one waits for the vault, those behind it wait with it.
 */
import { wipeRecord } from '../../account/record.ts';
import {
  type NameAction,
  type NameAnswer,
  type NameEntry,
  type NameFault,
  readNameList,
} from '../../batch/name-records.ts';
import type { Refusal, SessionHandle, SessionFields } from '../../dialect/dialect.ts';
import { errorNamed } from '../../errors.ts';
import { beginLine, refuseTicket, Wants } from '../answers/answers.ts';
import { store } from '../stored/store.ts';
import { openRecord, recordIn } from '../stored/record.ts';
import { StoredSession } from '../state/stored-session.ts';
import { refusal } from '../answers/refusals.ts';
import type { RpcError } from '../state/rpc-error.ts';
import type { ConnectionState } from '../state/state.ts';
import type { ClientLine } from '../state/client-line.ts';
import type { NameStep, WaitingLines } from '../state/waiting-lines.ts';

/** The session as `onAnswer` may change it. */
export interface AttachableSession {
  readonly home: ConnectionState;
  /** Gives the session up; see `Session.renew`. */
  renew(isBare: boolean): void;
}

/** Asks the main thread with a NAME record; the line waits for its answer. */
export function wait(s: ConnectionState, ticket: number, action: Exclude<NameAction, 'store'>, name = ''): 'waits' {
  s.session.waitingLines.step = action;
  s.sink.name(action, ticket, name);
  return 'waits';
}

/** The line waits for the key that is being made for the requests before it. */
export function waitForKey(s: ConnectionState): 'waits' {
  s.session.waitingLines.step = 'key';
  return 'waits';
}

/** Once the key is there, or no request waits for it any more. @returns the line that waited for it */
export function takeKeyWaiter(s: ConnectionState): ClientLine | undefined {
  const { waitingLines } = s.session;
  const { first, step } = waitingLines;
  if (first === undefined || step !== 'key' || (s.keys.permanent === undefined && s.pending.size > 0)) return undefined;
  waitingLines.first = undefined;
  return first;
}

/** Whether this connection has a session already, with or without a name. */
export function isTaken(s: ConnectionState): boolean {
  return s.keys.permanent !== undefined || s.link.stage !== 'down' || s.pending.size > 0;
}

/** `name` or `forget`: nothing to do if this connection has that session, else the main thread is asked for it. */
export function applyName(
  s: ConnectionState,
  fields: SessionFields,
  name: string,
  ticket: number,
): Refusal | 'waits' | undefined {
  if (s.session.stored?.name === name) return fields.existing && !s.session.stored.hasRecord ? noRecord() : undefined;
  if (s.session.stored !== undefined || isTaken(s))
    return refusal('InvalidSession', {
      msg: 'this connection has another session already; use another connection',
      path: 'session.name',
    });
  if (fields.authKey !== undefined) return wait(s, ticket, 'new', name);
  return wait(s, ticket, fields.takeover ? 'takeover' : 'attach', name);
}

const NO_RECORD = 'nothing is kept under this name; sign in and keep it first, or leave out existing to begin one';

function noRecord(): Refusal {
  return refusal('SessionNotFound', { msg: NO_RECORD, path: 'session.name' });
}

/** Stores the session that was handed in under the name this connection has just got; the line waits for that. */
export function storeHandedIn(
  s: ConnectionState,
  stored: StoredSession,
  fields: SessionFields,
  ticket: number,
): 'waits' {
  stored.hasRecord = true;
  stored.userId = fields.userId;
  stored.isBot = fields.isBot ?? false;
  stored.changes++;
  s.session.waitingLines.step = 'store';
  store(s, stored, 'explicit', ticket);
  return 'waits';
}

/** Gives the name back with its record as it was. */
export function releaseName(s: ConnectionState, name: string): void {
  s.sink.name('release', 0, name);
  s.session.stored = undefined;
}

/** Acts on the main thread's answer to a waiting line. @returns true if the line goes on, false if it was answered here */
export function onAnswer(session: AttachableSession, waiting: ClientLine, answer: NameAnswer, now: number): boolean {
  const { home } = session;
  if (answer.fault !== undefined) refuseWaiting(session, waiting, answer.action, answer.fault);
  else if (answer.action === 'list') answerList(home, waiting, readNameList(answer.bytes).map(listed));
  else if (answer.action === 'forget') answerForgotten(session, waiting);
  else if (answer.action === 'store') return true;
  else return attach(home, waiting, answer, now);
  return false;
}

/** Whether an answer is for the line that waits; it may be for a line of a thread that was lost. */
export function isAwaited({ first, step }: WaitingLines, answer: NameAnswer): boolean {
  return first !== undefined && first.ticket === answer.ticket && step === answer.action;
}

const VAULT_SHUT = 'the vault of this gateway cannot be opened; its log says why';

function refuseWaiting(
  session: AttachableSession,
  waiting: ClientLine,
  step: NameStep,
  { error, reason }: NameFault,
): void {
  const { stored } = session.home.session;
  const more = {
    path: 'session',
    ...(error === 'InvalidSession' && { msg: 'something is kept under this name already' }),
    ...(error === 'VaultUnavailable' && reason !== undefined && { msg: VAULT_SHUT }),
    ...(reason !== undefined && { reason }),
  };
  // What was handed in is as if it had never been.
  if (step === 'store') {
    if (stored !== undefined) session.home.sink.name('release', 0, stored.name);
    session.renew(false);
  }
  if (step === 'forget' && stored !== undefined) stored.isForgetting = false;
  endWaiting(session.home, waiting, refusal(errorNamed(error), more));
}

/** Ends a line that has waited with a refusal. */
export function endWaiting(s: ConnectionState, waiting: ClientLine, refused: Refusal): void {
  refuseTicket(s, waiting.ticket, idOf(s, waiting), refused, false);
}

/** Ends it with the server's own words. */
export function endWaitingBy(s: ConnectionState, waiting: ClientLine, error: RpcError): void {
  const out = s.sink.reply(waiting.ticket, false, 'rpc_error');
  const mark = s.dialect.begin(out, idOf(s, waiting));
  s.dialect.rpcError(out, error.code, error.text, error.fate);
  s.dialect.end(out, mark);
  s.sink.end();
}

/** Reads a line that has waited once more: what was read last is another one. */
function idOf(s: ConnectionState, { bytes, start, stop }: ClientLine): Uint8Array {
  s.dialect.read(bytes, start, stop, s.env.request);
  return s.env.request.id;
}

/** Takes the name and the record stored under it. @returns false if the record cannot be used; the line is answered then */
function attach(s: ConnectionState, waiting: ClientLine, { bytes, isClean, action }: NameAnswer, now: number): boolean {
  const { sessionFields } = s.env;
  idOf(s, waiting);
  s.dialect.readSession(sessionFields);
  sessionFields.authKey?.fill(0);
  const isForgetting = sessionFields.forget !== undefined;
  const name = sessionFields.name ?? sessionFields.forget!;
  if (bytes.length === 0 && sessionFields.existing) {
    releaseName(s, name);
    endWaiting(s, waiting, noRecord());
    return false;
  }
  const stored = new StoredSession(name);
  if (bytes.length > 0 && action !== 'new') {
    const refused = openRecord(s, stored, bytes, { isClean, isForgetting }, now);
    if (refused !== undefined) {
      releaseName(s, name);
      endWaiting(s, waiting, refused);
      return false;
    }
  }
  s.session.stored = stored;
  s.session.isBare = false;
  return true;
}

// --- what is told of stored sessions ---------------------------------------------------------------------------------

function listed({ name, record: bytes, owner: inUse }: NameEntry): SessionHandle {
  const record = bytes === undefined ? undefined : recordIn(bytes);
  const none = { dc: undefined, test: undefined, userId: undefined, isBot: undefined };
  if (record === undefined) return { name, ...none, inUse, isBroken: true };
  wipeRecord(record);
  const { dc, test, userId, isBot, lost } = record;
  return { name, dc, test, userId, isBot: userId === undefined ? undefined : isBot, lost, inUse };
}

function answerList(s: ConnectionState, waiting: ClientLine, handles: readonly SessionHandle[]): void {
  const id = idOf(s, waiting);
  const { hasOptions, hasServer } = s.env.request;
  const out = s.sink.reply(waiting.ticket, false, 'result');
  const mark = beginLine(s, out, id, (hasOptions ? Wants.OPTIONS : 0) | (hasServer ? Wants.SERVER : 0));
  s.dialect.list(out, handles, s.session.style);
  s.dialect.end(out, mark);
  s.sink.end();
}

/** The session is gone from the data centre and from the vault; this connection has none any more. */
function answerForgotten(session: AttachableSession, waiting: ClientLine): void {
  const { name } = session.home.session.stored!;
  session.renew(true);
  const s = session.home;
  const out = s.sink.reply(waiting.ticket, false, 'result');
  const mark = s.dialect.begin(out, idOf(s, waiting));
  s.dialect.forgotten(out, name);
  s.dialect.end(out, mark);
  s.sink.end();
}
