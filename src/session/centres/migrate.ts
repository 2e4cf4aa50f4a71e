/**
 * Migrate: how a call follows the server to another data centre, alone or with the account (protocol: RPC errors; Data centres).
 * In: calls, migrate errors. Out: the call in the queue of the right connection; the home connection moved.
 * Never: more than `MOST_HOPS` moves of one call, or an address that the main thread has not judged.
 */
import { answerError } from '../answers/answers.ts';
import type { RpcError } from '../state/rpc-error.ts';
import { callOwn } from '../delivery/own-calls.ts';
import { endSent } from '../delivery/reissue.ts';
import { hangUp } from '../link/hang-up.ts';
import { dropTemporary } from '../link/temporary.ts';
import type { Pending } from '../state/pending.ts';
import { toldBy, type Server } from '../state/servers.ts';
import type { ConnectionState } from '../state/state.ts';
import { sendAuthorised } from './authorise.ts';
import { connectionTo, serverOf } from './connections.ts';

/** Moves to another data centre that one call may make. */
const MOST_HOPS = 3;
/** Errors that move the account, and errors that move one call (protocol: RPC errors). */
const HOME_MOVES = new Set(['PHONE_MIGRATE', 'USER_MIGRATE', 'NETWORK_MIGRATE']);
const CALL_MOVES = new Set(['FILE_MIGRATE', 'STATS_MIGRATE']);

/** Follows a migrate error, whatever code it comes with: 303, or 400 as for web files. @returns false if it is the client's to see */
export function follow(s: ConnectionState, pending: Pending, error: RpcError, now: number): boolean {
  if (error.number === undefined || pending.hops >= MOST_HOPS) return false;
  // The gateway's own calls are put to a data centre, not to an account.
  if (pending.ownCall !== undefined) return false;
  const movesHome = HOME_MOVES.has(error.type);
  if (!movesHome && !CALL_MOVES.has(error.type)) return false;
  // A call for a business connection must not move the account of the bot that makes it.
  if (movesHome && outermost(pending) === s.env.calls.businessConnection) return false;
  const home = s.session.home;
  if (error.number === s.server.dc) return false;
  s.pending.leave(pending);
  pending.hops++;
  const go = (server: Server): void => {
    if (movesHome) moveHome(home, pending, server);
    else sendAuthorised(home, connectionTo(home, server, 'foreign'), pending, now);
  };
  reach(home, error.number, pending, go, () => answerError(home, pending, error, error.fate), now);
  return true;
}

/** Finds a data centre's address, asking for it if need be. */
export function reach(
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

/** The constructor number of the outermost function of a call. */
function outermost(pending: Pending): number {
  const { body } = pending;
  return (body[0]! | (body[1]! << 8) | (body[2]! << 16) | (body[3]! << 24)) >>> 0;
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
  // Delayed, not queued: its deadline goes on, and nothing sends it.
  home.pending.addDelayed(pending, Infinity);
  const giveUp = (): void => {
    if (home.pending.takeDelayed(pending)) none();
  };
  callOwn(
    home,
    { _cons: 'help.getConfig' },
    {
      done(config) {
        home.session.toldCentres = toldBy(config, home.server.test);
        const server = serverOf(home, dc);
        if (server === undefined) giveUp();
        else if (home.pending.takeDelayed(pending)) go(server);
      },
      failed: giveUp,
    },
    now,
  );
}

/** The account lives elsewhere: the home connection goes there, with a key of that data centre. */
export function moveHome(home: ConnectionState, pending: Pending, server: Server): void {
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
