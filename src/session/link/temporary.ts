/**
 * Temporary: perfect forward secrecy: messages go under a temporary key that is bound to the permanent one (protocol: Forward secrecy).
 * In: a temporary key just made, the server's answer to its binding, the time. Out: the bind call, or a new key wanted.
 * Never: a temporary key that is stored, shown, or used past its time; a message before the binding stands.
 */
import { Writer } from '../../bytes/writer.ts';
import { sealBind } from '../../crypto/kdf.ts';
import { endSent } from '../delivery/reissue.ts';
import type { RpcError } from '../state/rpc-error.ts';
import { ownPending } from '../state/own-pending.ts';
import { AnswerBy } from '../state/pending.ts';
import type { ConnectionState } from '../state/state.ts';

/** Lifetime of a temporary key, seconds: a day, as other clients have it. */
export const TEMPORARY_SECONDS = 86_400;
/** A temporary key is renewed at 75 % of its lifetime if no request is open, at 95 % in any case. */
const QUIET_SHARE = 0.75;
const LATEST_SHARE = 0.95;
/** `ENCRYPTED_MESSAGE_INVALID` for a permanent key younger than this does not mean that the key is lost, seconds. */
const YOUNG_SECONDS = 60;
/** How long the answer to a binding may take, ms. */
const PATIENCE_MS = 10_000;
/** Bindings that failed in a row before the session does without them for a while. */
export const MOST_FAILURES = 2;
/** The same for connections that ended during the exchange of a temporary key; more, since networks cause that too. */
export const MOST_LOST = 4;
/** How long a session then goes on without temporary keys, ms; longer where the server has said that it does not know them. */
export const PAUSE_MS = 600_000;
export const UNKNOWN_PAUSE_MS = 86_400_000;

/** What `finishBinding` found. */
export type Binding = 'bound' | 'again' | 'dead' | 'impossible';

/** Errors of a server that does not know `auth.bindTempAuthKey`; after any other the binding is tried again. */
const NOT_KNOWN = new Set(['METHOD_INVALID', 'INPUT_METHOD_INVALID', 'METHOD_NOT_FOUND', 'INPUT_CONSTRUCTOR_INVALID']);

/**
 * Puts `auth.bindTempAuthKey` before everything else. Its message id stands inside it, so it has one from the start.
 * @param ended called with what came of it
 */
export function bind(s: ConnectionState, now: number, ended: (binding: Binding, now: number) => void): void {
  forgetBinding(s);
  s.ids.next(now, s.env.random32());
  const { bindTempAuthKey } = s.env.calls;
  const pending = ownPending({
    body: bindCall(s),
    result: s.env.codec.resultOf(bindTempAuthKey),
    answerBy: AnswerBy.RPC,
    deadline: now + PATIENCE_MS,
    method: bindTempAuthKey,
  });
  pending.msgIdLow = s.ids.low;
  pending.msgIdHigh = s.ids.high;
  pending.seqNo = s.ids.seqNo(true);
  pending.hasOwnId = true;
  pending.ownCall = {
    done: (_result, at) => ended('bound', at),
    failed: (error) => ended(bindingOutcome(s, error), now),
    again: (at) => bind(s, at, ended),
  };
  s.binding = [pending];
}

/** The call was refused as a message: salt, clock or session have changed, and its id and session stand inside it. */
export function bindAgain(s: ConnectionState, now: number): void {
  for (const pending of s.pending.sent()) if (pending.hasOwnId) return pending.ownCall?.again?.(now);
}

/** Drops a binding whose answer is awaited: it is of an earlier key or session. */
function forgetBinding(s: ConnectionState): void {
  for (const pending of s.pending.sent()) if (pending.hasOwnId) s.pending.remove(pending);
}

/** `auth.bindTempAuthKey perm_auth_key_id nonce expires_at encrypted_message`. */
function bindCall(s: ConnectionState): Uint8Array {
  const permanent = s.keys.permanent!;
  const nonceLow = s.env.random32();
  const nonceHigh = s.env.random32();
  const inner = new Writer(64);
  inner.int32(s.env.calls.bindInner | 0);
  inner.long(nonceLow, nonceHigh);
  inner.long(s.keys.inForce!.idLow, s.keys.inForce!.idHigh);
  inner.long(permanent.idLow, permanent.idHigh);
  inner.long(s.sessionLow, s.sessionHigh);
  inner.int32(s.keys.temporaryUntil);
  const sealed = sealBind(permanent, Uint8Array.from(inner.written()), s.ids.low, s.ids.high, s.env.fill);
  const out = new Writer(160);
  out.int32(s.env.calls.bindTempAuthKey | 0);
  out.long(permanent.idLow, permanent.idHigh);
  out.long(nonceLow, nonceHigh);
  out.int32(s.keys.temporaryUntil);
  out.string(sealed);
  return Uint8Array.from(out.written());
}

/** What a refused or lost binding means. */
function bindingOutcome(s: ConnectionState, error: RpcError | undefined): Binding {
  if (error === undefined || error.isServerFault) return 'again';
  if (NOT_KNOWN.has(error.type)) return 'impossible';
  if (error.type !== 'ENCRYPTED_MESSAGE_INVALID') return 'again';
  const age = s.keys.temporaryUntil - TEMPORARY_SECONDS - s.keys.permanentSince;
  return age >= YOUNG_SECONDS ? 'dead' : 'again';
}

/** Drops the temporary key; requests sent under it are reissued or ended, since only that key could open their answers. */
export function dropTemporary(s: ConnectionState): void {
  if (!s.keys.dropTemporary()) return;
  s.binding = undefined;
  forgetBinding(s);
  endSent(s);
}

/** When the temporary key is to be renewed, Unix ms; Infinity if none is bound. */
export function wornAt(s: ConnectionState): number {
  if (!s.keys.isBound || s.keys.isPermanentInForce) return Infinity;
  const share = s.pending.size === 0 ? QUIET_SHARE : LATEST_SHARE;
  return (s.keys.temporaryUntil - TEMPORARY_SECONDS * (1 - share) + 1) * 1000 - s.ids.offset;
}

/** When temporary keys are to be tried again, Unix ms: nothing may be open, since the session begins anew with one. */
export function dueAgainAt(s: ConnectionState): number {
  return s.pending.size === 0 ? s.keys.forwardSecrecyAt : Infinity;
}
