/**
 * Due: what time asks of one connection of a session: time-outs, pings, silence, renewals, pauses that are over.
 * In: a state, the time. Out: what is due, done; when something will be next. Never: a timer, or a clock of its own.
 */
import { dropAnswer } from '../tl/service.ts';
import { abandonedAt, destroyAbandoned } from './delivery/abandoned.ts';
import { answerTimeout, refuse } from './answers/answers.ts';
import { redial } from './link/connect.ts';
import { dropLink, hangUp } from './link/hang-up.ts';
import { renewTemporary, tryTemporaryAgain } from './link/make-keys.ts';
import { AnswerBy, type Pending } from './state/pending.ts';
import { lookForSilence, questionAt } from './delivery/asking.ts';
import { refusal } from './answers/refusals.ts';
import type { State } from './state/state.ts';
import { dueAgainAt, isDueAgain, isWorn, wornAt } from './link/temporary.ts';
import { whyNotConnected } from './link/trouble.ts';

/** With requests open: ask after so long a silence, give the connection up after so long (threats: The network). */
const BUSY_PING_MS = 10_000;
const BUSY_DEAD_MS = 15_000;
/** With none: the server waits 75 s for the next ping. */
const IDLE_PING_MS = 60_000;
const IDLE_DEAD_MS = 110_000;
/** Salts refused one after the other without an answer between (threats: The network). */
const SALT_STORM = 10;

/** Does what is due on one connection. */
export function tickConnection(s: State, now: number): void {
  for (const pending of s.pending.expire(now)) endLate(s, pending);
  s.pending.release(now);
  if (s.link.redialAt <= now && s.link.stage === 'down') redial(s);
  if (s.link.handshakeUntil <= now) dropLink(s, now, 'the key exchange did not end in time');
  if (!s.isReady) return;
  if (isWorn(s, now)) return renewTemporary(s, now);
  if (isDueAgain(s, now)) return tryTemporaryAgain(s, now);
  destroyAbandoned(s, now);
  if (deadAt(s) <= now || s.saltRefusals >= SALT_STORM) {
    const why = deadAt(s) <= now ? 'nothing was heard from there for too long' : 'it refuses every salt';
    s.saltRefusals = 0;
    dropLink(s, now, why);
  } else if (!lookForSilence(s, now)) {
    const { isAnswerLost } = s.questions;
    dropLink(s, now, isAnswerLost ? 'an answer was lost on the way' : 'it answers neither questions nor pings');
  } else if (pingAt(s) <= now) {
    keepAlive(s);
  }
}

/** A connection beside the home one is closed when nobody has used it for a while. */
function keepAlive(s: State): void {
  if (s.role !== 'home' && s.pending.size === 0) return hangUp(s);
  s.link.pinged = true;
  s.outbox.pingDue = true;
}

/** When `tickConnection` has something to do, Unix ms; Infinity if never. */
export function deadlineOf(s: State): number {
  const first = Math.min(s.pending.firstDeadline, s.pending.firstRelease, s.link.handshakeUntil);
  if (s.link.stage === 'down') return Math.min(first, s.lost ? Infinity : s.link.redialAt);
  return s.isReady
    ? Math.min(first, s.outbox.ackAt, pingAt(s), deadAt(s), wornAt(s), dueAgainAt(s), questionAt(s), abandonedAt(s))
    : first;
}

/** `rpc_timeout` if the server may have it; what never left was never connected. */
function endLate(s: State, pending: Pending): void {
  if (!pending.everSent) return refuse(s, pending, refusal('NotConnected', { reason: whyNotConnected(s) }));
  answerTimeout(s, pending);
  if (pending.answerBy === AnswerBy.RPC) s.outbox.say(dropAnswer(pending.msgIdLow, pending.msgIdHigh));
}

function pingAt(s: State): number {
  if (s.link.pinged) return Infinity;
  const idle = s.link.lastPing + IDLE_PING_MS;
  return isAwaiting(s) ? Math.min(idle, s.link.awaitingSince + BUSY_PING_MS) : idle;
}

function deadAt(s: State): number {
  return isAwaiting(s) ? s.link.awaitingSince + BUSY_DEAD_MS : s.link.lastReceived + IDLE_DEAD_MS;
}

/** A request whose time is over leaves a connection as silent as it found it. */
function isAwaiting(s: State): boolean {
  return s.link.isUnheard || s.pending.sentCount > 0;
}
