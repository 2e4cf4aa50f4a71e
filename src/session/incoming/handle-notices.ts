/**
 * Handle notices: small service messages: acknowledgements, pongs, what became of a session or key that was destroyed, answers that exist (protocol: Delivery; Service messages).
 * In: bodies. Out: requests acknowledged or answered; acknowledgements and `msg_resend_req` for the next packet.
 */
import { Crc, resendRequest } from '../../tl/service.ts';
import { answer } from '../answers/answers.ts';
import { AnswerBy } from '../state/pending.ts';
import type { ConnectionState } from '../state/state.ts';
import type { Incoming } from './incoming.ts';
import { readIdsOf } from './read-ids.ts';

/** `msgs_ack`: delivered; the answer is still awaited. */
export function handleAcks(s: ConnectionState, { body: r }: Incoming): void {
  const ids = readIdsOf(r);
  for (let i = 0; i < ids.length; i += 2) {
    const pending = s.pending.find(ids[i]!, ids[i + 1]!);
    if (pending !== undefined) s.noteAcknowledged(pending);
  }
}

/** `pong msg_id ping_id`: answers the client's ping of that msg_id; after one of the gateway's own, nothing is left to do. */
export function handlePong(s: ConnectionState, { low, high, body: r }: Incoming, now: number): void {
  const at = r.skip(4);
  const [pingLow, pingHigh] = [r.int32(), r.int32()];
  const pending = s.pending.find(pingLow, pingHigh);
  r.pos = at;
  s.saltRefusals = 0;
  s.noteTaken(pingLow, pingHigh);
  if (pending === undefined) return;
  s.ids.learnFromAnswer(high, low, pending.msgIdHigh, now);
  s.noteAnswered(pending.msgIdLow, pending.msgIdHigh);
  answer(s, pending, 'object', r, now);
}

/** `destroy_session_ok/none`: names a session and no request, so the oldest open `destroy_session` of the client gets it. */
export function handleDestroyed(s: ConnectionState, { body: r }: Incoming, now: number): void {
  const pending = s.pending.oldest(AnswerBy.DESTROY);
  if (pending !== undefined) answer(s, pending, 'object', r, now);
}

/** `destroy_auth_key_ok/none/fail`: ends the gateway's own call, whatever came of it. */
export function handleKeyDestroyed(s: ConnectionState, _message: Incoming, now: number): void {
  const pending = s.pending.oldest(AnswerBy.DESTROY_KEY);
  if (pending === undefined) return;
  s.pending.remove(pending);
  pending.ownCall?.done({}, now);
}

/**
 * `msg_detailed_info msg_id answer_msg_id bytes status` and `msg_new_detailed_info answer_msg_id …`: the answer exists.
 * One already here is acknowledged again; one that is not is asked for.
 */
export function handleDetailedInfo(s: ConnectionState, { body: r }: Incoming, now: number): void {
  if (r.uint32() === Crc.msgDetailedInfo) r.skip(8);
  const low = r.int32();
  const high = r.int32();
  if (s.received.has(low, high)) s.outbox.acknowledge(low, high, now);
  else s.outbox.say(resendRequest(low, high));
}

/** A message that has no effect beyond its acknowledgement. */
export function handleNothing(): void {}
