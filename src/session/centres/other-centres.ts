/**
 * Other centres: which connection carries a call, and how a call follows the server to another one (protocol: RPC errors; Data centres).
 * In: calls, migrate errors. Out: calls in the queue of the right connection; keys and authorizations made there.
 * Never: more than `MOST_HOPS` moves of one call, or an address that the main thread has not judged.
 */
import { answerError, refuse } from '../answers/answers.ts';
import type { Reader } from '../../bytes/reader.ts';
import { hangUp } from '../link/hang-up.ts';
import { ask } from '../delivery/own-calls.ts';
import type { Pending } from '../state/pending.ts';
import { refusal } from '../answers/refusals.ts';
import { endSent } from '../delivery/reissue.ts';
import type { RpcError } from '../answers/rpc-error.ts';
import { centreBeside, toldBy, type Server } from '../state/servers.ts';
import { ConnectionState, type Role } from '../state/state.ts';
import { dropTemporary } from '../link/temporary.ts';

const MOST_HOPS = 3;
/** Errors that move the account, and errors that move one call (protocol: RPC errors). */
const HOME_MOVES = new Set(['PHONE_MIGRATE', 'USER_MIGRATE', 'NETWORK_MIGRATE']);
const CALL_MOVES = new Set(['FILE_MIGRATE', 'STATS_MIGRATE']);
/** Why a call at another data centre could not be made. */
const NOT_KNOWN = 'the other data centre could not be told who this is';
/** The connection for a new call: files go beside the home connection, once that is ready. */
function carrierOf(home: ConnectionState, pending: Pending): ConnectionState {
  const isFile = home.env.calls.files.has(pending.method) && pending.ownInit === 0;
  if (!isFile || !home.isReady || home.session.initPrefix.length === 0) return home;
  return connectionTo(home, home.server, 'media');
}

/** Follows a migrate error, whatever code it comes with: 303, or 400 as for web files. @returns false if it is the client's to see */
export function follow(s: ConnectionState, pending: Pending, error: RpcError, now: number): boolean {
  if (error.number === undefined || pending.hops >= MOST_HOPS) return false;
  // The gateway's own questions are put to a data centre, not to an account.
  if (pending.ownCall !== undefined) return false;
  const movesHome = HOME_MOVES.has(error.type);
  if (!movesHome && !CALL_MOVES.has(error.type)) return false;
  // It must not move the account.
  if (movesHome && outermost(pending) === s.env.calls.businessConnection) return false;
  const home = s.session.home;
  if (error.number === s.server.dc) return false;
  s.pending.leave(pending);
  pending.hops++;
  const go = (server: Server): void => {
    if (movesHome) moveHome(home, pending, server);
    else sendAt(home, pending, server, now);
  };
  reach(home, error.number, pending, go, () => answerError(home, pending, error, error.fate), now);
  return true;
}

/**
 * The result of a login token's call: where its story goes on, if that is elsewhere (protocol: Login). The account moves
 * only when its client asks for that: with the next `auth.importLoginToken`.
 */
export function noteLoginToken(s: ConnectionState, pending: Pending, r: Reader): void {
  const { exportLoginToken, importLoginToken, loginTokenMigrateTo } = s.env.calls;
  if (pending.method !== exportLoginToken && pending.method !== importLoginToken) return;
  s.session.tokenDc = undefined;
  if (r.left < 8 || r.peekUint32() !== loginTokenMigrateTo) return;
  const start = r.pos;
  r.skip(4);
  // `auth.loginTokenMigrateTo dc_id:int token:bytes`.
  s.session.tokenDc = r.int32();
  r.pos = start;
}

/** A new call goes to the connection that carries it; a login token to the data centre that was named for it. */
export function dispatch(home: ConnectionState, pending: Pending, now: number): void {
  const { tokenDc } = home.session;
  if (tokenDc === undefined || pending.method !== home.env.calls.importLoginToken || tokenDc === home.server.dc)
    return carrierOf(home, pending).pending.add(pending);
  pending.hops++;
  const go = (server: Server): void => moveHome(home, pending, server);
  // Nobody knows where that is: the server here says what it thinks of the token.
  reach(home, tokenDc, pending, go, () => home.pending.add(pending), now);
}

/** Finds a data centre's address, asking for it if need be. */
function reach(
  home: ConnectionState,
  dc: number,
  pending: Pending,
  go: (server: Server) => void,
  giveUp: () => void,
  now: number,
): void {
  const known = serverOf(home, dc);
  if (known !== undefined) go(known);
  else learn(home, dc, pending, go, giveUp, now);
}

function outermost(pending: Pending): number {
  const { body } = pending;
  return (body[0]! | (body[1]! << 8) | (body[2]! << 16) | (body[3]! << 24)) >>> 0;
}

/** A data centre of the operator's list, or one the server told of. */
function serverOf({ env, session, server }: ConnectionState, dc: number): Server | undefined {
  return centreBeside(env.settings.dataCentres, session.learned, server, dc);
}

/** Asks `help.getConfig` for addresses; the call waits for it, no longer than it may. */
function learn(
  home: ConnectionState,
  dc: number,
  pending: Pending,
  go: (server: Server) => void,
  none: () => void,
  now: number,
): void {
  // WaitingLine, so that its time runs on.
  home.pending.addHeld(pending, Infinity);
  const giveUp = (): void => {
    if (home.pending.takeHeld(pending)) none();
  };
  ask(
    home,
    { _cons: 'help.getConfig' },
    {
      done(config) {
        home.session.learned = toldBy(config, home.server.test);
        const server = serverOf(home, dc);
        if (server === undefined) giveUp();
        else if (home.pending.takeHeld(pending)) go(server);
      },
      failed: giveUp,
    },
    now,
  );
}

/** The account lives elsewhere: the home connection goes there, with a key of that data centre. */
function moveHome(home: ConnectionState, pending: Pending, server: Server): void {
  const { session } = home;
  home.sink.log('home moved', { dc: server.dc });
  for (const other of session.others) closeFiles(home, other);
  endSent(home);
  if (home.link.stage !== 'down') hangUp(home);
  home.link.trouble = undefined;
  if (home.keys.permanent !== undefined) session.otherKeys.set(home.server.dc, home.keys.permanent);
  dropTemporary(home);
  home.server = server;
  home.takeKey(session.otherKeys.get(server.dc));
  session.otherKeys.delete(server.dc);
  home.pending.add(pending);
}

/** A connection for files of the old home: what waits there goes on at the new one. */
function closeFiles(home: ConnectionState, other: ConnectionState): void {
  if (other.role !== 'media') return;
  if (other.link.stage !== 'down') hangUp(other);
  for (const pending of other.pending.clear()) home.pending.add(pending);
  other.keys.forget();
}

/** One call at another data centre, where the account is known after an exported authorization. */
function sendAt(home: ConnectionState, pending: Pending, server: Server, now: number): void {
  const there = connectionTo(home, server, 'foreign');
  if (there.isAuthorised) {
    there.pending.add(pending);
    return;
  }
  there.pending.addHeld(pending, Infinity);
  if (!there.isAuthorising) authorise(home, there, now);
}

/** A foreign data centre has forgotten who this is: once more. @returns false if that was tried already */
export function authoriseAgain(s: ConnectionState, pending: Pending, now: number): boolean {
  if (s.role !== 'foreign' || pending.repeats > 0) return false;
  pending.repeats++;
  s.isAuthorised = false;
  s.pending.hold(pending, Infinity);
  if (!s.isAuthorising) authorise(s.session.home, s, now);
  return true;
}

/** `auth.exportAuthorization` at home, `auth.importAuthorization` there. */
function authorise(home: ConnectionState, there: ConnectionState, now: number): void {
  there.isAuthorising = true;
  const failed = (error: RpcError | undefined): void => endWaiting(there, error);
  const imported = {
    done(): void {
      there.isAuthorising = false;
      there.isAuthorised = true;
      there.pending.release(Infinity);
    },
    failed,
  };
  const exported = {
    done(result: Readonly<Record<string, unknown>>, at: number): void {
      const { id, bytes } = result;
      ask(there, { _cons: 'auth.importAuthorization', id, bytes }, imported, at);
    },
    failed,
  };
  ask(home, { _cons: 'auth.exportAuthorization', dc_id: there.server.dc }, exported, now);
}

/** No authorization there: the calls that wait for it end with the server's words. */
function endWaiting(there: ConnectionState, error: RpcError | undefined): void {
  there.isAuthorising = false;
  for (const pending of there.pending.clear()) {
    if (pending.ownCall !== undefined) continue;
    if (error === undefined) refuse(there, pending, refusal('NotConnected', { reason: NOT_KNOWN }));
    else answerError(there, pending, error, error.fate);
  }
}

/** The connection to a data centre that the session has a key of; undefined if nobody knows where that is. */
export function connectionAt(home: ConnectionState, dc: number): ConnectionState | undefined {
  const server = serverOf(home, dc);
  return server === undefined ? undefined : connectionTo(home, server, 'foreign');
}

/** The client's connection for a purpose, made when it is first needed. It dials when something waits in it. */
function connectionTo(home: ConnectionState, server: Server, role: Role): ConnectionState {
  const { others } = home.session;
  const found = others.find((other) => other.role === role && other.server.dc === server.dc);
  if (found !== undefined) {
    if (role === 'media' && found.keys.inForce !== home.keys.inForce) shareAgain(home, found);
    return found;
  }
  const made = new ConnectionState(home.env, home.sink, home.number, server, home.session, role, others.length + 1);
  if (role === 'media') shareKey(home, made);
  else made.takeKey(home.session.otherKeys.get(server.dc));
  others.push(made);
  return made;
}

/** The home connection has another key now: what waits goes on under that. */
function shareAgain(home: ConnectionState, media: ConnectionState): void {
  if (media.link.stage !== 'down') hangUp(media);
  media.pending.reissue(media.pending.sent());
  shareKey(home, media);
}

/** The same key, a session of its own (protocol: Delivery). It never makes or binds one. */
function shareKey(home: ConnectionState, media: ConnectionState): void {
  media.server = home.server;
  media.shareKey(home);
  media.ids.offset = home.ids.offset;
  media.salts.set(home.salts.low, home.salts.high, 0);
}
