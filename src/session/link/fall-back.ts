/**
 * Fall-back: what becomes of forward secrecy when no temporary key can be had or bound (protocol: Forward secrecy).
 * In: a failure, the time. Out: the session under its permanent key for a while, where the operator allows that.
 * Never: ends a connection; a message under the permanent key with `--pfs always`.
 */
import { endSent } from '../delivery/reissue.ts';
import type { ConnectionState } from '../state/state.ts';
import { dropTemporary, MOST_FAILURES, MOST_LOST, PAUSE_MS, UNKNOWN_PAUSE_MS } from './temporary.ts';

/**
 * A temporary key could not be had or bound: it is tried again. After `MOST_FAILURES`, or where the server does not know
 * the call (`isImpossible`), the session goes on under its permanent key for a while, unless `--pfs always`.
 */
export function fallBack(s: ConnectionState, isImpossible: boolean, now: number): void {
  dropTemporary(s);
  const isOptional = s.env.settings.forwardSecrecy === 'made';
  if (isOptional && (isImpossible || s.keys.failed() >= MOST_FAILURES)) {
    goOnWithoutTemporary(s, now + (isImpossible ? UNKNOWN_PAUSE_MS : PAUSE_MS));
  }
}

/** Counts a connection that ended in the exchange of a temporary key; after `MOST_LOST` the session goes on without for a while. */
export function noteLostExchange(s: ConnectionState, now: number): void {
  if (s.link.handshake?.expiresIn === undefined || s.keys.failed() < MOST_LOST) return;
  if (s.env.settings.forwardSecrecy === 'made') goOnWithoutTemporary(s, now + PAUSE_MS);
}

/** Goes on under the permanent key. @param until when temporary keys are tried again, Unix ms */
function goOnWithoutTemporary(s: ConnectionState, until: number): void {
  s.sink.log('no temporary key', { dc: s.server.dc });
  s.keys.usePermanent(until);
  endSent(s);
  s.renewSession(false);
}
