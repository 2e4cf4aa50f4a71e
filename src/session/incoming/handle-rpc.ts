/**
 * rpc_result: the answer to a call, an error of the server's among them (protocol: Service messages; RPC errors).
 * In: a body. Out: the answer, or the call put back to wait or to go again. Never: an answer for a request that is closed.
 */
import type { Reader } from '../../bytes/reader.ts';
import { Crc } from '../../tl/service.ts';
import type { Fate } from '../../dialect/dialect.ts';
import { answer, answerError, notify } from '../answers/answers.ts';
import { unpackGzip, type Contained } from './handle-container.ts';
import { authoriseAgain } from '../centres/authorise.ts';
import { noteLoginToken } from '../centres/dispatch.ts';
import { follow } from '../centres/migrate.ts';
import { mayHavePrefix, noteInit } from '../delivery/init.ts';
import { markLost } from '../stored/store.ts';
import { noteResult } from '../stored/login.ts';
import { AnswerBy, type Pending } from '../state/pending.ts';
import { refusal } from '../answers/refusals.ts';
import { mayReissue } from '../delivery/reissue.ts';
import { parseRpcError, type RpcError } from '../state/rpc-error.ts';
import type { ConnectionState } from '../state/state.ts';
import { crcAt, type Incoming } from './incoming.ts';
import { targetOf } from '../requests/target.ts';

/** Errors of the server's own: 1, 2, 4 … seconds between tries (protocol: RPC errors). */
const RETRY_BASE_MS = 1000;
const MOST_RETRIES = 6;

/** `rpc_result req_msg_id result`. Nobody's answer was acknowledged already and is dropped. */
export function handleRpcResult(s: ConnectionState, message: Incoming, now: number, contained: Contained): void {
  const { low, high, body: r } = message;
  r.skip(4);
  const pending = s.pending.find(r.int32(), r.int32());
  if (pending === undefined) return ownAnswer(s, message, now, contained);
  s.ids.learnFromAnswer(high, low, pending.msgIdHigh, now);
  s.saltRefusals = 0;
  s.noteAcknowledged(pending);
  s.noteAnswered(pending.msgIdLow, pending.msgIdHigh);
  const body = r.left >= 4 && r.peekUint32() === Crc.gzipPacked ? unpackGzip(r) : r;
  if (body.left >= 4 && body.peekUint32() === Crc.rpcError) return takeError(s, pending, body, now);
  noteInit(s, pending);
  noteLoginToken(s, pending, body);
  const kind = pending.answerBy === AnswerBy.RPC ? 'result' : 'object';
  const { stored } = s.session;
  // A login must be stored before its client hears of it.
  if (stored !== undefined && kind === 'result' && pending.ownCall === undefined) noteResult(s, stored, pending, body);
  answer(s, pending, kind, body, now);
}

/** Answers to the gateway's own calls may come wrapped too. */
const OWN = new Set<number>([Crc.futureSalts, Crc.msgsStateInfo]);

function ownAnswer(s: ConnectionState, message: Incoming, now: number, contained: Contained): void {
  const crc = crcAt(message.body);
  if (!OWN.has(crc)) return;
  message.crc = crc;
  contained.body(s, message, now);
}

function takeError(s: ConnectionState, pending: Pending, r: Reader, now: number): void {
  r.skip(4);
  const error = parseRpcError(r.int32(), r.view());
  s.sink.rpcError(error.code, error.label);
  if (repair(s, pending, error)) return;
  if (follow(s, pending, error, now) || waitsInside(s, pending, error, now)) return;
  if (error.type === 'AUTH_KEY_UNREGISTERED' && authoriseAgain(s, pending, now)) return;
  if (!error.isNotInited) noteInit(s, pending);
  if (pending.ownCall !== undefined) {
    s.pending.remove(pending);
    return pending.ownCall.failed(error);
  }
  s.hasHistory = true;
  const isLost = error.endsSession || (error.type === 'AUTH_KEY_UNREGISTERED' && wasSignedIn(s));
  if (isLost && s.role !== 'foreign') markLost(s, error.type);
  answerError(s, pending, error, fateOf(s, pending, error));
  if (isLost) notify(s, refusal('SessionLost', { reason: error.type, fatal: true }));
}

/** A key that nobody is signed in with answers so from its first day on: news only where somebody was. */
function wasSignedIn({ role, session: { stored } }: ConnectionState): boolean {
  return role !== 'foreign' && stored?.userId !== undefined && stored.lostReason === undefined;
}

/** The server wants `initConnection`, and the gateway has it: once more, with it in front (threats: The network). */
function repair(s: ConnectionState, pending: Pending, error: RpcError): boolean {
  if (!error.isNotInited || pending.prefix !== undefined || !mayHavePrefix(s, pending)) return false;
  s.isInitDone = false;
  s.pending.reissue([pending]);
  return true;
}

/** The server wants patience, and the request has it. What carries its own id inside is made anew by whoever made it. */
function waitsInside(s: ConnectionState, pending: Pending, error: RpcError, now: number): boolean {
  if (pending.hasOwnId) return false;
  if (error.waitSeconds !== undefined)
    s.session.floods.note(pending, error.type, now + error.waitSeconds * 1000, (one) => targetOf(s.env, one));
  const wait = waitFor(s, pending, error, now);
  if (wait === undefined) return false;
  pending.retries++;
  s.pending.delay(pending, now + wait);
  return true;
}

/** What the client is told beside the server's words: a call that failed there may have been carried out all the same. */
function fateOf(s: ConnectionState, pending: Pending, { fate, isServerFault, isNotInited, type }: RpcError): Fate {
  if (isServerFault) return { ...fate, retryable: fate.retryable && mayReissue(s, pending) };
  if (isNotInited && !s.session.isInitGiven) return { ...fate, msg: NOT_INITED };
  return type === 'AUTH_KEY_UNREGISTERED' && !wasSignedIn(s) ? { ...fate, msg: NOT_SIGNED_IN } : fate;
}

const NOT_INITED =
  'this gateway has no api_id: start it with --api-id, give options.init, or send initConnection yourself';

const NOT_SIGNED_IN =
  'nobody is signed in to this session: sign in, hand a session in, or name one that is kept (session.list shows which are)';

/**
 * Milliseconds after which the same call goes again inside, or undefined: only if that ends before the client's
 * own deadline (wire: Requests and answers), for floods, and for the server's own faults where repeating does no harm.
 */
function waitFor(s: ConnectionState, pending: Pending, error: RpcError, now: number): number | undefined {
  if (pending.retries >= MOST_RETRIES) return undefined;
  let wait: number | undefined;
  if (error.waitSeconds !== undefined) wait = error.waitSeconds * 1000;
  else if (error.isServerFault && mayReissue(s, pending)) wait = RETRY_BASE_MS * 2 ** pending.retries;
  return wait !== undefined && now + wait < pending.deadline ? wait : undefined;
}
