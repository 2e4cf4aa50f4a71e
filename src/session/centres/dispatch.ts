/**
 * Dispatch: which connection carries a new call: home, files, or the data centre that a login token names (protocol: Data centres; Login).
 * In: a client's call. Out: the call in a queue. Never: a connection dialled; that follows from what waits in it.
 */
import type { Reader } from '../../bytes/reader.ts';
import type { Pending } from '../state/pending.ts';
import type { Server } from '../state/servers.ts';
import type { ConnectionState } from '../state/state.ts';
import { connectionTo } from './connections.ts';
import { moveHome, reach } from './migrate.ts';

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

/** The connection for a new call: files go beside the home connection, once that is ready. */
function carrierOf(home: ConnectionState, pending: Pending): ConnectionState {
  const isFile = home.env.calls.files.has(pending.method) && pending.clientInitLength === 0;
  if (!isFile || !home.isReady || home.session.initPrefix.length === 0) return home;
  return connectionTo(home, home.server, 'media');
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
