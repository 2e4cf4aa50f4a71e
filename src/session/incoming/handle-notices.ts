/**
 * Notices: what the server says about messages, sessions and the world (protocol: Delivery; Service messages).
 * In: bodies. Out: answers to service calls, requests that go again, updates for the client.
 * Never: a request sent again that may have been carried out and may not be twice.
 */
import type { Reader } from '../../bytes/reader.ts';
import { TlReadError } from '../../bytes/reader.ts';
import { Crc, MAX_IDS, readIds, resendRequest, stateInfo } from '../../tl/service.ts';
import { DecodeFailure } from '../../tl/codec.ts';
import { answer, notify } from '../answers/answers.ts';
import { isAfter, TOO_OLD_SECONDS } from '../state/message-ids.ts';
import { AnswerBy, Stage, type Pending } from '../state/pending.ts';
import { isBelievable } from '../state/state-requests.ts';
import { refusal } from '../answers/refusals.ts';
import { mayReissue, reissueOrRefuse, resend } from '../delivery/reissue.ts';
import type { ConnectionState } from '../state/state.ts';

/** Low three bits of a message's state (protocol: Delivery): below this the server has not received it. */
const RECEIVED = 4;
/** The answer is made: it was sent, or will be. */
const ANSWER_MADE = 64;
const UNKNOWN = 1;

/** `msgs_ack`: delivered; the answer is still awaited. */
export function handleAcks(s: ConnectionState, _low: number, _high: number, r: Reader): void {
  const ids = readIdsOf(r);
  for (let i = 0; i < ids.length; i += 2) {
    const pending = s.pending.find(ids[i]!, ids[i + 1]!);
    if (pending !== undefined) s.acknowledged(pending);
  }
}

/** `pong`: plain, named by its first field the id of the ping. The gateway's own pings need no more than to be heard. */
export function handleNamedAnswer(s: ConnectionState, low: number, high: number, r: Reader, now: number): void {
  const at = r.skip(4);
  const [pingLow, pingHigh] = [r.int32(), r.int32()];
  const pending = s.pending.find(pingLow, pingHigh);
  r.pos = at;
  s.saltRefusals = 0;
  s.taken(pingLow, pingHigh);
  if (pending === undefined) return;
  s.ids.learnFromAnswer(high, low, pending.msgIdHigh, now);
  s.remembered(pending.msgIdLow, pending.msgIdHigh);
  answer(s, pending, 'object', r, now);
}

/** `destroy_session_ok/none`: named by a session only, so the oldest open question gets it. */
export function handleDestroyed(s: ConnectionState, _low: number, _high: number, r: Reader, now: number): void {
  const pending = s.pending.oldest(AnswerBy.DESTROY);
  if (pending !== undefined) answer(s, pending, 'object', r, now);
}

/** `destroy_auth_key_ok/none/fail`: the gateway's own question, whatever came of it. */
export function handleKeyDestroyed(s: ConnectionState, _low: number, _high: number, _r: Reader, now: number): void {
  const pending = s.pending.oldest(AnswerBy.DESTROY_KEY);
  if (pending === undefined) return;
  s.pending.remove(pending);
  pending.ownCall?.done({}, now);
}

/** `msgs_state_info req_msg_id info`: one byte for each id that was asked for. */
export function handleStateInfo(s: ConnectionState, _low: number, _high: number, r: Reader, now: number): void {
  const at = r.skip(4);
  const low = r.int32();
  const high = r.int32();
  const pending = s.pending.find(low, high);
  if (pending !== undefined) {
    r.pos = at;
    return answer(s, pending, 'object', r, now);
  }
  const { stateRequests } = s;
  const { asked } = stateRequests;
  if (low !== stateRequests.low || high !== stateRequests.high) return;
  const info = r.view();
  if (info.length * 2 !== asked.length) return;
  stateRequests.asked = [];
  stateRequests.answered();
  for (let i = 0; i < info.length; i++) {
    const one = s.pending.find(asked[i * 2]!, asked[i * 2 + 1]!);
    if (one?.stage !== Stage.ASKED) continue;
    one.stage = Stage.SENT;
    const state = info[i]! & 7;
    if (state >= RECEIVED) wasReceived(s, one, (info[i]! & ANSWER_MADE) !== 0);
    else if (state === UNKNOWN || !isBelievable(one, asked, info)) reissueOrRefuse(s, one, refusal('DeliveryUnknown'));
    else wasNotReceived(s, one, now);
  }
}

/**
 * Over a connection that stands nothing is lost, so the packet it went in is late: what must not be done twice waits for
 * it, and is asked about again. With a connection packets are lost, or late too: it goes again under its own id, and is
 * carried out once all the same; under another only where the server takes the old one no more because of its age.
 */
function wasNotReceived(s: ConnectionState, pending: Pending, now: number): void {
  if (pending.attempt === s.link.attempt && !mayReissue(s, pending)) return;
  const isOld = s.serverSeconds(now) - (pending.msgIdHigh >>> 0) > TOO_OLD_SECONDS;
  if (isOld) s.pending.reissue([pending]);
  else if (pending.isIdRefused) reissueOrRefuse(s, pending, refusal('DeliveryUnknown'));
  else resend(s, pending, now);
}

/** An answer that was made and is not here when the server says so for the second time is lost. */
function wasReceived(s: ConnectionState, pending: Pending, isAnswerMade: boolean): void {
  s.acknowledged(pending);
  if (isAnswerMade && pending.isAnswerMade) s.stateRequests.isAnswerLost = true;
  pending.isAnswerMade = isAnswerMade;
  s.stateRequests.sooner(pending);
}

/** `msgs_all_info msg_ids info`: the same of its own accord. What it calls lost may be on its way: that is asked for. */
export function handleAllInfo(s: ConnectionState, _low: number, _high: number, r: Reader): void {
  const ids = readIdsOf(r);
  const info = r.view();
  if (info.length * 2 !== ids.length) return;
  for (let i = 0; i < info.length; i++) {
    const pending = s.pending.find(ids[i * 2]!, ids[i * 2 + 1]!);
    if (pending !== undefined && (info[i]! & 7) >= RECEIVED) s.acknowledged(pending);
  }
}

/**
 * `msg_detailed_info msg_id answer_msg_id bytes status` and `msg_new_detailed_info answer_msg_id …`: the answer exists.
 * One already here is acknowledged again; one that is not is asked for.
 */
export function handleDetailedInfo(s: ConnectionState, _low: number, _high: number, r: Reader, now: number): void {
  if (r.uint32() === Crc.msgDetailedInfo) r.skip(8);
  const low = r.int32();
  const high = r.int32();
  if (s.received.has(low, high)) s.outbox.acknowledge(low, high, now);
  else s.outbox.say(resendRequest(low, high));
}

/** `msgs_state_req`: which of its messages are here: 4 received, 1 nothing known. */
export function handleStateRequest(s: ConnectionState, low: number, high: number, r: Reader): void {
  const ids = readIdsOf(r);
  const info = new Uint8Array(ids.length / 2);
  for (let i = 0; i < info.length; i++) info[i] = s.received.has(ids[i * 2]!, ids[i * 2 + 1]!) ? RECEIVED : UNKNOWN;
  s.outbox.say(stateInfo(low, high, info));
}

/** `msg_resend_req`: open requests go again under their own ids, inside a container, since the server carries one id out once; of the rest the server learns that they are unknown. */
export function handleResendRequest(s: ConnectionState, low: number, high: number, r: Reader, now: number): void {
  const ids = readIdsOf(r);
  const info = new Uint8Array(ids.length / 2).fill(UNKNOWN);
  for (let i = 0; i < info.length; i++) {
    const pending = s.pending.find(ids[i * 2]!, ids[i * 2 + 1]!);
    if (pending === undefined) continue;
    info[i] = RECEIVED;
    resend(s, pending, now);
  }
  if (info.includes(UNKNOWN)) s.outbox.say(stateInfo(low, high, info));
}

function readIdsOf(r: Reader): number[] {
  r.skip(4);
  const ids: number[] = [];
  readIds(r, ids);
  if (ids.length > MAX_IDS * 2) throw new TlReadError(`${ids.length / 2} ids`, r.pos);
  return ids;
}

/**
 * `new_session_created first_msg_id unique_id server_salt`: whatever was sent before `first_msg_id` is forgotten at
 * the server. In a session that has lived, updates may be missing too.
 */
export function handleNewSession(s: ConnectionState, _low: number, _high: number, r: Reader, now: number): void {
  r.skip(4);
  const firstLow = r.int32();
  const firstHigh = r.int32();
  const uniqueLow = r.int32();
  const uniqueHigh = r.int32();
  if (uniqueLow === s.uniqueLow && uniqueHigh === s.uniqueHigh) return;
  s.uniqueLow = uniqueLow;
  s.uniqueHigh = uniqueHigh;
  s.salts.set(r.int32(), r.int32(), s.serverSeconds(now));
  s.referenceLow = s.referenceHigh = 0;
  for (const pending of s.pending.sent())
    if (isBefore(pending, firstLow, firstHigh)) reissueOrRefuse(s, pending, refusal('SessionReset'));
  if (s.hasHistory) {
    notify(s, refusal('UpdatesDropped'));
    writeTooLong(s);
  }
}

/** Both the message and the container it went in lie before the first id the server knows. */
function isBefore(pending: Pending, firstLow: number, firstHigh: number): boolean {
  const inContainer = pending.containerHigh !== 0;
  const low = inContainer ? pending.containerLow : pending.msgIdLow;
  const high = inContainer ? pending.containerHigh : pending.msgIdHigh;
  return isAfter(firstLow, firstHigh, low, high);
}

/** `{"id":0,"message":{"_cons":"updatesTooLong"}}`: what Telegram itself says when a client must ask for the difference. */
function writeTooLong(s: ConnectionState): void {
  const out = s.sink.update();
  const mark = s.dialect.begin(out, s.dialect.noticeId);
  s.dialect.named(out, 'updatesTooLong');
  s.dialect.end(out, mark);
  s.sink.end();
}

/** Everything that is no service message: an update, for the client as it is. */
export function handleUpdate(s: ConnectionState, low: number, high: number, r: Reader): void {
  s.hasHistory = true;
  s.received.fresh.push(low, high);
  try {
    s.dialect.update(s.sink.update(), s.env.codec, r, s.session.style);
    s.sink.end();
  } catch (error) {
    s.sink.drop();
    if (!(error instanceof DecodeFailure) && !(error instanceof TlReadError)) throw error;
    s.sink.log('unreadable update', { reason: error.message });
    notify(s, refusal('UpdatesDropped'));
  }
}

/** Read, acknowledged by its seq_no, and of no consequence. */
export function handleNothing(): void {}
