/**
 * Enqueue: the call of a request, encoded and put into a queue (wire: Requests and answers; protocol: Message ids).
 * In: the line that was read last. Out: a `Pending` in the queue of the connection that carries it, or why not.
 * Never: a call that is too long, that a session which is over cannot make, or that waits longer than it may.
 */
import type { Refusal } from '../../dialect/dialect.ts';
import { EncodeError, type EncodedCall } from '../../tl/codec.ts';
import { Crc, MAX_PAYLOAD } from '../../tl/service.ts';
import { answerError } from '../answers/answers.ts';
import { refusal, refusalOf, refusalOfGivenUp } from '../answers/refusals.ts';
import { dispatch } from '../centres/dispatch.ts';
import { lengthWithInit, clientInitLength } from '../delivery/init.ts';
import type { Wait } from '../state/floods.ts';
import { AnswerBy, Pending } from '../state/pending.ts';
import type { AttachmentState, ClientLine } from '../state/attachment.ts';
import type { ConnectionState } from '../state/state.ts';
import { asksForCdn, cdnRefusal } from './cdn.ts';
import { targetOf } from './target.ts';
import { wantsOf } from './wants.ts';

/** Open requests of one session for each client that speaks in it (threats: Bytes and lines). */
const MOST_OPEN = 1024;

/** Service calls whose answers do not come as rpc_result. */
const answeredPlain = new Map<number, AnswerBy>([
  [Crc.ping, AnswerBy.SERVICE],
  [Crc.pingDelayDisconnect, AnswerBy.SERVICE],
  [Crc.getFutureSalts, AnswerBy.SERVICE],
  [Crc.msgsStateReq, AnswerBy.SERVICE],
  [Crc.destroySession, AnswerBy.DESTROY],
]);

/** Encodes the call and puts it at the end of the queue. */
export function enqueue(s: ConnectionState, line: ClientLine, now: number): Refusal | undefined {
  const refused = refusalOfState(s, line.attachment);
  if (refused !== undefined) return refused;
  const pending = pendingOfLine(s, line, now);
  if (!(pending instanceof Pending)) return pending;
  go(s, pending, now);
  return undefined;
}

/** Why the session takes no calls of a client now, whichever they are. */
export function refusalOfState(s: ConnectionState, of: AttachmentState): Refusal | undefined {
  const over = refusalOfEnd(s);
  if (over !== undefined) return over;
  // Each is counted alone only where all have many: those of clients that have gone are nobody's fault who is there.
  if (s.pending.size < MOST_OPEN || s.pending.countOf(of) < MOST_OPEN) return undefined;
  return refusal('Overloaded', {
    msg: 'too many requests of this connection are open in this session',
    limit: MOST_OPEN,
    retryAfter: 1,
  });
}

/** Why the session takes no calls any more. */
export function refusalOfEnd(s: ConnectionState): Refusal | undefined {
  if (s.isLost) return refusal('AuthKeyInvalid');
  return s.session.isBare && s.keys.permanent === undefined ? refusalOfGivenUp() : undefined;
}

/** The call of the line that was read last, encoded, or what is wrong with it. @param now when its time begins, Unix ms */
export function pendingOfLine(s: ConnectionState, line: ClientLine, now: number): Pending | Refusal {
  const { call, codec, derived, request } = s.env;
  const deadline = now + request.timeout;
  call.clear();
  let encoded: EncodedCall;
  try {
    encoded = line.attachment.dialect.encodeMessage(codec, call, derived.of(line.ticket, deadline));
  } catch (error) {
    if (error instanceof EncodeError) return refusalOf(error);
    throw error;
  }
  const length = lengthWithInit(s, encoded, call.pos);
  if (length > MAX_PAYLOAD) return tooLarge(length);
  const pending = pendingOf(s, line, encoded, deadline);
  return asksForCdn(s, pending) ? cdnRefusal(encoded.depth) : pending;
}

/** Puts a call into the queue, or where it waits as long as the server asked for; one that would wait too long is answered. */
export function go(s: ConnectionState, pending: Pending, now: number): void {
  const wait = s.session.floods.before(pending, now, (one) => targetOf(s.env, one));
  if (wait === undefined) dispatch(s, pending, now);
  else if (wait.until < pending.deadline) s.pending.addDelayed(pending, wait.until);
  else answerFlood(s, pending, wait, now);
}

/** The message alone is not too long: the codec would have said so. */
function tooLarge(length: number): Refusal {
  return refusal('MessageTooLarge', {
    msg: `message: over ${MAX_PAYLOAD} bytes with the initConnection that goes before it`,
    path: 'message',
    got: length,
    limit: MAX_PAYLOAD,
  });
}

/**
 * A request that was taken before its lane's thread was lost, from its line: what it asked for beside its message was
 * carried out then. @param deadline as it was, Unix ms: it gives a `random_id` that was left out the same value
 * @returns undefined for a line that cannot be one
 */
export function takeLineAgain(s: ConnectionState, line: ClientLine, deadline: number): Pending | undefined {
  const { dialect } = line.attachment;
  const { call, codec, derived, request } = s.env;
  if (dialect.read(line.bytes, line.start, line.stop, request) !== undefined || !request.hasMessage) return undefined;
  call.clear();
  const encoded = dialect.encodeMessage(codec, call, derived.of(line.ticket, deadline));
  return pendingOf(s, line, encoded, deadline);
}

/** The server's own words for a wait that is known to last longer than the request; it was not asked again. */
function answerFlood(s: ConnectionState, pending: Pending, { until, type }: Wait, now: number): void {
  const seconds = Math.ceil((until - now) / 1000);
  const text = Buffer.from(`${type}_${seconds}`);
  answerError(
    s,
    pending,
    { code: 420, text, label: type },
    { retryable: true, delivered: 'no', retryAfter: seconds, isLocal: true },
  );
}

function pendingOf(s: ConnectionState, line: ClientLine, encoded: EncodedCall, deadline: number): Pending {
  const { ticket, mayExport, attachment } = line;
  const { call, request } = s.env;
  return new Pending({
    ticket,
    id: Buffer.from(request.id),
    body: Buffer.from(call.written()),
    result: encoded.result,
    answerBy: encoded.depth === 1 ? (answeredPlain.get(encoded.crcs[0]!) ?? AnswerBy.RPC) : AnswerBy.RPC,
    deadline,
    method: encoded.crcs[encoded.depth - 1]!,
    wants: wantsOf(s, attachment, request, mayExport),
    clientInitLength: clientInitLength(encoded),
    innerAt: encoded.offsets[encoded.depth - 1]! - encoded.offsets[0]!,
    seqNoGiven: request.seqNo,
    attachment,
  });
}
