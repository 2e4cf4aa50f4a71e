/**
 * Connect: dialling, creating a key, losing a connection and coming back (protocol: Key exchange; Delivery; Transports).
 * In: events of the connection, the time. Out: dials, handshake messages, the fate of open requests.
 * Never: two connections of one session at a time, or a key replaced in silence.
 */
import { Reader, TlReadError } from '../bytes/reader.ts';
import type { AuthKey } from '../crypto/auth-key.ts';
import { DhError } from '../crypto/dh.ts';
import { FactorError } from '../crypto/factor.ts';
import type { Refusal } from '../dialect/dialect.ts';
import { makeTransport } from '../transport/make.ts';
import { notify, refuse } from './answers.ts';
import { Handshake, HandshakeError } from './handshake.ts';
import { markLost } from './keeping.ts';
import { NO_OTHERS, othersOf } from './others.ts';
import { MessageIds } from './message-ids.ts';
import { askAfterReconnect } from './questions.ts';
import { refusal } from './refusals.ts';
import { endSent } from './repeat.ts';
import type { Mtproxy } from './settings.ts';
import type { State } from './state.ts';
import {
  bind,
  dropTemporary,
  MOST_FAILURES,
  MOST_LOST,
  PAUSE_MS,
  TEMPORARY_SECONDS,
  UNKNOWN_PAUSE_MS,
  type Binding,
} from './temporary.ts';
import { noteTrouble, prove, reasonOf, refusalOfDial, statusWords, tell, wordsOf, type Closed } from './trouble.ts';

/** The whole exchange should end within this (protocol: Key exchange). */
const HANDSHAKE_MS = 10_000;
/** Each of its steps within this: a server that says nothing keeps others from theirs. */
const STEP_MS = 5_000;
/** The test environment's data centres are numbered from here in the exchange (protocol: Key exchange, step 4). */
const TEST_OFFSET = 10_000;
/** Transport codes (protocol: Transports). */
const KEY_UNKNOWN = -404;
const FLOOD = -429;
const WRONG_DC = -444;

/** Dials if there is nothing yet and something waits. */
export function connectIfNeeded(s: State, now: number): void {
  if (s.link.stage !== 'down' || s.lost || s.pending.queue.length === 0) return;
  if (s.link.redialAt !== Infinity && s.link.redialAt > now) return;
  dial(s);
}

/** The pause after a failure is over: again, if anybody wants it. */
export function redial(s: State): void {
  s.link.redialAt = Infinity;
  if (!s.lost && isWanted(s)) dial(s);
  else s.link.trouble = undefined;
}

/** A session with a key dials even if nothing waits, since updates may. */
function isWanted(s: State): boolean {
  return (s.role === 'home' && s.permanent !== undefined) || s.pending.size > 0;
}

function dial(s: State): void {
  const { settings } = s.env;
  if (settings.mtproxy !== undefined) return dialThrough(s, settings.mtproxy);
  const { host, port, namedBy } = s.server;
  s.link.dialled(makeTransport(settings.transport, { obfuscated: settings.obfuscated, fill: s.env.fill }), host, port);
  tell(s, 'dialled');
  s.sink.dial(s.linkNumber, s.link.attempt, host, port, namedBy, s.key === undefined, othersOf(s));
}

/** An MTProxy learns from the obfuscated head which data centre is meant (protocol: Transports). */
function dialThrough(s: State, { host, port, secret, transport }: Mtproxy): void {
  const dc = s.server.dc + (s.server.test ? TEST_OFFSET : 0);
  const options = { secret, dc: s.role === 'media' ? -dc : dc, fill: s.env.fill };
  s.link.dialled(makeTransport(transport, options), host, port);
  tell(s, 'dialled');
  s.sink.dial(s.linkNumber, s.link.attempt, host, port, 'operator', s.key === undefined, NO_OTHERS);
}

/** The connection stands: the key exchange begins, or the session goes on. */
export function onOpened(s: State, now: number): void {
  s.link.opened(now);
  s.initDone = false;
  const out = s.sink.send(s.linkNumber);
  s.link.transport!.open(out);
  s.sink.end();
  makeKeys(s, now);
}

/** The permanent key first, then a temporary one where they are wanted, then the session. */
function makeKeys(s: State, now: number): void {
  if (s.permanent === undefined) startHandshake(s, now, undefined);
  else if (s.key === undefined) startHandshake(s, now, TEMPORARY_SECONDS);
  else onReady(s, now);
}

function startHandshake(s: State, now: number, expiresIn: number | undefined): void {
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
function sendPlain(s: State, now: number): void {
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
export function onPlainPacket(s: State, bytes: Uint8Array, start: number, end: number, now: number): void {
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

function finishHandshake(s: State, handshake: Handshake, now: number): void {
  const { key, saltLow, saltHigh, serverTime } = handshake.result!;
  s.link.handshake = undefined;
  s.link.handshakeUntil = Infinity;
  s.sink.keyMade(s.linkNumber);
  if (handshake.expiresIn === undefined) takePermanent(s, key, serverTime);
  else s.temporaryUntil = serverTime + handshake.expiresIn;
  if (handshake.expiresIn !== undefined || !s.forwardSecrecy) s.key = key;
  s.ids.learn(serverTime | 0, 0, now);
  // A first guess: what counts is the clock of the messages to come.
  s.ids.synchronised = false;
  s.renewSession(false);
  s.salts.set(saltLow, saltHigh, serverTime);
  s.backOff.succeeded();
  prove(s, now);
  s.sink.log(20, 'key created', { dc: s.server.dc });
  makeKeys(s, now);
}

function takePermanent(s: State, key: AuthKey, serverTime: number): void {
  s.permanent = key;
  s.permanentSince = serverTime;
  s.env.claims.claim(key.idLow, key.idHigh, s.number);
  if (s.env.settings.forwardSecrecy !== 'made') return;
  s.forwardSecrecy = true;
  s.forwardSecrecyAt = Infinity;
}

/** What came of binding the temporary key. */
function onBinding(s: State, binding: Binding, now: number): void {
  s.binding = undefined;
  if (binding === 'dead') return loseKey(s);
  s.isBound = binding === 'bound';
  if (s.isBound) s.bindFailures = 0;
  else goOnWithout(s, binding === 'impossible', now);
}

/**
 * No temporary key, or none that could be bound: another try. After several, or for a server that knows nothing of them,
 * the permanent key itself for a while, unless the operator wants them always.
 */
function goOnWithout(s: State, isImpossible: boolean, now: number): void {
  dropTemporary(s);
  const isOptional = s.env.settings.forwardSecrecy === 'made';
  if (isOptional && (isImpossible || ++s.bindFailures >= MOST_FAILURES)) {
    goOnWithoutTemporary(s, now + (isImpossible ? UNKNOWN_PAUSE_MS : PAUSE_MS));
  }
  dropLink(s, now, 'no temporary key could be bound');
}

/** @param until when they are tried again, Unix ms */
function goOnWithoutTemporary(s: State, until: number): void {
  s.sink.log(30, 'no temporary key', { dc: s.server.dc });
  s.bindFailures = 0;
  s.forwardSecrecy = false;
  s.forwardSecrecyAt = until;
  s.key = s.permanent;
  endSent(s);
  s.renewSession(false);
}

/** It has done without them for long enough: another try, on another connection. */
export function tryTemporaryAgain(s: State, now: number): void {
  s.forwardSecrecy = true;
  s.forwardSecrecyAt = Infinity;
  s.key = undefined;
  s.isBound = false;
  leaveLink(s, now);
}

/** Requests that were on their way when the last connection ended are asked about. */
function onReady(s: State, now: number): void {
  if (s.key !== s.permanent && !s.isBound) bind(s, now, (binding, at) => onBinding(s, binding, at));
  askAfterReconnect(s, now);
  s.link.awaitingSince = now;
}

/** Ends the attempt; every waiting request is told why, unless the session can do without this key. */
function failHandshake(s: State, refused: Refusal, now: number): void {
  const isTemporary = s.link.handshake?.expiresIn !== undefined;
  if (isTemporary && refused.error === 'HandshakeFailed' && s.env.settings.forwardSecrecy === 'made')
    return goOnWithout(s, false, now);
  noteTrouble(s, refused.reason ?? refused.msg, now);
  hangUp(s);
  comeBack(s, now);
  endAll(s, refused);
}

/** What was sent before may have been carried out, whatever ends it now. */
function endAll(s: State, refused: Refusal): void {
  for (const pending of s.pending.clear())
    refuse(s, pending, pending.everSent ? { ...refused, delivered: 'unknown', retryable: false } : refused);
}

/** The main thread lost the connection, or never got one. */
export function onClosed(s: State, why: Closed, now: number): void {
  noteLostExchange(s, now);
  noteTrouble(s, wordsOf(why), now);
  s.link.dropped();
  if (why.neverUp && !s.link.wasUp) {
    comeBack(s, now);
    endAll(s, refusalOfDial(why));
    return;
  }
  comeBack(s, now);
}

/** A server that closes whenever it is asked for a temporary key may have none to give. */
function noteLostExchange(s: State, now: number): void {
  if (s.link.handshake?.expiresIn === undefined || ++s.bindFailures < MOST_LOST) return;
  if (s.env.settings.forwardSecrecy === 'made') goOnWithoutTemporary(s, now + PAUSE_MS);
}

/** The temporary key is old: another, on another connection. */
export function renewTemporary(s: State, now: number): void {
  dropTemporary(s);
  leaveLink(s, now);
}

/** Another connection, at once: nothing is wrong with this one, and no pause is due for a failure nobody had. */
export function leaveLink(s: State, now: number): void {
  if (s.link.stage === 'down') return;
  hangUp(s);
  s.link.redialAt = now;
}

/** Something about this connection is wrong: away with it, and again later. The session goes on. @param why in words */
export function dropLink(s: State, now: number, why: string): void {
  if (s.link.stage === 'down') return;
  noteLostExchange(s, now);
  noteTrouble(s, why, now);
  hangUp(s);
  comeBack(s, now);
}

/** The session keeps its key and its open requests, and comes back after a pause. */
function comeBack(s: State, now: number): void {
  s.backOff.failed();
  pause(s, now);
}

/** Not before the back-off is over, whoever asks. */
function pause(s: State, now: number): void {
  s.link.redialAt = now + s.backOff.delay((s.env.random32() >>> 0) / 2 ** 32);
}

/** Ends the connection; nothing is said of it to anybody. */
export function hangUp(s: State): void {
  s.sink.hangUp(s.linkNumber);
  s.link.dropped();
}

/** A transport error: a negative number in place of a packet. */
export function onStatus(s: State, code: number, now: number): void {
  const { handshake } = s.link;
  // Without a temporary key the session can wait.
  const isFatal = code === WRONG_DC || (code === FLOOD && handshake?.expiresIn === undefined);
  if (handshake !== undefined && isFatal) return failHandshake(s, statusRefusal(s, code), now);
  if (handshake !== undefined && code !== FLOOD) return dropLink(s, now, statusWords(code));
  if (code === FLOOD) return flood(s, statusWords(code), now);
  if (code === WRONG_DC) return failHandshake(s, refusal('InvalidDC'), now);
  if (code === KEY_UNKNOWN && s.key !== s.permanent) return goOnWithout(s, false, now);
  if (code === KEY_UNKNOWN && s.keyDoubted) return loseKey(s);
  if (code === KEY_UNKNOWN) s.keyDoubted = true;
  dropLink(s, now, statusWords(code));
}

function statusRefusal(s: State, code: number): Refusal {
  if (code === WRONG_DC) return refusal('InvalidDC');
  s.backOff.flooded();
  return refusal('TransportFlood', { retryAfter: Math.ceil(s.backOff.delay(0) / 1000) });
}

/** Requests wait until their own time-out; the connection comes back after a growing pause. */
function flood(s: State, why: string, now: number): void {
  s.backOff.flooded();
  noteTrouble(s, why, now);
  hangUp(s);
  pause(s, now);
}

/** The second -404 in a row: the server does not know the key. A key that may be signed in is never replaced. */
function loseKey(s: State): void {
  hangUp(s);
  s.lost = true;
  const isExpected = s.shared.named?.isForgetting === true;
  if (s.role === 'home') markLost(s, 'AUTH_KEY_UNKNOWN');
  endAll(s, refusal('AuthKeyInvalid'));
  if (!isExpected) notify(s, refusal('AuthKeyInvalid', { fatal: true }));
}

/** The client is gone: nothing secret stays behind. */
export function close(home: State): void {
  const { keys, others } = home.shared;
  for (const s of [home, ...others]) {
    if (s.link.stage !== 'down') hangUp(s);
    s.pending.clear();
    if (s.permanent !== undefined) keys.set(-1 - s.linkNumber, s.permanent);
    s.key?.wipe();
    s.key = undefined;
    s.permanent = undefined;
  }
  for (const key of keys.values()) {
    home.env.claims.release(key.idLow, key.idHigh, home.number);
    key.wipe();
  }
  keys.clear();
}

/** Numbering for a session that is handed in: goes on after the last number the server has acknowledged. */
export function resumeIds(ids: MessageIds, lastSeqNo: number, timeOffset: number | undefined): void {
  ids.contentCount = (lastSeqNo + 1) >> 1;
  if (timeOffset !== undefined) ids.offset = timeOffset * 1000;
}
