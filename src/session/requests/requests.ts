/**
 * Requests: one client message, from its bytes to a place in the queue or an answer at once (wire: Requests and answers).
 * In: bytes of a line, its ticket. Out: `options`, `server`, `session` carried out in that order, the call encoded.
 * Never: dials or sends; the first thing that is wrong ends the line and nothing else happens.
 */
import { AuthKey } from '../../crypto/auth-key.ts';
import type { ClientRequest, OptionsWish, Refusal, SessionWish } from '../../dialect/dialect.ts';
import { EncodeError, type EncodedCall } from '../../tl/codec.ts';
import { Crc, MAX_PAYLOAD } from '../../tl/service.ts';
import { answerError, beginLine, noteEnd, refuseTicket, Wants } from '../answers/answers.ts';
import { forget } from '../naming/forgetting.ts';
import { dispatch } from '../centres/other-centres.ts';
import { asksForCdn, cdnRefusal } from './cdn.ts';
import type { Wait } from '../state/floods.ts';
import { compileInit, INIT_PATH, lengthWithInit, ownInitLength } from '../delivery/init.ts';
import { AnswerBy, Pending } from '../state/pending.ts';
import { applyName, isTaken, keepHandedIn, releaseName, wait, waitForKey } from '../naming/naming.ts';
import { refusal, refusalOf, refusalOfClaim } from '../answers/refusals.ts';
import { applyServer } from './server-wish.ts';
import { listedServer } from '../state/servers.ts';
import type { State } from '../state/state.ts';
import type { Held, Step } from '../state/waiting.ts';
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
  s: State,
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
  s.shared.pieces?.end();
  let refused = takeOptionsAndServer(s);
  if (refused === undefined && request.hasSession) {
    const outcome = takeSession(s, ticket, mayExport, undefined, now);
    if (outcome === 'waits') {
      s.shared.waiting.first = { ticket, line: bytes.slice(start, end), mayExport };
      return;
    }
    refused = outcome;
  }
  if (refused !== undefined) return refuseTicket(s, ticket, request.id, refused, false);
  takeMessage(s, ticket, mayExport, now);
}

/** One that goes on where another was broken off gets an answer of no bytes: the client has heard of that one. */
function refuseBroken(s: State, ticket: number, broken: Refusal, bytes: Uint8Array, start: number, end: number): void {
  const { request } = s.env;
  if (s.shared.pieces?.goesOn(broken, bytes, start, end) !== true)
    return refuseTicket(s, ticket, request.id, broken, request.isUnreadable);
  s.sink.reply(ticket, true, broken.error);
  s.sink.end();
}

/** A line that has waited goes on behind the step that was answered; it may have to wait again. */
export function takeOn(s: State, held: Held, done: Step, now: number): void {
  const { ticket, line, mayExport } = held;
  const { request } = s.env;
  s.dialect.read(line, 0, line.length, request);
  const outcome = takeSession(s, ticket, mayExport, done, now);
  if (outcome === 'waits') s.shared.waiting.first = held;
  else if (outcome !== undefined) refuseTicket(s, ticket, request.id, outcome, false);
  else takeMessage(s, ticket, mayExport, now);
}

function takeMessage(s: State, ticket: number, mayExport: boolean, now: number): void {
  const { request } = s.env;
  if (!request.hasMessage) return answerAtOnce(s, ticket, request, mayExport);
  const refused = enqueue(s, ticket, request, now, mayExport);
  if (refused !== undefined) refuseTicket(s, ticket, request.id, refused, false);
}

function takeOptionsAndServer(s: State): Refusal | undefined {
  const { dialect } = s;
  const { request, optionsWish, serverWish } = s.env;
  if (request.hasOptions) {
    const refused = dialect.readOptions(optionsWish) ?? applyOptions(s, optionsWish);
    if (refused !== undefined) return refused;
  }
  return request.hasServer ? (dialect.readServer(serverWish) ?? applyServer(s, serverWish)) : undefined;
}

function applyOptions(s: State, wish: OptionsWish): Refusal | undefined {
  if (wish.init) {
    try {
      s.shared.initPrefix = compileInit(s.env, Buffer.from(wish.init).toString());
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
    s.shared.initText = wish.init;
    s.shared.initIsOwn = false;
    s.initDone = false;
  } else if (wish.init === null) {
    s.shared.initText = undefined;
    s.shared.initPrefix = s.env.initPrefix;
  }
  if (wish.int64 !== undefined || wish.flags !== undefined) {
    const int64AsString = wish.int64 === undefined ? s.shared.style.int64AsString : wish.int64 === 'string';
    const flagsAsBool = wish.flags === undefined ? s.shared.style.flagsAsBool : wish.flags === 'bool';
    s.shared.style = { int64AsString, flagsAsBool };
  }
  return undefined;
}

/** `session`. @param done the step a waiting line has had its answer to */
function takeSession(
  s: State,
  ticket: number,
  mayExport: boolean,
  done: Step | undefined,
  now: number,
): Refusal | 'waits' | undefined {
  const wish = s.env.sessionWish;
  const refused = s.dialect.readSession(wish);
  if (refused !== undefined) return refused;
  const outcome = checkFit(s, wish, mayExport) ?? applySession(s, wish, ticket, done, now);
  wish.authKey?.fill(0);
  return outcome;
}

/** What can be said before anybody is asked. */
function checkFit(s: State, wish: SessionWish, mayExport: boolean): Refusal | undefined {
  if (s.env.request.hasMessage && (wish.list || wish.forget !== undefined))
    return refusal('InvalidSession', { msg: 'list and forget go without a message', path: 'session' });
  // A session without a name is its client's own, and shown anyway.
  const isKept = wish.name !== undefined || s.shared.named !== undefined;
  return wish.export && isKept && !mayExport ? refusal('ExportNotAllowed', { path: 'session.export' }) : undefined;
}

/** `{}` reads; a key and a session id set, once, before the session has connected; a name is asked for. */
function applySession(
  s: State,
  wish: SessionWish,
  ticket: number,
  done: Step | undefined,
  now: number,
): Refusal | 'waits' | undefined {
  if (wish.list) return wait(s, ticket, 'list');
  const name = wish.name ?? wish.forget;
  const waits = name === undefined ? undefined : applyName(s, wish, name, ticket);
  if (waits !== undefined) return waits;
  const { named } = s.shared;
  if (wish.forget !== undefined) return forget(s, named!, ticket, done === undefined, now);
  if (wish.authKey !== undefined && done !== 'keep') return handIn(s, wish, ticket, now);
  if (s.keys.permanent !== undefined || named !== undefined) return undefined;
  return done !== 'key' && s.pending.size > 0 ? waitForKey(s) : refusal('SessionNotFound');
}

/** A session from elsewhere; under a name it is kept before it is answered. */
function handIn(s: State, wish: SessionWish, ticket: number, now: number): Refusal | 'waits' | undefined {
  const { named } = s.shared;
  const key = AuthKey.from(wish.authKey!);
  const refused = checkSession(s, wish, key);
  if (refused !== undefined) {
    key.wipe();
    if (named !== undefined && !named.isKept && !isTaken(s)) releaseName(s, named.name);
    return refused;
  }
  s.takeKey(key);
  startSession(s, wish, now);
  s.shared.isBare = false;
  return named === undefined ? undefined : keepHandedIn(s, named, wish, ticket);
}

function checkSession(s: State, wish: SessionWish, key: AuthKey): Refusal | undefined {
  if (isTaken(s))
    return refusal('InvalidSession', {
      msg: 'this connection has a session already; use another connection',
      path: 'session',
    });
  if (wish.hasSessionId && wish.sessionLow === 0 && wish.sessionHigh === 0)
    return refusal('InvalidSession', { msg: 'session_id must not be 0', path: 'session' });
  const { dc = s.server.dc, test = s.server.test } = wish;
  const isElsewhere = dc !== s.server.dc || test !== s.server.test;
  const server = isElsewhere ? listedServer(s.env.settings.dataCentres, dc, test) : s.server;
  if (server === undefined)
    return refusal('InvalidSession', { msg: 'no data centre of this number is configured', path: 'session' });
  const fault = s.env.claims.claim(key.idLow, key.idHigh, s.number);
  if (fault !== undefined) return refusalOfClaim(fault, 'session');
  s.server = server;
  return undefined;
}

function startSession(s: State, wish: SessionWish, now: number): void {
  s.renewSession(false);
  if (wish.hasSessionId) {
    s.sessionLow = wish.sessionLow;
    s.sessionHigh = wish.sessionHigh;
  }
  s.lastSeqNo = wish.lastSeqNo ?? 0;
  s.ids.continueAfter(s.lastSeqNo);
  if (wish.timeOffset !== undefined) s.ids.offset = wish.timeOffset * 1000;
  if (wish.hasSalt) s.salts.set(wish.saltLow, wish.saltHigh, s.serverSeconds(now));
}

/** Nothing to send: the answer is what is in force now. */
function answerAtOnce(s: State, ticket: number, request: ClientRequest, mayExport: boolean): void {
  const wants = wantsOf(s, request, mayExport);
  const out = s.sink.reply(ticket, false, 'result');
  s.dialect.end(out, beginLine(s, out, request.id, wants));
  s.sink.end();
  noteEnd(s, ticket, 'result');
}

function wantsOf(s: State, request: ClientRequest, mayExport: boolean): number {
  return (
    (request.hasOptions ? Wants.OPTIONS : 0) |
    (request.hasServer ? Wants.SERVER : 0) |
    (request.hasSession ? Wants.SESSION : 0) |
    (request.hasSession && mayExport && wantsExport(s) ? Wants.EXPORT : 0)
  );
}

function wantsExport({ dialect, env: { sessionWish } }: State): boolean {
  dialect.readSession(sessionWish);
  sessionWish.authKey?.fill(0);
  return sessionWish.export;
}

/** Encodes the call and puts it at the end of the queue. */
function enqueue(
  s: State,
  ticket: number,
  request: ClientRequest,
  now: number,
  mayExport: boolean,
): Refusal | undefined {
  if (s.lost) return refusal('AuthKeyInvalid');
  if (s.shared.isBare && s.keys.permanent === undefined)
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
  const wait = s.shared.floods.before(pending, now, (one) => targetOf(s.env, one));
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
  s: State,
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
function answerFlood(s: State, pending: Pending, { until, type }: Wait, now: number): void {
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
  s: State,
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
