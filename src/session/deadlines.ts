/**
 * Deadlines: what time asks of a session: one table of all that may fall due on one of its connections.
 * In: a state, the time. Out: what is due, done; when something will be next. Never: a timer, or a clock of its own.
 */
import { dropAnswer } from '../tl/service.ts';
import { staleAt, destroyStale } from './delivery/stale-sessions.ts';
import { answerTimeout, refuse } from './answers/answers.ts';
import { redial } from './link/connect.ts';
import { dropLink, hangUp } from './link/hang-up.ts';
import { renewTemporary, tryTemporaryAgain } from './link/make-keys.ts';
import { AnswerBy, type Pending } from './state/pending.ts';
import { lookForSilence, stateRequestAt } from './delivery/request-states.ts';
import { refusal } from './answers/refusals.ts';
import type { ConnectionState } from './state/state.ts';
import { dueAgainAt, wornAt } from './link/temporary.ts';
import { whyNotConnected } from './link/trouble.ts';

/** With requests open, a connection that carried no packet for so long is pinged, then given up, ms (threats: The network). */
const BUSY_PING_MS = 10_000;
const BUSY_DEAD_MS = 15_000;
/** The same with no request open, ms: the server waits 75 s for the next ping. */
const IDLE_PING_MS = 60_000;
const IDLE_DEAD_MS = 110_000;
/** After so many refused salts without an answer between, the connection is dropped (threats: The network). */
const SALT_STORM = 10;

/** Something that may fall due on one connection. */
interface Timer {
  /** When, Unix ms; Infinity if never. */
  at(s: ConnectionState): number;
  /** Does what is due; it is not due any more then. */
  fire(s: ConnectionState, now: number): void;
}

/** Of every connection, in the order they are looked at. */
const ALWAYS: Readonly<Record<'request' | 'wait' | 'redial' | 'handshake', Timer>> = {
  /** An open request runs out of time: its client is told. */
  request: {
    at: (s) => s.pending.firstDeadline,
    fire: (s, now) => {
      for (const pending of s.pending.expire(now)) endLate(s, pending);
    },
  },
  /** A wait that the server asked for is over: its requests go. */
  wait: { at: (s) => s.pending.firstRelease, fire: (s, now) => s.pending.release(now) },
  /** The pause after a lost connection is over: another is dialled, if anybody wants it. */
  redial: { at: (s) => (s.link.stage === 'down' && !s.isLost ? s.link.redialAt : Infinity), fire: redial },
  /** A step of a key exchange took too long: the connection is given up. */
  handshake: {
    at: (s) => s.link.handshakeUntil,
    fire: (s, now) => dropLink(s, now, 'the key exchange did not end in time'),
  },
};

type ReadyTimer =
  | 'temporaryWorn'
  | 'temporaryAgain'
  | 'staleSessions'
  | 'dead'
  | 'stateRequest'
  | 'acknowledge'
  | 'ping';

/** Of a connection that may send, in the order they are looked at; once one ends the connection, the rest are not looked at. */
const WHILE_READY: Readonly<Record<ReadyTimer, Timer>> = {
  /** The temporary key is old: another is made, on another connection. */
  temporaryWorn: { at: wornAt, fire: renewTemporary },
  /** A while has passed without temporary keys: they are tried again. */
  temporaryAgain: { at: dueAgainAt, fire: tryTemporaryAgain },
  /** Nothing can run any more in a session that was left: it is destroyed at the server. */
  staleSessions: { at: staleAt, fire: destroyStale },
  /** Nothing was heard for too long: the connection is given up. */
  dead: { at: deadAt, fire: (s, now) => dropLink(s, now, 'nothing was heard from there for too long') },
  /** Requests were not heard of, or a `msgs_state_req` was not answered: the server is asked, or the connection given up. */
  stateRequest: { at: stateRequestAt, fire: ask },
  /** Acknowledgements have waited long enough: the next `flush` sends them. */
  acknowledge: { at: (s) => s.outbox.ackAt, fire: () => undefined },
  /** A sign of life is due: the server is pinged, or a connection that nobody uses is closed. */
  ping: { at: pingAt, fire: keepAlive },
};

const always = Object.values(ALWAYS);
const whileReady = Object.values(WHILE_READY);

/** Does what is due on one connection. */
export function tickConnection(s: ConnectionState, now: number): void {
  for (let i = 0; i < always.length; i++) if (always[i]!.at(s) <= now) always[i]!.fire(s, now);
  if (s.saltRefusals >= SALT_STORM && s.isReady) endSaltStorm(s, now);
  for (let i = 0; i < whileReady.length && s.isReady; i++) if (whileReady[i]!.at(s) <= now) whileReady[i]!.fire(s, now);
}

/** When a session has something to do: any of its connections, or that it is to be given up, Unix ms; Infinity if never. */
export function firstDeadline({ session }: ConnectionState): number {
  let first = Math.min(session.leaveBy, session.aloneBy, session.repeats.firstDeadline, deadlineOf(session.home));
  for (let i = 0; i < session.others.length; i++) first = Math.min(first, deadlineOf(session.others[i]!));
  return first;
}

/** When `tickConnection` has something to do, Unix ms; Infinity if never. */
function deadlineOf(s: ConnectionState): number {
  let first = Infinity;
  for (let i = 0; i < always.length; i++) first = Math.min(first, always[i]!.at(s));
  if (!s.isReady) return first;
  for (let i = 0; i < whileReady.length; i++) first = Math.min(first, whileReady[i]!.at(s));
  return first;
}

/** The server refuses every salt, even the one it has just sent: the connection is dropped. */
function endSaltStorm(s: ConnectionState, now: number): void {
  s.saltRefusals = 0;
  dropLink(s, now, 'it refuses every salt');
}

function ask(s: ConnectionState, now: number): void {
  if (lookForSilence(s, now)) return;
  const { isAnswerLost } = s.stateRequests;
  dropLink(s, now, isAnswerLost ? 'an answer was lost on the way' : 'it answers neither questions nor pings');
}

/** A connection beside the home one is closed when nobody has used it for a while. */
function keepAlive(s: ConnectionState): void {
  if (s.role !== 'home' && s.pending.size === 0) return hangUp(s);
  s.link.isPinged = true;
  s.outbox.isPingDue = true;
}

/** `rpc_timeout` if the server may have it; what never left was never connected. */
function endLate(s: ConnectionState, pending: Pending): void {
  if (!pending.wasSent) return refuse(s, pending, refusal('NotConnected', { reason: whyNotConnected(s) }));
  answerTimeout(s, pending);
  if (pending.answerBy === AnswerBy.RPC) s.outbox.say(dropAnswer(pending.msgIdLow, pending.msgIdHigh));
}

function pingAt(s: ConnectionState): number {
  if (s.link.isPinged) return Infinity;
  const idle = s.link.lastPing + IDLE_PING_MS;
  return isAwaiting(s) ? Math.min(idle, s.link.awaitingSince + BUSY_PING_MS) : idle;
}

function deadAt(s: ConnectionState): number {
  return isAwaiting(s) ? s.link.awaitingSince + BUSY_DEAD_MS : s.link.lastReceived + IDLE_DEAD_MS;
}

/** Whether an answer is awaited: a request is sent, or one was sent and no packet has come since, though its time is over. */
function isAwaiting(s: ConnectionState): boolean {
  return s.link.isUnheard || s.pending.sentCount > 0;
}
