/**
 * Requests: one client message, from its bytes to a place in the queue or an answer at once (wire: Requests and answers).
 * In: bytes of a line, its ticket. Out: `options`, `server`, `session` carried out in that order, the call encoded.
 * Never: dials or sends; the first thing that is wrong ends the line and nothing else happens.
 */
import { AuthKey } from '../../crypto/auth-key.ts';
import type { ClientRequest, OptionFields, Refusal, SessionFields } from '../../dialect/dialect.ts';
import { EncodeError, type EncodedCall } from '../../tl/codec.ts';
import { Crc, MAX_PAYLOAD } from '../../tl/service.ts';
import { answerError, beginLine, noteEnd, refuseTicket, Wants } from '../answers/answers.ts';
import { forget } from '../attach/forget.ts';
import { dispatch } from '../centres/dispatch.ts';
import { asksForCdn, cdnRefusal } from './cdn.ts';
import type { Wait } from '../state/floods.ts';
import { compileInit, INIT_PATH, lengthWithInit, ownInitLength } from '../delivery/init.ts';
import { AnswerBy, Pending } from '../state/pending.ts';
import { applyName, isTaken, persistHandedIn, releaseName, wait, waitForKey } from '../attach/attach.ts';
import { refusal, refusalOf, refusalOfClaim } from '../answers/refusals.ts';
import { applyServer } from './choose-server.ts';
import { listedServer } from '../state/servers.ts';
import type { ConnectionState } from '../state/state.ts';
import type { WaitingLine, Step } from '../state/waiting-lines.ts';
import { targetOf } from './target.ts';

/** Open requests of one session (threats: Bytes and lines). */
const MOST_OPEN = 1024;

/** Service calls whose answers do not come as rpc_result. */
const answeredPlain = new Map<number, AnswerBy>([
  [Crc.ping, AnswerBy.SERVICE],
  [Crc.pingDelayDisconnect, AnswerBy.SERVICE],
  [Crc.getFutureSalts, AnswerBy.SERVICE],
  [Crc.msgsStateReq, AnswerBy.SERVICE],
  [Crc.destroySession, AnswerBy.DESTROY],
]);

/** Takes one client message. @param mayExport it may be shown keys of kept sessions */
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
export function takeOn(s: ConnectionState, waiting: WaitingLine, done: Step, now: number): void {
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

function applyOptions(s: ConnectionState, fields: OptionFields): Refusal | undefined {
  if (fields.init) {
    try {
      s.session.initPrefix = compileInit(s.env, Buffer.from(fields.init).toString());
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
      const { path, msg, ...more } = refusalOf(error);
      // The gateway's own line around it is nobody's business.
      return {
        ...more,
        msg: msg.replaceAll(INIT_PATH, 'options.init'),
        path: path!.replace(INIT_PATH, 'options.init'),
      };
    }
    s.session.initText = fields.init;
    s.session.initIsOwn = false;
    s.isInitDone = false;
  } else if (fields.init === null) {
    s.session.initText = undefined;
    s.session.initPrefix = s.env.initPrefix;
  }
  if (fields.int64 !== undefined || fields.flags !== undefined) {
    const int64AsString = fields.int64 === undefined ? s.session.style.int64AsString : fields.int64 === 'string';
    const flagsAsBool = fields.flags === undefined ? s.session.style.flagsAsBool : fields.flags === 'bool';
    s.session.style = { int64AsString, flagsAsBool };
  }
  return undefined;
}

/** `session`. @param done the step a waiting line has had its answer to */
function takeSession(
  s: ConnectionState,
  ticket: number,
  mayExport: boolean,
  done: Step | undefined,
  now: number,
): Refusal | 'waits' | undefined {
  const fields = s.env.sessionFields;
  const refused = s.dialect.readSession(fields);
  if (refused !== undefined) return refused;
  const outcome = checkFit(s, fields, mayExport) ?? applySession(s, fields, ticket, done, now);
  fields.authKey?.fill(0);
  return outcome;
}

/** What can be said before anybody is asked. */
function checkFit(s: ConnectionState, fields: SessionFields, mayExport: boolean): Refusal | undefined {
  if (s.env.request.hasMessage && (fields.list || fields.forget !== undefined))
    return refusal('InvalidSession', { msg: 'list and forget go without a message', path: 'session' });
  // A session without a name is its client's own, and shown anyway.
  const isKept = fields.name !== undefined || s.session.stored !== undefined;
  return fields.export && isKept && !mayExport ? refusal('ExportNotAllowed', { path: 'session.export' }) : undefined;
}

/** `{}` reads; a key and a session id set, once, before the session has connected; a name is asked for. */
function applySession(
  s: ConnectionState,
  fields: SessionFields,
  ticket: number,
  done: Step | undefined,
  now: number,
): Refusal | 'waits' | undefined {
  if (fields.list) return wait(s, ticket, 'list');
  const name = fields.name ?? fields.forget;
  const waits = name === undefined ? undefined : applyName(s, fields, name, ticket);
  if (waits !== undefined) return waits;
  const { stored } = s.session;
  if (fields.forget !== undefined) return forget(s, stored!, ticket, done === undefined, now);
  if (fields.authKey !== undefined && done !== 'keep') return handIn(s, fields, ticket, now);
  if (s.keys.permanent !== undefined || stored !== undefined) return undefined;
  return done !== 'key' && s.pending.size > 0 ? waitForKey(s) : refusal('SessionNotFound');
}

/** A session from elsewhere; under a name it is kept before it is answered. */
function handIn(s: ConnectionState, fields: SessionFields, ticket: number, now: number): Refusal | 'waits' | undefined {
  const { stored } = s.session;
  const key = AuthKey.from(fields.authKey!);
  const refused = checkSession(s, fields, key);
  if (refused !== undefined) {
    key.wipe();
    if (stored !== undefined && !stored.isKept && !isTaken(s)) releaseName(s, stored.name);
    return refused;
  }
  s.takeKey(key);
  startSession(s, fields, now);
  s.session.isBare = false;
  return stored === undefined ? undefined : persistHandedIn(s, stored, fields, ticket);
}

function checkSession(s: ConnectionState, fields: SessionFields, key: AuthKey): Refusal | undefined {
  if (isTaken(s))
    return refusal('InvalidSession', {
      msg: 'this connection has a session already; use another connection',
      path: 'session',
    });
  if (fields.hasSessionId && fields.sessionLow === 0 && fields.sessionHigh === 0)
    return refusal('InvalidSession', { msg: 'session_id must not be 0', path: 'session' });
  const { dc = s.server.dc, test = s.server.test } = fields;
  const isElsewhere = dc !== s.server.dc || test !== s.server.test;
  const server = isElsewhere ? listedServer(s.env.settings.dataCentres, dc, test) : s.server;
  if (server === undefined)
    return refusal('InvalidSession', { msg: 'no data centre of this number is configured', path: 'session' });
  const fault = s.env.claims.claim(key.idLow, key.idHigh, s.number);
  if (fault !== undefined) return refusalOfClaim(fault, 'session');
  s.server = server;
  return undefined;
}

function startSession(s: ConnectionState, fields: SessionFields, now: number): void {
  s.renewSession(false);
  if (fields.hasSessionId) {
    s.sessionLow = fields.sessionLow;
    s.sessionHigh = fields.sessionHigh;
  }
  s.lastSeqNo = fields.lastSeqNo ?? 0;
  s.ids.continueAfter(s.lastSeqNo);
  if (fields.timeOffset !== undefined) s.ids.offset = fields.timeOffset * 1000;
  if (fields.hasSalt) s.salts.set(fields.saltLow, fields.saltHigh, s.serverSeconds(now));
}

/** Nothing to send: the answer is what is in force now. */
function answerAtOnce(s: ConnectionState, ticket: number, request: ClientRequest, mayExport: boolean): void {
  const wants = wantsOf(s, request, mayExport);
  const out = s.sink.reply(ticket, false, 'result');
  s.dialect.end(out, beginLine(s, out, request.id, wants));
  s.sink.end();
  noteEnd(s, ticket, 'result');
}

function wantsOf(s: ConnectionState, request: ClientRequest, mayExport: boolean): number {
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

/** Encodes the call and puts it at the end of the queue. */
function enqueue(
  s: ConnectionState,
  ticket: number,
  request: ClientRequest,
  now: number,
  mayExport: boolean,
): Refusal | undefined {
  if (s.isLost) return refusal('AuthKeyInvalid');
  if (s.session.isBare && s.keys.permanent === undefined)
    return refusal('SessionNotFound', { msg: 'the session of this connection was given up; name another' });
  if (s.pending.size >= MOST_OPEN)
    return refusal('Overloaded', {
      msg: 'too many requests of this session are open',
      limit: MOST_OPEN,
      retryAfter: 1,
    });
  const { dialect } = s;
  const { call, codec } = s.env;
  call.clear();
  let encoded: EncodedCall;
  try {
    encoded = dialect.encodeMessage(codec, call);
  } catch (error) {
    if (error instanceof EncodeError) return refusalOf(error);
    throw error;
  }
  const length = lengthWithInit(s, encoded, call.pos);
  if (length > MAX_PAYLOAD) return tooLarge(length);
  const pending = pendingOf(s, ticket, request, encoded, now, mayExport);
  if (asksForCdn(s, pending)) return cdnRefusal(encoded.depth);
  const wait = s.session.floods.before(pending, now, (one) => targetOf(s.env, one));
  if (wait === undefined) dispatch(s, pending, now);
  else if (wait.until < pending.deadline) s.pending.addHeld(pending, wait.until);
  else answerFlood(s, pending, wait, now);
  return undefined;
}

/** The message alone is not too long: the codec would have said so. */
function tooLarge(length: number): Refusal {
  return refusal('MessageTooLarge', {
    msg: `message: over ${MAX_PAYLOAD} bytes with the initConnection that goes before it`,
    path: 'message',
    got: length,
    limit: MAX_PAYLOAD,
  });
}

/**
 * A request that was taken before its lane's thread was lost, from its line: what it asked for beside its message was
 * carried out then. @returns undefined for a line that cannot be one
 */
export function readAgain(
  s: ConnectionState,
  ticket: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  deadline: number,
  mayExport: boolean,
): Pending | undefined {
  const { dialect } = s;
  const { call, codec, request } = s.env;
  if (dialect.read(bytes, start, end, request) !== undefined || !request.hasMessage) return undefined;
  call.clear();
  const encoded = dialect.encodeMessage(codec, call);
  return pendingOf(s, ticket, request, encoded, deadline - request.timeout, mayExport);
}

/** The server's own words for a wait that is known to last longer than the request; it was not asked again. */
function answerFlood(s: ConnectionState, pending: Pending, { until, type }: Wait, now: number): void {
  const seconds = Math.ceil((until - now) / 1000);
  const text = Buffer.from(`${type}_${seconds}`);
  answerError(
    s,
    pending,
    { code: 420, text, label: type },
    { retryable: true, delivered: 'no', retryAfter: seconds, isLocal: true },
  );
}

function pendingOf(
  s: ConnectionState,
  ticket: number,
  request: ClientRequest,
  encoded: EncodedCall,
  now: number,
  mayExport: boolean,
): Pending {
  const { call } = s.env;
  return new Pending({
    ticket,
    id: Buffer.from(request.id),
    body: Buffer.from(call.written()),
    result: encoded.result,
    answerBy: encoded.depth === 1 ? (answeredPlain.get(encoded.crcs[0]!) ?? AnswerBy.RPC) : AnswerBy.RPC,
    deadline: now + request.timeout,
    method: encoded.crcs[encoded.depth - 1]!,
    wants: wantsOf(s, request, mayExport),
    ownInit: ownInitLength(encoded),
    innerAt: encoded.offsets[encoded.depth - 1]! - encoded.offsets[0]!,
    seqNoGiven: request.seqNo,
  });
}
