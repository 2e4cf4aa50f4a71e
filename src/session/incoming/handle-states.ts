/**
 * Handle states: what the server says about messages of this side, and what it asks about its own (protocol: Delivery).
 * In: `msgs_state_info`, `msgs_all_info`, `msgs_state_req`, `msg_resend_req`. Out: requests acknowledged, sent again or
 * ended; `msgs_state_info` in answer. Never: a request sent again that may have been carried out and may not be twice.
 */
import { stateInfo } from '../../tl/service.ts';
import { refusal } from '../answers/refusals.ts';
import { mayReissue, reissueOrRefuse, resend } from '../delivery/reissue.ts';
import { TOO_OLD_SECONDS } from '../state/message-ids.ts';
import { Stage, type Pending } from '../state/pending.ts';
import { isBelievable } from '../state/state-requests.ts';
import type { ConnectionState } from '../state/state.ts';
import type { Incoming } from './incoming.ts';
import { readIdsOf } from './read-ids.ts';
import { answerNamed } from './answer-named.ts';

/** Low three bits of a message's state: below this the server has not received it. */
const RECEIVED = 4;
/** Bit of a message's state: the answer is made; it was sent, or will be. */
const ANSWER_MADE = 64;
/** Low three bits of a message's state: nothing is known of it. */
const UNKNOWN = 1;

/** `msgs_state_info req_msg_id info`: one byte for each id that was asked for. */
export function handleStateInfo(s: ConnectionState, { body: r }: Incoming, now: number): void {
  r.skip(4);
  const low = r.int32();
  const high = r.int32();
  if (answerNamed(s, low, high, r, now)) return;
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
 * The server has not received a request. A connection that stands loses nothing, so its packet is late: a request that must
 * not be done twice waits for that packet, and is asked about again. With a lost connection the packet may be lost: the
 * request is resent under its own msg_id, which the server carries out once; it gets a new one only when the old is too old
 * to be taken.
 */
function wasNotReceived(s: ConnectionState, pending: Pending, now: number): void {
  if (pending.attempt === s.link.attempt && !mayReissue(s, pending)) return;
  const isOld = s.serverSeconds(now) - (pending.msgIdHigh >>> 0) > TOO_OLD_SECONDS;
  if (isOld) s.pending.reissue([pending]);
  else if (pending.isIdRefused) reissueOrRefuse(s, pending, refusal('DeliveryUnknown'));
  else resend(s, pending, now);
}

/** The server has the request. An answer that was made, and has not come when the server says so a second time, is lost. */
function wasReceived(s: ConnectionState, pending: Pending, isAnswerMade: boolean): void {
  s.noteAcknowledged(pending);
  if (isAnswerMade && pending.isAnswerMade) s.stateRequests.isAnswerLost = true;
  pending.isAnswerMade = isAnswerMade;
  s.stateRequests.noteMoved(pending);
}

/** `msgs_all_info msg_ids info`: states the server sends unasked. Only "received" is taken from it: what it calls lost may be on its way. */
export function handleAllInfo(s: ConnectionState, { body: r }: Incoming): void {
  const ids = readIdsOf(r);
  const info = r.view();
  if (info.length * 2 !== ids.length) return;
  for (let i = 0; i < info.length; i++) {
    const pending = s.pending.find(ids[i * 2]!, ids[i * 2 + 1]!);
    if (pending !== undefined && (info[i]! & 7) >= RECEIVED) s.noteAcknowledged(pending);
  }
}

/** `msgs_state_req`: the server asks which of its messages have come: 4 is received, 1 is nothing known. */
export function handleStateRequest(s: ConnectionState, { low, high, body: r }: Incoming): void {
  const ids = readIdsOf(r);
  const info = new Uint8Array(ids.length / 2);
  for (let i = 0; i < info.length; i++) info[i] = s.received.has(ids[i * 2]!, ids[i * 2 + 1]!) ? RECEIVED : UNKNOWN;
  s.outbox.say(stateInfo(low, high, info));
}

/** `msg_resend_req`: open requests go again under their own ids, inside a container, since the server carries one id out once; of the rest the server learns that they are unknown. */
export function handleResendRequest(s: ConnectionState, { low, high, body: r }: Incoming, now: number): void {
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
