/**
 * Authorise: makes the account known at another data centre, by an authorization exported at home (protocol: Data centres).
 * In: a call that needs it there. Out: the calls that wait there go, or end with the server's words.
 * Never: a second exchange while one is under way; more than one further try for a call.
 */
import { answerError, refuse } from '../answers/answers.ts';
import { refusal } from '../answers/refusals.ts';
import type { RpcError } from '../state/rpc-error.ts';
import { callOwn } from '../delivery/own-calls.ts';
import type { Pending } from '../state/pending.ts';
import type { ConnectionState } from '../state/state.ts';

/** Why a call at another data centre could not be made. */
const NOT_KNOWN = 'the other data centre could not be told who this is';

/** Puts one call into a connection to another data centre; it goes once the account is known there. */
export function sendAuthorised(home: ConnectionState, there: ConnectionState, pending: Pending, now: number): void {
  if (there.isAuthorised) {
    there.pending.add(pending);
    return;
  }
  there.pending.addDelayed(pending, Infinity);
  if (!there.isAuthorising) authorise(home, there, now);
}

/** A foreign data centre has forgotten who this is: once more. @returns false if that was tried already */
export function authoriseAgain(s: ConnectionState, pending: Pending, now: number): boolean {
  if (s.role !== 'foreign' || pending.retries > 0) return false;
  pending.retries++;
  s.isAuthorised = false;
  s.pending.delay(pending, Infinity);
  if (!s.isAuthorising) authorise(s.session.home, s, now);
  return true;
}

/** `auth.exportAuthorization` at home, `auth.importAuthorization` there. */
function authorise(home: ConnectionState, there: ConnectionState, now: number): void {
  there.isAuthorising = true;
  const failed = (error: RpcError | undefined): void => endUnauthorised(there, error);
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
      callOwn(there, { _cons: 'auth.importAuthorization', id, bytes }, imported, at);
    },
    failed,
  };
  callOwn(home, { _cons: 'auth.exportAuthorization', dc_id: there.server.dc }, exported, now);
}

/** No authorization there: the calls that wait for it end with the server's words. */
function endUnauthorised(there: ConnectionState, error: RpcError | undefined): void {
  there.isAuthorising = false;
  for (const pending of there.pending.clear()) {
    if (pending.ownCall !== undefined) continue;
    if (error === undefined) refuse(there, pending, refusal('NotConnected', { reason: NOT_KNOWN }));
    else answerError(there, pending, error, error.fate);
  }
}
