/**
 * Connect: dialling, losing a connection and coming back (protocol: Delivery; Transports).
 * In: events of the connection, the time. Out: dials; what follows from an event, in `make-keys.ts` and `hang-up.ts`.
 * Never: two connections of one session at a time.
 */
import type { LinkEnd } from '../../batch/link-records.ts';
import type { Refusal } from '../../dialect/dialect.ts';
import { makeTransport } from '../../transport/make.ts';
import { noteLostExchange } from './fall-back.ts';
import { TEST_OFFSET } from '../handshake/handshake.ts';
import { comeBack, dropLink, endAll, hangUp, loseKey, pause } from './hang-up.ts';
import { failHandshake, goOnWithout, makeKeys } from './make-keys.ts';
import { NO_OTHERS, othersOf } from '../state/servers.ts';
import { delivered } from '../answers/answers.ts';
import { tellKeyEnd } from '../answers/key-outcomes.ts';
import { refusal } from '../answers/refusals.ts';
import type { Mtproxy } from '../settings.ts';
import type { ConnectionState } from '../state/state.ts';
import { noteTrouble, refusalOfDial, statusWords, tell, troubleWords } from './trouble.ts';

/** Transport codes (protocol: Transports). */
const KEY_UNKNOWN = -404;
const FLOOD = -429;
const WRONG_DC = -444;

/** Dials if there is no connection, a request waits, and no pause is due. */
export function connectIfNeeded(s: ConnectionState, now: number): void {
  if (s.link.stage !== 'down' || s.isLost || s.pending.queue.length === 0) return;
  if (s.link.redialAt !== Infinity && s.link.redialAt > now) return;
  dial(s);
}

/** The pause after a failure is over: dials if the session needs a connection. */
export function redial(s: ConnectionState): void {
  s.link.redialAt = Infinity;
  if (!s.isLost && isWanted(s)) dial(s);
  else s.link.trouble = undefined;
}

/** A session with a key dials even if nothing waits, since updates may. */
function isWanted(s: ConnectionState): boolean {
  return (s.role === 'home' && s.keys.permanent !== undefined) || s.pending.size > 0;
}

function dial(s: ConnectionState): void {
  const { settings } = s.env;
  if (settings.mtproxy !== undefined) return dialThrough(s, settings.mtproxy);
  const { host, port, namedBy } = s.server;
  const others = othersOf(settings.dataCentres, s.server);
  s.link.dialled(
    makeTransport(settings.transport, { isObfuscated: settings.obfuscated, fill: s.env.fill }),
    host,
    port,
  );
  tell(s, 'dialled');
  s.sink.dial(s.linkNumber, s.link.attempt, host, port, namedBy, s.keys.inForce === undefined, others);
}

/** An MTProxy learns from the obfuscated head which data centre is meant (protocol: Transports). */
function dialThrough(s: ConnectionState, { host, port, secret, transport }: Mtproxy): void {
  const dc = s.server.dc + (s.server.test ? TEST_OFFSET : 0);
  const options = { secret, dc: s.role === 'media' ? -dc : dc, fill: s.env.fill };
  s.link.dialled(makeTransport(transport, options), host, port);
  tell(s, 'dialled');
  s.sink.dial(s.linkNumber, s.link.attempt, host, port, 'operator', s.keys.inForce === undefined, NO_OTHERS);
}

/** The connection stands: the key exchange begins, or the session goes on. */
export function onOpened(s: ConnectionState, now: number): void {
  s.link.opened(now);
  s.isInitDone = false;
  const out = s.sink.send(s.linkNumber);
  s.link.transport!.open(out);
  s.sink.end();
  makeKeys(s, now);
}

/** The main thread lost the connection, or never got one: a first one ends the requests that waited, later ones are dialled again. */
export function onClosed(s: ConnectionState, why: LinkEnd, now: number): void {
  noteLostExchange(s, now);
  noteTrouble(s, troubleWords(why), now);
  s.link.dropped();
  if (why.wasNeverUp && !s.link.wasUp) {
    comeBack(s, now);
    endAll(s, refusalOfDial(why));
    return;
  }
  comeBack(s, now);
}

/** A transport error: a negative number in place of a packet. */
export function onStatus(s: ConnectionState, code: number, now: number): void {
  const { handshake } = s.link;
  // Without a temporary key the session can wait.
  const isFatal = code === WRONG_DC || (code === FLOOD && handshake?.expiresIn === undefined);
  if (handshake !== undefined && isFatal) return failHandshake(s, statusRefusal(s, code), now);
  if (handshake !== undefined && code !== FLOOD) return dropLink(s, now, statusWords(code));
  if (code === FLOOD) return flood(s, statusWords(code), now);
  if (code === WRONG_DC) return failHandshake(s, refusal('InvalidDC'), now);
  if (code === KEY_UNKNOWN && !s.keys.isPermanentInForce) return goOnWithout(s, false, now);
  if (code === KEY_UNKNOWN && s.isKeyDoubted) return loseKey(s);
  if (code === KEY_UNKNOWN) s.isKeyDoubted = true;
  dropLink(s, now, statusWords(code));
}

function statusRefusal(s: ConnectionState, code: number): Refusal {
  if (code === WRONG_DC) return refusal('InvalidDC');
  s.backOff.flooded();
  return refusal('TransportFlood', { retryAfter: Math.ceil(s.backOff.delay(0) / 1000) });
}

/** Transport code -429: hangs up and comes back after a growing pause; requests wait until their own time-out. */
function flood(s: ConnectionState, why: string, now: number): void {
  s.backOff.flooded();
  noteTrouble(s, why, now);
  hangUp(s);
  pause(s, now);
}

/** The client is gone: hangs up, zeroes all keys, gives their claims back. */
export function close(home: ConnectionState): void {
  const { otherKeys, others } = home.session;
  for (const s of [home, ...others]) {
    if (s.link.stage !== 'down') hangUp(s);
    for (const pending of s.pending.clear()) tellKeyEnd(s, pending, delivered(pending));
    if (s.keys.permanent !== undefined) otherKeys.set(-1 - s.linkNumber, s.keys.permanent);
    s.keys.wipe();
  }
  for (const key of otherKeys.values()) {
    home.env.claims.release(key.idLow, key.idHigh, home.number);
    key.wipe();
  }
  otherKeys.clear();
}
