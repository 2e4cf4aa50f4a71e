/**
 * Forget: a stored session ends for good: its account is logged out, its keys are destroyed, then its record is
 * removed (protocol: Login).
 * In: the name of a session, the data centre's answers. Out: calls of the gateway's own; at the end the main thread is asked.
 * Never: removes anything while the account may still be signed in.
 */
import type { NameFault } from '../../batch/name-records.ts';
import type { Refusal } from '../../dialect/dialect.ts';
import { Crc } from '../../tl/service.ts';
import { hangUp } from '../link/hang-up.ts';
import { compileInit } from '../delivery/init.ts';
import { callOwn } from '../delivery/own-calls.ts';
import type { StoredSession } from '../state/stored-session.ts';
import type { ClientLine } from '../state/attachment.ts';
import { refusalOfName } from './attach.ts';
import { endWaiting, endWaitingBy, takeWaiting, waitFor, waitInFront } from './waiting.ts';
import { connectionAt } from '../centres/connections.ts';
import { ownPending } from '../state/own-pending.ts';
import { AnswerBy, type Pending } from '../state/pending.ts';
import { refusal } from '../answers/refusals.ts';
import type { RpcError } from '../state/rpc-error.ts';
import type { ConnectionState } from '../state/state.ts';
import { dropTemporary } from '../link/temporary.ts';
import { whyNotConnected } from '../link/trouble.ts';

/** The answer to a log-out may never come; an acknowledgement in this time counts. */
const PATIENCE_MS = 5_000;
/** Errors of a key that nobody is signed in with. */
const GONE = new Set(['AUTH_KEY_UNREGISTERED', 'AUTH_KEY_INVALID', 'SESSION_REVOKED', 'SESSION_EXPIRED']);
const DESTROY = Uint8Array.of(0x60, 0x51, 0x43, 0xd1);

/** `forget`: the session was opened under its name by now, with or without something stored there. */
export function forget(s: ConnectionState, stored: StoredSession, line: ClientLine, now: number): Refusal | 'waits' {
  if (!stored.hasRecord || stored.isForgetting)
    return refusal('SessionNotFound', { msg: 'nothing is kept under this name', path: 'session.forget' });
  stored.isForgetting = true;
  const { attachment: to, ticket } = line;
  if (stored.lostReason !== undefined || s.isLost) {
    s.sink.name('forget', ticket);
    return waitFor(to, 'forget');
  }
  introduce(s, stored);
  const pending: Pending = callOwn(
    s,
    { _cons: 'auth.logOut' },
    {
      done: (_result, at) => destroyKeys(s, stored, ticket, at),
      failed: (error, refused) => onLogOutRefused(s, stored, ticket, pending, error, refused, now),
    },
    now,
    PATIENCE_MS,
  );
  return waitFor(to, 'logOut');
}

/** The server answers only who has said what it is; without better, by the api_id that was used for the login. */
function introduce(s: ConnectionState, { apiId }: StoredSession): void {
  if (s.session.initPrefix.length > 0 || apiId === undefined) return;
  s.session.initPrefix = compileInit(s.env, JSON.stringify({ api_id: apiId }));
}

/** No answer, or a refusal: what does it say of the account? */
function onLogOutRefused(
  s: ConnectionState,
  stored: StoredSession,
  ticket: number,
  pending: Pending,
  error: RpcError | undefined,
  refused: Refusal | undefined,
  now: number,
): void {
  const isGone = error !== undefined ? GONE.has(error.type) || error.endsSession : refused?.error === 'AuthKeyInvalid';
  if (isGone || (error === undefined && pending.isAcknowledged)) return destroyKeys(s, stored, ticket, now);
  stored.isForgetting = false;
  const waiting = takeWaiting(s.session, 'logOut', ticket);
  if (waiting === undefined) return;
  if (error !== undefined) endWaitingBy(s, waiting, error);
  else endWaiting(s, waiting, refused ?? refusalOfSilence(s, pending));
}

function refusalOfSilence(s: ConnectionState, pending: Pending): Refusal {
  return pending.wasSent ? refusal('DeliveryUnknown') : refusal('NotConnected', { reason: whyNotConnected(s) });
}

/** Each key under itself, as far as its data centre can be reached: none of them opens anything any more. */
function destroyKeys(s: ConnectionState, stored: StoredSession, ticket: number, now: number): void {
  stored.isLoggedOut = true;
  const carriers = s.isLost ? [] : [s];
  for (const dc of s.session.otherKeys.keys()) {
    const there = connectionAt(s, dc);
    if (there?.keys.permanent !== undefined && !there.isLost) carriers.push(there);
  }
  let left = carriers.length;
  const end = (): void => {
    if (--left > 0 || !stored.isForgetting) return;
    const waiting = takeWaiting(s.session, 'logOut', ticket);
    // Its client may have gone: what was begun is brought to its end.
    if (waiting !== undefined) {
      waitFor(waiting.attachment, 'forget');
      waitInFront(s, waiting);
    }
    s.sink.name('forget', ticket);
  };
  if (left === 0) return end();
  for (const carrier of carriers) destroyKey(carrier, end, now);
}

/** `destroy_auth_key`, under the permanent key. */
function destroyKey(s: ConnectionState, end: () => void, now: number): void {
  if (!s.keys.isPermanentInForce) {
    dropTemporary(s);
    if (s.link.stage !== 'down') hangUp(s);
    s.renewSession(false);
    s.hasHistory = false;
  }
  s.keys.usePermanent(Infinity);
  const pending = ownPending({
    body: DESTROY,
    result: s.env.codec.resultOf(Crc.destroyAuthKey),
    answerBy: AnswerBy.DESTROY_KEY,
    deadline: now + PATIENCE_MS,
    method: Crc.destroyAuthKey,
  });
  let isOver = false;
  const once = (): void => {
    if (!isOver) end();
    isOver = true;
  };
  pending.ownCall = { done: once, failed: once };
  s.pending.add(pending);
}

const LOGGED_OUT = 'the account is logged out, but its record could not be removed; forget the session once more';
const KEPT = 'the record could not be removed, so nothing is forgotten; try again';

/** The record could not be removed: the session stays. */
export function refuseForget(s: ConnectionState, stored: StoredSession, line: ClientLine, fault: NameFault): void {
  stored.isForgetting = false;
  const refused = refusalOfName(fault);
  if (refused.error !== 'VaultWriteFailed') return endWaiting(s, line, refused);
  const { isLoggedOut } = stored;
  const more = isLoggedOut ? ({ msg: LOGGED_OUT, delivered: 'yes' } as const) : { msg: KEPT };
  endWaiting(s, line, { ...refused, ...more });
}
