/**
 * Take session: `session` of a request: a session is named, handed in, listed, shown, left or forgotten (wire: Requests and answers).
 * In: the fields of one line. Out: the session set, or the line on its way to another, or why not; a key that was handed in is zeroed.
 * Never: a second session on a connection that has one of its own.
 */
import { AuthKey } from '../../crypto/auth-key.ts';
import type { Refusal, SessionFields } from '../../dialect/dialect.ts';
import { refusal, refusalOfClaim, refusalOfGivenUp } from '../answers/refusals.ts';
import { haveAlone, refusalOfOthers } from '../attach/alone.ts';
import { bring } from '../attach/carried.ts';
import { forget } from '../attach/forget.ts';
import { move } from '../attach/move.ts';
import { storeHandedIn } from '../attach/attach.ts';
import { isTaken } from '../attach/taken.ts';
import { waitFor } from '../attach/waiting.ts';
import { listedServer } from '../state/servers.ts';
import type { ClientLine } from '../state/attachment.ts';
import type { ConnectionState } from '../state/state.ts';
import type { WaitingStep } from '../state/waiting-lines.ts';
import { takeResidence } from './residence.ts';

/** What came of `session`: it waits, it runs elsewhere, it is refused, or undefined: the line goes on. */
type Outcome = Refusal | 'waits' | 'moves' | undefined;

/** Carries out `session` of the line that was read last. @param done the step a waiting line has had its answer to */
export function takeSession(s: ConnectionState, line: ClientLine, done: WaitingStep | undefined, now: number): Outcome {
  const fields = s.env.sessionFields;
  const refused = line.attachment.dialect.readSession(fields);
  if (refused !== undefined) return refused;
  const outcome = checkFit(s, fields, line) ?? applySession(s, fields, line, done, now);
  fields.authKey?.fill(0);
  return outcome;
}

/** Refuses what is wrong in itself, before anybody is asked. */
function checkFit(s: ConnectionState, fields: SessionFields, line: ClientLine): Refusal | undefined {
  const { hasMessage, as } = s.env.request;
  const names = fields.name !== undefined || fields.forget !== undefined || fields.detach || fields.list;
  if (as !== undefined && (names || fields.authKey !== undefined))
    return refusal('InvalidSession', {
      msg: 'a line with as has its session already: beside it session says existing or export at most',
      path: 'session',
    });
  if (hasMessage && (fields.list || fields.forget !== undefined))
    return refusal('InvalidSession', { msg: 'list and forget go without a message', path: 'session' });
  if (fields.existing && fields.name === undefined && as === undefined)
    return refusal('InvalidSession', { msg: 'session.existing: goes with name', path: 'session.existing' });
  // It would be held for as long as a pool keeps the connection, and nobody could say when that is.
  if (fields.exclusive && line.attachment.isStateless)
    return refusal('InvalidSession', { msg: NOT_ALONE, path: 'session.exclusive' });
  // A session without a name is its client's own, and shown anyway.
  const hasName = fields.name !== undefined || s.session.stored !== undefined;
  return fields.export && hasName && !line.mayExport
    ? refusal('ExportNotAllowed', { path: 'session.export' })
    : undefined;
}

const NOT_ALONE = 'over HTTP no session is held behind the answer; have it alone by a connection of lines or msgpack';

/** `{}` reads; a key and a session id set, once, before the session has connected; a name is asked for, or left. */
function applySession(
  s: ConnectionState,
  fields: SessionFields,
  line: ClientLine,
  done: WaitingStep | undefined,
  now: number,
): Outcome {
  const { attachment: to, ticket } = line;
  if (fields.list) return askForList(s, line);
  if (fields.detach) return leave(s, line);
  const name = fields.name ?? fields.forget;
  if (name !== undefined && name !== s.session.name) return speakAs(s, fields, name, line);
  const { refused, stored } = s.session;
  const isForgettable = fields.forget !== undefined && stored !== undefined;
  if (refused !== undefined && !isForgettable)
    return isLetGo(s, fields) ? takeResidence(s, line, false, done) : refused;
  if (stored !== undefined) {
    const outcome = checkStored(s, fields, line, done, now);
    if (outcome !== undefined) return outcome;
  }
  if (fields.forget !== undefined) return forget(s, stored!, line, now);
  if (fields.authKey !== undefined && done !== 'store') return handIn(s, fields, ticket, line, now);
  if (s.keys.permanent !== undefined || stored !== undefined) return undefined;
  if (s.session.isBare) return refusalOfGivenUp();
  return done !== 'key' && s.pending.size > 0 ? waitFor(to, 'key') : refusal('SessionNotFound');
}

/** Whether the client may have this stored session as it asks for it. */
function checkStored(
  s: ConnectionState,
  fields: SessionFields,
  line: ClientLine,
  done: WaitingStep | undefined,
  now: number,
): Refusal | 'waits' | undefined {
  const { attachment: to } = line;
  const { hasRecord } = s.session.stored!;
  if (fields.existing && !hasRecord) return refusal('SessionNotFound', { msg: NO_RECORD, path: 'session.name' });
  const refused = refusalOfOthers(s, to, fields);
  if (refused !== undefined) return refused;
  // Others may have come while it waited for some to leave: it is asked anew each time.
  const outcome = fields.exclusive || fields.takeover ? haveAlone(s, to, fields, now) : undefined;
  if (outcome !== undefined) return outcome;
  const unfit = bring(s, to);
  if (unfit !== undefined || fields.resident === undefined) return unfit;
  return takeResidence(s, line, fields.resident, done);
}

/** Whether all that is wanted of a session whose account is lost is that it is no resident any more. */
function isLetGo({ session, env }: ConnectionState, fields: SessionFields): boolean {
  const wantsMore = env.request.hasMessage || fields.exclusive || fields.export || fields.authKey !== undefined;
  return session.stored !== undefined && fields.resident === false && !wantsMore;
}

const NO_RECORD = 'nothing is kept under this name, and existing begins nothing: sign in under it first';

function askForList(s: ConnectionState, { attachment: to, ticket }: ClientLine): 'waits' {
  s.sink.list(to.number, ticket);
  return waitFor(to, 'list');
}

const ENDS_ALONE = 'over HTTP a session without a name ends with its connection; close that, or name a session';

/** `detach`: whoever speaks in no session yet does so already. */
function leave(s: ConnectionState, line: ClientLine): Refusal | 'moves' | undefined {
  if (s.session.name === undefined && !isTaken(s)) return undefined;
  // It is where all lines go that name none: the next one would come to it again.
  if (line.attachment.isStateless) return refusal('InvalidSession', { msg: ENDS_ALONE, path: 'session.detach' });
  move(s, line, 'detach', '');
  return 'moves';
}

const HAS_OWN = 'this connection has a session of its own already; use another connection, or detach first';

/** The line, and the connection with it, goes to the session of another name. */
function speakAs(s: ConnectionState, fields: SessionFields, name: string, line: ClientLine): Refusal | 'moves' {
  if (s.session.name === undefined && isTaken(s) && !line.attachment.isStateless)
    return refusal('InvalidSession', { msg: HAS_OWN, path: 'session.name' });
  move(s, line, fields.takeover ? 'takeover' : 'speak', name);
  return 'moves';
}

/** Takes a session that the client hands in; one with a name is stored before the line is answered. */
function handIn(
  s: ConnectionState,
  fields: SessionFields,
  ticket: number,
  { attachment: to }: ClientLine,
  now: number,
): Refusal | 'waits' | undefined {
  const { stored } = s.session;
  if (stored?.hasRecord === true)
    return refusal('InvalidSession', { msg: 'something is kept under this name already', path: 'session' });
  const key = AuthKey.from(fields.authKey!);
  const refused = checkSession(s, fields, key);
  if (refused !== undefined) {
    key.wipe();
    return refused;
  }
  s.takeKey(key);
  startSession(s, fields, now);
  if (stored === undefined) return undefined;
  storeHandedIn(s, stored, fields, ticket);
  return waitFor(to, 'store');
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
