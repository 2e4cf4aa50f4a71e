/**
 * Make keys: the keys a connection needs before anything is said on it: the permanent one, and a temporary one bound to
 * it where they are wanted (protocol: Key exchange; Forward secrecy).
 * In: a connection that stands, unencrypted messages, what came of a binding, the time. Out: handshake messages; a session
 * that is ready. Never: a key replaced in silence.
 */
import { Reader, TlReadError } from '../../bytes/reader.ts';
import type { AuthKey } from '../../crypto/auth-key.ts';
import { DhError } from '../../crypto/dh.ts';
import { FactorError } from '../../crypto/factor.ts';
import type { Refusal } from '../../dialect/dialect.ts';
import { fallBack } from './fall-back.ts';
import { Handshake, HandshakeError, TEST_OFFSET } from '../handshake/handshake.ts';
import { comeBack, dropLink, endAll, hangUp, leaveLink, loseKey } from './hang-up.ts';
import { askAfterReconnect } from '../delivery/request-states.ts';
import { refusal } from '../answers/refusals.ts';
import type { ConnectionState } from '../state/state.ts';
import { bind, dropTemporary, TEMPORARY_SECONDS, type Binding } from './temporary.ts';
import { noteTrouble, prove, reasonOf } from './trouble.ts';

/** The whole exchange must end within this, ms (protocol: Key exchange). */
const HANDSHAKE_MS = 10_000;
/** Each step of the exchange must be answered within this, ms. */
const STEP_MS = 5_000;

/** The permanent key first, then a temporary one where they are wanted, then the session. */
export function makeKeys(s: ConnectionState, now: number): void {
  if (s.keys.permanent === undefined) startHandshake(s, now, undefined);
  else if (s.keys.inForce === undefined) startHandshake(s, now, TEMPORARY_SECONDS);
  else onReady(s, now);
}

function startHandshake(s: ConnectionState, now: number, expiresIn: number | undefined): void {
  const { server, env } = s;
  const dc = server.dc + (server.test ? TEST_OFFSET : 0);
  const handshake = new Handshake(env.keysFor(server), dc, env.fill, expiresIn);
  s.link.handshake = handshake;
  s.link.handshakeEnds = now + HANDSHAKE_MS;
  const body = env.body;
  body.clear();
  handshake.start(body);
  sendPlain(s, now);
}

/** An unencrypted message: `0 | msg_id | length | body` (protocol: Unencrypted messages). */
function sendPlain(s: ConnectionState, now: number): void {
  const { body } = s.env;
  s.ids.next(now, s.env.random32());
  s.link.handshakeUntil = Math.min(s.link.handshakeEnds, now + STEP_MS);
  const out = s.sink.send(s.linkNumber);
  const mark = s.link.transport!.begin(out);
  out.long(0, 0);
  out.long(s.ids.low, s.ids.high);
  out.int32(body.pos);
  out.raw(body.bytes, 0, body.pos);
  s.link.transport!.end(out, mark);
  s.sink.end();
  body.bytes.fill(0, 0, body.pos);
}

/** The server's next unencrypted message. What is wrong in it ends the attempt and the requests that waited for it. */
export function onPlainPacket(s: ConnectionState, bytes: Uint8Array, start: number, end: number, now: number): void {
  const { handshake } = s.link;
  if (handshake === undefined) return dropLink(s, now, 'an unencrypted packet came out of turn');
  try {
    const r = new Reader(bytes, start, end);
    r.skip(16);
    const length = r.int32();
    r.need(length);
    r.end = r.pos + length;
    const { body } = s.env;
    body.clear();
    if (handshake.receive(r, body)) sendPlain(s, now);
    else finishHandshake(s, handshake, now);
  } catch (error) {
    if (!isHandshakeFault(error)) throw error;
    const reason = reasonOf(s.link, error.message);
    failHandshake(s, refusal('HandshakeFailed', { reason, retryable: false }), now);
  }
}

function isHandshakeFault(error: unknown): error is Error {
  return (
    error instanceof HandshakeError ||
    error instanceof TlReadError ||
    error instanceof DhError ||
    error instanceof FactorError
  );
}

function finishHandshake(s: ConnectionState, handshake: Handshake, now: number): void {
  const { key, saltLow, saltHigh, serverTime } = handshake.result!;
  s.link.handshake = undefined;
  s.link.handshakeUntil = Infinity;
  s.sink.keyMade(s.linkNumber);
  if (handshake.expiresIn === undefined) takePermanent(s, key, serverTime);
  else s.keys.takeTemporary(key, serverTime + handshake.expiresIn);
  s.ids.learn(serverTime | 0, 0, now);
  // A first guess: what counts is the clock of the messages to come.
  s.ids.isSynchronised = false;
  s.renewSession(false);
  s.salts.set(saltLow, saltHigh, serverTime);
  s.backOff.succeeded();
  prove(s, now);
  s.sink.log('key created', { dc: s.server.dc });
  makeKeys(s, now);
}

function takePermanent(s: ConnectionState, key: AuthKey, serverTime: number): void {
  s.keys.takePermanent(key, serverTime, s.env.settings.forwardSecrecy === 'made');
  s.env.claims.claim(key.idLow, key.idHigh, s.number);
}

/** Ends the attempt; every waiting request is told why, unless the session can do without this key. */
export function failHandshake(s: ConnectionState, refused: Refusal, now: number): void {
  const isTemporary = s.link.handshake?.expiresIn !== undefined;
  if (isTemporary && refused.error === 'HandshakeFailed' && s.env.settings.forwardSecrecy === 'made')
    return goOnWithout(s, false, now);
  noteTrouble(s, refused.reason ?? refused.msg, now);
  hangUp(s);
  comeBack(s, now);
  endAll(s, refused);
}

/** Requests that were on their way when the last connection ended are asked about. */
function onReady(s: ConnectionState, now: number): void {
  if (!s.keys.isPermanentInForce && !s.keys.isBound) bind(s, now, (binding, at) => onBinding(s, binding, at));
  askAfterReconnect(s, now);
  s.link.awaitingSince = now;
}

/** What came of binding the temporary key. */
function onBinding(s: ConnectionState, binding: Binding, now: number): void {
  s.binding = undefined;
  if (binding === 'dead') return loseKey(s);
  if (binding === 'bound') s.keys.bound();
  else goOnWithout(s, binding === 'impossible', now);
}

/** No temporary key could be had, or bound: another try on another connection, or none for a while. */
export function goOnWithout(s: ConnectionState, isImpossible: boolean, now: number): void {
  fallBack(s, isImpossible, now);
  dropLink(s, now, 'no temporary key could be bound');
}

/** Renews an old temporary key, on another connection. */
export function renewTemporary(s: ConnectionState, now: number): void {
  dropTemporary(s);
  leaveLink(s, now);
}

/** The pause without temporary keys is over: another one is tried, on another connection. */
export function tryTemporaryAgain(s: ConnectionState, now: number): void {
  s.keys.wantTemporary();
  leaveLink(s, now);
}
