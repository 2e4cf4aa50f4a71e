/**
 * Take session: `session` of a request: a session is named, handed in, listed, shown or forgotten (wire: Requests and answers).
 * In: the fields of one line. Out: the session set, or asked for by its name, or why not; a key that was handed in is zeroed.
 * Never: a second session on a connection that has one.
 */
import { AuthKey } from '../../crypto/auth-key.ts';
import type { Refusal, SessionFields } from '../../dialect/dialect.ts';
import { refusal, refusalOfClaim } from '../answers/refusals.ts';
import { applyName, isTaken, storeHandedIn, releaseName, wait, waitForKey } from '../attach/attach.ts';
import { forget } from '../attach/forget.ts';
import { listedServer } from '../state/servers.ts';
import type { ClientLine } from '../state/client-line.ts';
import type { ConnectionState } from '../state/state.ts';
import type { NameStep } from '../state/waiting-lines.ts';

/** Carries out `session` of the line that was read last. @param done the step a waiting line has had its answer to */
export function takeSession(
  s: ConnectionState,
  { ticket, mayExport }: ClientLine,
  done: NameStep | undefined,
  now: number,
): Refusal | 'waits' | undefined {
  const fields = s.env.sessionFields;
  const refused = s.dialect.readSession(fields);
  if (refused !== undefined) return refused;
  const outcome = checkFit(s, fields, mayExport) ?? applySession(s, fields, ticket, done, now);
  fields.authKey?.fill(0);
  return outcome;
}

/** Refuses what is wrong in itself, before the main thread is asked. */
function checkFit(s: ConnectionState, fields: SessionFields, mayExport: boolean): Refusal | undefined {
  if (s.env.request.hasMessage && (fields.list || fields.forget !== undefined))
    return refusal('InvalidSession', { msg: 'list and forget go without a message', path: 'session' });
  // A session without a name is its client's own, and shown anyway.
  const hasName = fields.name !== undefined || s.session.stored !== undefined;
  return fields.export && hasName && !mayExport ? refusal('ExportNotAllowed', { path: 'session.export' }) : undefined;
}

/** `{}` reads; a key and a session id set, once, before the session has connected; a name is asked for. */
function applySession(
  s: ConnectionState,
  fields: SessionFields,
  ticket: number,
  done: NameStep | undefined,
  now: number,
): Refusal | 'waits' | undefined {
  if (fields.list) return wait(s, ticket, 'list');
  const name = fields.name ?? fields.forget;
  const waits = name === undefined ? undefined : applyName(s, fields, name, ticket);
  if (waits !== undefined) return waits;
  const { stored } = s.session;
  if (fields.forget !== undefined) return forget(s, stored!, ticket, done === undefined, now);
  if (fields.authKey !== undefined && done !== 'store') return handIn(s, fields, ticket, now);
  if (s.keys.permanent !== undefined || stored !== undefined) return undefined;
  return done !== 'key' && s.pending.size > 0 ? waitForKey(s) : refusal('SessionNotFound');
}

/** Takes a session that the client hands in; one with a name is stored before the line is answered. */
function handIn(s: ConnectionState, fields: SessionFields, ticket: number, now: number): Refusal | 'waits' | undefined {
  const { stored } = s.session;
  const key = AuthKey.from(fields.authKey!);
  const refused = checkSession(s, fields, key);
  if (refused !== undefined) {
    key.wipe();
    if (stored !== undefined && !stored.hasRecord && !isTaken(s)) releaseName(s, stored.name);
    return refused;
  }
  s.takeKey(key);
  startSession(s, fields, now);
  s.session.isBare = false;
  return stored === undefined ? undefined : storeHandedIn(s, stored, fields, ticket);
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
