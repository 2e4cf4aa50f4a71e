/**
 * Request states: asks the server what became of requests that nothing was heard of, and notices a dead connection
 * (protocol: Delivery). In: a connection's state, the time (Unix ms). Out: one `msgs_state_req` with a ping, at most one of
 * them unanswered on a connection; whether the connection is dead. Never: a timer.
 *
 * A `msgs_state_req` and its ping go in one packet. A connection that carries no byte after them is dead. A server that
 * answers pings but no `msgs_state_req` is asked ever more rarely. A request goes again only when the server has answered:
 * a msg_id is carried out once only in the session at the server that knows it, and the answer alone shows that this
 * session was not begun anew meanwhile.
 */
import type { Pending } from '../state/pending.ts';
import { askAt, inStep, RAREST_MS, SILENT_MS } from '../state/state-requests.ts';
import type { ConnectionState } from '../state/state.ts';

/** After a `msgs_state_req`, a connection that carries no byte for so long is presumed dead, ms; longer right after a reconnect, when all sessions may come back at once. */
const PATIENCE_MS = 2_500;
const FIRST_PATIENCE_MS = 5_000;
/** Then it gets so much more, once, ms: bytes may wait in this machine's buffers while the gateway was busy. */
const GRACE_MS = 250;

/** On a new connection, asks about every request sent over an earlier one, and pings. */
export function askAfterReconnect(s: ConnectionState, now: number): void {
  const { stateRequests } = s;
  const sent = s.pending.sent().filter((pending) => !pending.hasOwnId);
  stateRequests.unanswered = 0;
  stateRequests.isAnswerLost = false;
  stateRequests.asked = [];
  s.outbox.forgetResends();
  stateRequests.askAbout(sent, now);
  stateRequests.dueAt = inStep(now + SILENT_MS);
  stateRequests.noteRequestSent(s.link, now, FIRST_PATIENCE_MS);
  s.outbox.isPingDue = true;
}

/** When `lookForSilence` has something to do, Unix ms; Infinity if never. */
export function stateRequestAt(s: ConnectionState): number {
  if (s.stateRequests.isAnswerLost) return 0;
  if (isOut(s)) return s.stateRequests.outUntil;
  return s.pending.sentCount === 0 ? Infinity : s.stateRequests.dueAt;
}

/** Whether a `msgs_state_req` is unanswered; a mere ping counts as answered by the first byte that comes. */
function isOut(s: ConnectionState): boolean {
  const { outUntil, asked, wanted } = s.stateRequests;
  return outUntil !== Infinity && (s.link.isSilent || asked.length > 0 || wanted.length > 0);
}

/** Asks about the requests that are due, or judges the `msgs_state_req` that is out. @returns false if the connection is to be dropped */
export function lookForSilence(s: ConnectionState, now: number): boolean {
  if (s.stateRequests.isAnswerLost) return false;
  if (stateRequestAt(s) > now) return true;
  if (isOut(s)) return isThere(s, now);
  askWhatIsDue(s, now);
  return true;
}

function askWhatIsDue(s: ConnectionState, now: number): void {
  const { stateRequests } = s;
  const due: Pending[] = [];
  let next = Infinity;
  for (const pending of s.pending.sent()) {
    const at = askAt(pending);
    if (at <= now) due.push(pending);
    else if (at < next) next = at;
  }
  if (due.length > 0) {
    stateRequests.askAbout(due, now);
    stateRequests.noteRequestSent(s.link, now, PATIENCE_MS);
    s.outbox.isPingDue = true;
  }
  for (const pending of due) next = Math.min(next, askAt(pending));
  stateRequests.dueAt = inStep(next);
}

/** The time for an answer to a `msgs_state_req` is over. @returns whether the connection is alive */
function isThere(s: ConnectionState, now: number): boolean {
  const { stateRequests } = s;
  if (!s.link.isSilent) {
    stateRequests.outUntil = Infinity;
    stateRequests.silences = 0;
    const pause = Math.min(RAREST_MS, SILENT_MS * 2 ** Math.min(stateRequests.unanswered++, 8));
    stateRequests.dueAt = Math.max(stateRequests.dueAt, inStep(now + pause));
    return true;
  }
  if (!stateRequests.isLastLook) {
    stateRequests.isLastLook = true;
    stateRequests.outUntil = now + GRACE_MS;
    return true;
  }
  stateRequests.outUntil = Infinity;
  stateRequests.silences++;
  return false;
}
