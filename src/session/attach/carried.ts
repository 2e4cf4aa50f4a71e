/**
 * Carried: what a client has set before it named a session, and takes with it there: `options.init` and `server`.
 * In: the state it leaves; the bytes of the record that brings it. Out: JSON text; the settings in force, also where it was before
 * if it is not let in. Never: looked into on the way.
 */
import type { Refusal } from '../../dialect/dialect.ts';
import { applyInit } from './bound-init.ts';
import type { Server } from '../state/servers.ts';
import type { AttachmentState } from '../state/attachment.ts';
import type { ConnectionState } from '../state/state.ts';
import { isTaken } from './taken.ts';

interface Carried {
  readonly init?: string | undefined;
  readonly server?: Server | undefined;
}

const NOTHING = new Uint8Array(0);

/** What goes with a client that leaves a session of its own, as bytes; empty if it has set nothing. */
export function carriedBy({ env, session, server }: ConnectionState): Uint8Array {
  if (session.name !== undefined) return NOTHING;
  const { home } = env.settings;
  const isHome = server.namedBy === 'operator' && server.dc === home.id && server.test === home.test;
  if (session.initText === undefined && isHome) return NOTHING;
  const init = session.initText === undefined ? undefined : Buffer.from(session.initText).toString();
  const carried: Carried = { init, server: isHome ? undefined : server };
  return Buffer.from(JSON.stringify(carried));
}

/** Sets in a session what a client brings, once; a server only where nothing was begun. @returns why its `init` does not fit */
export function bring(s: ConnectionState, to: AttachmentState): Refusal | undefined {
  const bytes = to.brought;
  if (bytes.length === 0) return undefined;
  to.brought = NOTHING;
  const { init, server } = JSON.parse(Buffer.from(bytes).toString()) as Carried;
  // Once: in another thread it would be brought again, over what the client has set since.
  if (s.session.name === undefined) s.sink.speaks(to.number, to.manner);
  if (server !== undefined && !isTaken(s) && s.session.stored?.hasRecord !== true) s.server = server;
  return init === undefined ? undefined : applyInit(s, to, Buffer.from(init));
}
