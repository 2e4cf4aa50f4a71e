/**
 * rpc_result: the answer to a call, an error of the server's among them (protocol: Service messages; RPC errors).
 * In: a body. Out: the answer, or the call put back to wait or to go again. Never: an answer for a request that is closed.
 */
import type { Reader } from '../../bytes/reader.ts';
import { Crc } from '../../tl/service.ts';
import type { Fate } from '../../dialect/dialect.ts';
import { answer, answerError, notify } from '../answers/answers.ts';
import { unpackGzip, type Inside } from './handle-container.ts';
import { authoriseAgain, follow, noteLoginToken } from '../centres/other-centres.ts';
import { mayHavePrefix, noteInit } from '../delivery/init.ts';
import { markLost } from '../kept/keeping.ts';
import { noteResult } from '../kept/login.ts';
import { AnswerBy, type Pending } from '../state/pending.ts';
import { refusal } from '../answers/refusals.ts';
import { mayRepeat } from '../delivery/repeat.ts';
import { parseRpcError, type RpcError } from '../answers/rpc-error.ts';
import type { State } from '../state/state.ts';
import { targetOf } from '../requests/target.ts';

/** Errors of the server's own: 1, 2, 4 … seconds between tries (protocol: RPC errors). */
const RETRY_BASE_MS = 1000;
const MOST_REPEATS = 6;

/** `rpc_result req_msg_id result`. Nobody's answer was acknowledged already and is dropped. */
export function handleRpcResult(s: State, low: number, high: number, r: Reader, now: number, inside: Inside): void {
  r.skip(4);
  const pending = s.pending.find(r.int32(), r.int32());
  if (pending === undefined) return ownAnswer(s, low, high, r, now, inside);
  s.ids.learnFromAnswer(high, low, pending.msgIdHigh, now);
  s.saltRefusals = 0;
  s.acknowledged(pending);
  s.remembered(pending.msgIdLow, pending.msgIdHigh);
  const body = r.left >= 4 && r.peekUint32() === Crc.gzipPacked ? unpackGzip(r) : r;
  if (body.left >= 4 && body.peekUint32() === Crc.rpcError) return takeError(s, pending, body, now);
  noteInit(s, pending);
  noteLoginToken(s, pending, body);
  const kind = pending.answerBy === AnswerBy.RPC ? 'result' : 'object';
  const { named } = s.shared;
  // Before the client is told: what must be kept is said first.
  if (named !== undefined && kind === 'result' && pending.internal === undefined) noteResult(s, named, pending, body);
  answer(s, pending, kind, body, now);
}

/** Answers to the gateway's own questions may come wrapped too. */
const OWN = new Set<number>([Crc.futureSalts, Crc.msgsStateInfo]);

function ownAnswer(s: State, low: number, high: number, r: Reader, now: number, inside: Inside): void {
  const crc = r.left >= 4 ? r.peekUint32() : 0;
  if (OWN.has(crc)) inside.body(s, crc, low, high, r, now);
}

function takeError(s: State, pending: Pending, r: Reader, now: number): void {
  r.skip(4);
  const error = parseRpcError(r.int32(), r.view());
  s.sink.rpcError(error.code, error.label);
  if (repair(s, pending, error)) return;
  if (follow(s, pending, error, now) || waitsInside(s, pending, error, now)) return;
  if (error.type === 'AUTH_KEY_UNREGISTERED' && authoriseAgain(s, pending, now)) return;
  if (!error.isNotInited) noteInit(s, pending);
  if (pending.internal !== undefined) {
    s.pending.remove(pending);
    return pending.internal.failed(error);
  }
  s.lived = true;
  const isLost = error.endsSession || (error.type === 'AUTH_KEY_UNREGISTERED' && wasSignedIn(s));
  if (isLost && s.role !== 'foreign') markLost(s, error.type);
  answerError(s, pending, error, fateOf(s, pending, error));
  if (isLost) notify(s, refusal('SessionLost', { reason: error.type, fatal: true }));
}

/** A key that nobody is signed in with answers so from its first day on: news only where somebody was. */
function wasSignedIn({ role, shared: { named } }: State): boolean {
  return role !== 'foreign' && named?.userId !== undefined && named.lost === undefined;
}

/** The server wants `initConnection`, and the gateway has it: once more, with it in front (threats: The network). */
function repair(s: State, pending: Pending, error: RpcError): boolean {
  if (!error.isNotInited || pending.prefix !== undefined || !mayHavePrefix(s, pending)) return false;
  s.initDone = false;
  s.pending.requeue([pending]);
  return true;
}

/** The server wants patience, and the request has it. What carries its own id inside is made anew by whoever made it. */
function waitsInside(s: State, pending: Pending, error: RpcError, now: number): boolean {
  if (pending.hasOwnId) return false;
  if (error.waitSeconds !== undefined)
    s.shared.floods.note(pending, error.type, now + error.waitSeconds * 1000, (one) => targetOf(s.env, one));
  const wait = waitFor(s, pending, error, now);
  if (wait === undefined) return false;
  pending.repeats++;
  s.pending.hold(pending, now + wait);
  return true;
}

/** What the client is told beside the server's words: a call that failed there may have been carried out all the same. */
function fateOf(s: State, pending: Pending, { fate, isServerFault, isNotInited, type }: RpcError): Fate {
  if (isServerFault) return { ...fate, retryable: fate.retryable && mayRepeat(s, pending) };
  if (isNotInited && !s.shared.isInitGiven) return { ...fate, msg: NOT_INITED };
  return type === 'AUTH_KEY_UNREGISTERED' && !wasSignedIn(s) ? { ...fate, msg: NOT_SIGNED_IN } : fate;
}

const NOT_INITED =
  'this gateway has no api_id: start it with --api-id, give options.init, or send initConnection yourself';

const NOT_SIGNED_IN =
  'nobody is signed in with the key of this connection: name a session that is kept, hand one in, or sign in';

/**
 * Milliseconds after which the same call goes again inside, or undefined: only if that ends before the client's
 * own deadline (wire: Requests and answers), for floods, and for the server's own faults where repeating does no harm.
 */
function waitFor(s: State, pending: Pending, error: RpcError, now: number): number | undefined {
  if (pending.repeats >= MOST_REPEATS) return undefined;
  let wait: number | undefined;
  if (error.waitSeconds !== undefined) wait = error.waitSeconds * 1000;
  else if (error.isServerFault && mayRepeat(s, pending)) wait = RETRY_BASE_MS * 2 ** pending.repeats;
  return wait !== undefined && now + wait < pending.deadline ? wait : undefined;
}
