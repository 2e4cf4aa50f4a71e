/**
 * Connections: the connections a session has beside its home one: for files, and for other data centres (protocol: Data centres).
 * In: what a connection is for, its server. Out: the one there is, or a new one that shares what it must.
 * Never: dials (a connection dials when something waits in it), or more than one for a purpose and a data centre.
 */
import { hangUp } from '../link/hang-up.ts';
import { centreBeside, type Server } from '../state/servers.ts';
import { ConnectionState, type Role } from '../state/state.ts';

/** The address of a data centre: one of the operator's list, or one the server told of. */
export function serverOf({ env, session, server }: ConnectionState, dc: number): Server | undefined {
  return centreBeside(env.settings.dataCentres, session.toldCentres, server, dc);
}

/** The connection to a data centre that the session has a key of; undefined if nobody knows where that is. */
export function connectionAt(home: ConnectionState, dc: number): ConnectionState | undefined {
  const server = serverOf(home, dc);
  return server === undefined ? undefined : connectionTo(home, server, 'foreign');
}

/** The client's connection for a purpose, made when it is first needed. It dials when something waits in it. */
export function connectionTo(home: ConnectionState, server: Server, role: Role): ConnectionState {
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
