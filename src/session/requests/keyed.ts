/**
 * Keyed: requests with an idempotency key (wire: Idempotency keys).
 * In: lines; what the main thread knows of their keys. Out: the first with a key goes; a repeat gets the outcome of the first, or waits for it.
 * Never: sends a message before the main thread has noted its key on the disk; a second one with the same key.
 */
import { readOutcome, type KeyAnswer } from '../../batch/key-records.ts';
import { Reader } from '../../bytes/reader.ts';
import { fingerprintOf } from '../../crypto/fingerprint.ts';
import type { Refusal } from '../../dialect/dialect.ts';
import type { RandomSource } from '../../tl/codec.ts';
import { answer, answerError, refuse, refuseTicket } from '../answers/answers.ts';
import { refusal } from '../answers/refusals.ts';
import { refusalOfName } from '../attach/attach.ts';
import { takeWaiting, waitFor, waitInFront } from '../attach/waiting.ts';
import { type AttachmentState, copyOfLine, type ClientLine } from '../state/attachment.ts';
import { AnswerBy, Pending } from '../state/pending.ts';
import { parseRpcError } from '../state/rpc-error.ts';
import type { ConnectionState } from '../state/state.ts';
import { go, pendingOfLine, refusalOfEnd, refusalOfState } from './enqueue.ts';

/**
 * Asks the main thread whether the message of the line that was read last may go; those behind it wait, so that they stay behind it.
 * @returns what is wrong with the message, before anything is noted of its key
 */
export function askKey(s: ConnectionState, line: ClientLine, now: number): Refusal | undefined {
  const { request } = s.env;
  if (s.session.name === undefined) return refusalOfEnd(s) ?? refusalOfNoName();
  const pending = pendingOfLine(s, line, now);
  if (!(pending instanceof Pending)) return pending;
  const { waitingLines } = line.attachment;
  waitFor(line.attachment, 'key noted');
  waitingLines.since = now;
  waitInFront(s, copyOfLine(line));
  s.sink.key(line.ticket, request.key!, fingerprint(s, line.attachment));
  return undefined;
}

function refusalOfNoName(): Refusal {
  const msg = 'key: goes with a session that has a name; give as, or session.name';
  return refusal('InvalidRequest', { msg, path: 'key' });
}

/** For each `random_id` that the gateway makes: which one it is makes no other message. Not 0, which the encoder takes for none. */
const ONES: RandomSource = { fill: (bytes) => void bytes.fill(1) };

/** The fingerprint of the message that was read last and can be encoded: of its TL, whatever dialect and spaces it came in. */
function fingerprint({ env: { call, codec } }: ConnectionState, { dialect }: AttachmentState): Uint8Array {
  call.clear();
  dialect.encodeMessage(codec, call, ONES);
  return fingerprintOf(call.written());
}

/** What is known of a key: its line goes on, or is answered. */
export function takeKeyAnswer(s: ConnectionState, keyed: KeyAnswer, now: number): void {
  const { ticket, verdict } = keyed;
  const line = takeWaiting(s.session, 'key noted', ticket);
  if (line !== undefined) return takeLine(s, line, keyed, now);
  const pending = s.session.repeats.take(ticket);
  if (pending !== undefined) return settle(s, pending, keyed, now);
  // Its client has gone, or was made to leave, while the key was noted.
  if (verdict === 'fresh' && !isOpen(s, ticket)) s.sink.keyEnded(ticket, 'free');
}

function takeLine(s: ConnectionState, line: ClientLine, keyed: KeyAnswer, now: number): void {
  const { attachment: to, ticket, bytes, start, stop } = line;
  const { request } = s.env;
  to.dialect.read(bytes, start, stop, request);
  const pending = pendingOfLine(s, line, to.waitingLines.since);
  if (pending instanceof Pending) return settle(s, pending, keyed, now);
  if (keyed.verdict === 'fresh') s.sink.keyEnded(ticket, 'free');
  refuseTicket(s, to, ticket, request.id, pending, false);
}

function settle(s: ConnectionState, pending: Pending, keyed: KeyAnswer, now: number): void {
  switch (keyed.verdict) {
    case 'fresh':
      return goFirst(s, pending, now);
    case 'waits':
      return holdRepeat(s, pending);
    case 'done':
      return answerRepeat(s, pending, keyed.outcome, now);
    case 'reused':
      return refuse(s, pending, refusal('KeyReused', { path: 'key' }));
    case 'unknown':
      return refuse(s, pending, refusal('DeliveryUnknown', { msg: UNKNOWN }));
    case 'refused':
      return refuse(s, pending, refusalOfKey(keyed));
  }
}

/** The first with its key goes. */
function goFirst(s: ConnectionState, pending: Pending, now: number): void {
  pending.hasKey = true;
  const refused = refusalOfState(s, pending.asker);
  if (refused === undefined) go(s, pending, now);
  else refuse(s, pending, refused);
}

const UNKNOWN =
  'a message with this key may have been carried out, and nobody knows its outcome; look before you use a new key';
const OMITTED = 'the message with this key was carried out; its result was too long to be kept';

/** The message was not sent, because its key could not be noted. */
function refusalOfKey({ fault }: KeyAnswer): Refusal {
  return {
    ...refusalOfName(fault!),
    msg: 'the key could not be noted on the disk, so the message was not sent',
    path: 'key',
  };
}

/** A repeat: it is answered when the first is. It is taken, so that it stays here whatever its client does. */
export function holdRepeat(s: ConnectionState, pending: Pending): void {
  s.session.repeats.add(pending);
  s.pending.note(pending);
}

/** A repeat that a lost thread had held is held again; the main thread is asked once more. */
export function askAgain(s: ConnectionState, pending: Pending, key: string): void {
  holdRepeat(s, pending);
  s.sink.key(pending.ticket, key, fingerprint(s, pending.asker));
}

function answerRepeat(s: ConnectionState, pending: Pending, bytes: Uint8Array, now: number): void {
  const outcome = readOutcome(bytes);
  if (outcome.kind === 'omitted')
    return refuse(s, pending, refusal('DeliveryUnknown', { msg: OMITTED, delivered: 'yes' }));
  if (outcome.kind === 'result') {
    const kind = pending.answerBy === AnswerBy.RPC ? 'result' : 'object';
    return answer(s, pending, kind, new Reader(outcome.bytes), now);
  }
  const error = parseRpcError(outcome.code, outcome.bytes);
  answerError(s, pending, error, error.fate);
}

/** Whether a request is on its way: then it was let go before. */
function isOpen({ session }: ConnectionState, ticket: number): boolean {
  return [session.home, ...session.others].some((one) => one.pending.has(ticket));
}
