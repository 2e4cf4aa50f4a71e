/**
 * Handle new session: the server has begun the session anew, of its own accord (protocol: Delivery, `new_session_created`).
 * In: the notice. Out: the new salt; what was sent before is sent again or ended; the client is told that updates may be missing.
 * Never: the same notice twice.
 */
import { notify } from '../answers/answers.ts';
import { refusal } from '../answers/refusals.ts';
import { reissueOrRefuse } from '../delivery/reissue.ts';
import { isAfter } from '../state/message-ids.ts';
import type { Pending } from '../state/pending.ts';
import type { ConnectionState } from '../state/state.ts';
import type { Incoming } from './incoming.ts';

/**
 * `new_session_created first_msg_id unique_id server_salt`: whatever was sent before `first_msg_id` is forgotten at
 * the server. In a session that has lived, updates may be missing too.
 */
export function handleNewSession(s: ConnectionState, { body: r }: Incoming, now: number): void {
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
  const isInContainer = pending.containerHigh !== 0;
  const low = isInContainer ? pending.containerLow : pending.msgIdLow;
  const high = isInContainer ? pending.containerHigh : pending.msgIdHigh;
  return isAfter(firstLow, firstHigh, low, high);
}

/** `{"id":0,"message":{"_cons":"updatesTooLong"}}`: what Telegram itself says when a client must ask for the difference. */
function writeTooLong(s: ConnectionState): void {
  for (const { form, dialect } of s.session.attachments.listeners) {
    const out = s.sink.update(form);
    const mark = dialect.begin(out, dialect.noticeId);
    dialect.named(out, 'updatesTooLong');
    dialect.end(out, mark);
    s.sink.end();
  }
}
