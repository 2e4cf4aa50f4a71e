/**
 * Session: the MTProto machine for one client.
 * In: requests, DC bytes, the time. Out: through Sink. Never: sockets, timers, the clock.
 *
 * Order of calls: `resume` and `again`, if at all, before all else; then any events of a batch; `work` while `hasWork`;
 * `flush` once a batch, and again while `hasRest`; `save` at its end. `nextDeadline` may change after any of them; a
 * `tick` too many does nothing. After `close` nothing is called.
 */
import type { PacketSink } from '../transport/transport.ts';
import { notify, refuse } from './answers/answers.ts';
import { close, onClosed, onOpened, onStatus } from './link/connect.ts';
import { type TakenMessage, tellCrash } from './crash.ts';
import { dropLink } from './link/hang-up.ts';
import { onPlainPacket } from './link/make-keys.ts';
import type { Dialect, Refusal } from '../dialect/dialect.ts';
import { firstDeadline, tickConnection } from './deadlines.ts';
import type { Env } from './env.ts';
import { isPlain, receivePacket } from './incoming/receive.ts';
import { refusal } from './answers/refusals.ts';
import { takeOn, takeRequest } from './requests/requests.ts';
import { restore, takeAgain } from './resume.ts';
import { Sending } from './sending.ts';
import { gatherMoves, Saved } from './snapshot.ts';
import type { LinkEnd, ServerAddress } from '../batch/link-records.ts';
import type { NameAnswer } from '../batch/name-records.ts';
import type { Sink } from './sink.ts';
import { storeIfBehind, storeLast, lastRecord } from './stored/store.ts';
import { isAwaited, onAnswer, takeKeyWaiter, type AttachableSession } from './attach/attach.ts';
import { flushReady } from './delivery/packets.ts';
import { Pieces } from './state/pieces.ts';
import { homeServer } from './state/servers.ts';
import { copyOfLine, type ClientLine } from './state/client-line.ts';
import { SessionState, ConnectionState } from './state/state.ts';
import type { Pending } from './state/pending.ts';
import { WaitingLines } from './state/waiting-lines.ts';
import { hear } from './link/trouble.ts';

/** On takeover, requests in flight get this long to finish, ms. */
const LEAVE_MS = 10_000;
/** Bytes that the last `flush` of a session may send: acknowledgements, which come before all else. */
const LAST_BYTES = 64 * 1024;
/** How many bytes of waiting lines one `flush` takes on. */
const WAITING_BYTES = 64 * 1024;

/** One client's session: takes requests, connection events and the time, all from outside; answers through its sink. */
export class Session implements PacketSink, AttachableSession {
  #home: ConnectionState;
  /** The connection whose bytes are being read. */
  #reading: ConnectionState;
  #saved: Saved;
  /** Lines that wait for the vault; they outlive the session they were said to. */
  readonly #waitingLines = new WaitingLines();
  readonly #sending = new Sending();
  #now = 0;

  /**
   * @param number how the main thread knows this session; claims on keys go by it
   * @param dialect what its client speaks; JSON if not said
   * @param hasLines its messages are lines
   */
  constructor(env: Env, sink: Sink, number: number, dialect: Dialect = env.dialect, hasLines = false) {
    const session = new SessionState(env, dialect, this.#waitingLines, hasLines ? new Pieces() : undefined);
    this.#home = new ConnectionState(
      env,
      sink,
      number,
      homeServer(env.settings.dataCentres, env.settings.home),
      session,
      'home',
      0,
    );
    this.#reading = this.#home;
    this.#saved = new Saved(this.#home);
  }

  // --- events in -----------------------------------------------------------------------------------------------------

  /** One client message. @param now Unix ms */
  request(line: ClientLine, now: number): void {
    if (this.#mustWait || this.#waitingLines.behind.length > 0) this.#waitingLines.behind.push(copyOfLine(line));
    else takeRequest(this.#home, line, now);
  }

  /** What the main thread answers about a stored session that a line asked for. */
  nameAnswer(answer: NameAnswer, now: number): void {
    const waiting = this.#waitingLines.first;
    if (waiting === undefined || !isAwaited(this.#waitingLines, answer)) return;
    this.#waitingLines.first = undefined;
    if (onAnswer(this, waiting, answer, now)) takeOn(this.#home, waiting, answer.action, now);
  }

  /** The connection `link` asked for by attempt `attempt` stands. @param at the address of the server that has answered */
  opened(link: number, attempt: number, now: number, at: ServerAddress): void {
    const s = this.#current(link, attempt);
    if (s === undefined) return;
    s.link.standsAt(at);
    onOpened(s, now);
  }

  /** Stream bytes of that connection, in any cut. */
  received(link: number, attempt: number, bytes: Uint8Array, start: number, end: number, now: number): void {
    const s = this.#current(link, attempt);
    if (s === undefined) return;
    this.#now = now;
    this.#reading = s;
    s.link.notSilent();
    if (!s.link.isProven) hear(s.link, bytes, start, end);
    s.link.transport?.unpack(bytes, start, end, this);
  }

  closed(link: number, attempt: number, why: LinkEnd, now: number): void {
    const s = this.#current(link, attempt);
    if (s !== undefined) onClosed(s, why, now);
  }

  /** Another client takes the session over: new lines wait, open requests have `LEAVE_MS` to end. */
  leave(now: number): void {
    const { session } = this.#home;
    if (session.stored !== undefined && session.leaveBy === Infinity) session.leaveBy = now + LEAVE_MS;
  }

  /** The server can be reached again: a pause after failed attempts is over. */
  nudge(now: number): void {
    for (const { link } of this.#all())
      if (link.stage === 'down' && link.redialAt > now && link.redialAt !== Infinity) link.redialAt = now;
  }

  /** Does what is due. */
  tick(now: number): void {
    for (const s of this.#all()) tickConnection(s, now);
  }

  /** A fresh session goes on as the saved one of a lost thread: the bytes of a RESUME record. */
  resume(bytes: Uint8Array, start: number, end: number, now: number): void {
    restore(this.#home, bytes, start, end, now);
  }

  /** A request that the lost thread had taken: the bytes of an AGAIN record. */
  again(line: ClientLine): void {
    takeAgain(this.#home, line);
  }

  // --- called by the transport, while `received` runs ----------------------------------------------------------------

  /** Called by the transport. */
  packet(bytes: Uint8Array, start: number, end: number): void {
    const s = this.#reading;
    if (s.link.stage === 'down') return;
    if (s.link.handshake !== undefined) {
      if (isPlain(bytes, start, end)) s.link.plain.push(bytes.slice(start, end));
      else dropLink(s, this.#now, 'an encrypted packet came in the key exchange');
      return;
    }
    if (!receivePacket(s, bytes, start, end, this.#now)) this.broken('a packet failed its checks');
  }

  /** Called by the transport. */
  status(code: number): void {
    if (this.#reading.link.stage !== 'down') onStatus(this.#reading, code, this.#now);
  }

  /** Called by the transport. */
  broken(why: string): void {
    dropLink(this.#reading, this.#now, why);
  }

  // --- work ----------------------------------------------------------------------------------------------------------

  /** Does one step of a key exchange: five to ten milliseconds. */
  work(now: number): void {
    for (const s of this.#all()) {
      const packet = s.link.plain.shift();
      if (packet === undefined) continue;
      onPlainPacket(s, packet, 0, packet.length, now);
      return;
    }
  }

  /**
   * Once a batch, and again while the lane lets it: dials if something waits, packs, seals, sends.
   * @param most bytes it may send; what is left is `hasRest` @param mayExceed the first message goes however long it is
   * @returns bytes taken on and sent
   */
  flush(now: number, most: number, mayExceed: boolean): number {
    this.#leaveIfDue(now);
    this.#goOnWithKey(now);
    const done = this.#waitingLines.behind.length > 0 ? this.#takeWaiting(now) : 0;
    return done + this.#sending.flush(this.#home, now, most, mayExceed);
  }

  /**
   * Once a batch, at its end: what must survive and has changed. Connections beside the home one are made again when
   * they are needed: what went over them does no harm twice.
   */
  save(): void {
    const { others } = this.#home.session;
    for (let i = 0; i < others.length; i++) gatherMoves(this.#home, others[i]!);
    storeIfBehind(this.#home);
    this.#saved.save(this.#home);
  }

  /** A fault of the gateway's own: every open request is told, once. @param taken the message it was met in, if it was one */
  crash(ref: string, stack: string, taken?: TakenMessage): void {
    tellCrash(this.#all(), this.#waitingLines, ref, stack, taken);
  }

  /** The client is gone: connections are hung up, keys zeroed, a stored session is stored for the last time. */
  close(now: number): void {
    const home = this.#home;
    const { stored } = home.session;
    if (stored?.hasRecord === true) this.#acknowledgeAll(now);
    const record = stored === undefined ? undefined : lastRecord(home, stored);
    this.#waitingLines.clear();
    close(home);
    if (record !== undefined) storeLast(home, record);
  }

  /** Gives the session up: open requests are refused, connections hung up; the client's options stay. @param isBare nothing is sent until the client names another session */
  renew(isBare: boolean): void {
    const old = this.#home;
    const { env, sink, number, session } = old;
    const all = this.#all();
    for (const s of all) for (const pending of s.pending.clear()) refuse(s, pending, refusalOfLeft(pending));
    const attempts = Math.max(...all.map((s) => s.link.attempt));
    close(old);
    const fresh = new SessionState(env, session.dialect, this.#waitingLines, session.pieces);
    fresh.style = session.style;
    fresh.initText = session.initText;
    fresh.initPrefix = session.initPrefix;
    fresh.isClientInit = session.isClientInit;
    fresh.attempts = attempts;
    fresh.isBare = isBare;
    this.#home = new ConnectionState(
      env,
      sink,
      number,
      homeServer(env.settings.dataCentres, env.settings.home),
      fresh,
      'home',
      0,
    );
    this.#home.received.clear();
    this.#saved = new Saved(this.#home, true);
  }

  // --- getters -------------------------------------------------------------------------------------------------------

  /** Whether a step of a key exchange waits for `work`: unencrypted packets, whose work takes milliseconds. */
  get hasWork(): boolean {
    const { others } = this.#home.session;
    if (this.#home.link.plain.length > 0) return true;
    return others.some((s) => s.link.plain.length > 0);
  }

  /** Whether the last `flush` left something that it had no bytes for: messages, or lines to take on. */
  get hasRest(): boolean {
    if (this.#waitingLines.behind.length > 0 && !this.#mustWait) return true;
    const home = this.#home;
    if (home.isReady && home.outbox.hasRest) return true;
    return home.session.others.some((s) => s.isReady && s.outbox.hasRest);
  }

  /** When `tick` has something to do, Unix ms; Infinity if never. */
  nextDeadline(): number {
    return firstDeadline(this.#home);
  }

  get home(): ConnectionState {
    return this.#home;
  }

  // --- inside --------------------------------------------------------------------------------------------------------

  /** Whether new lines must wait: one before them waits for the vault, or the session is being taken over. */
  get #mustWait(): boolean {
    return this.#waitingLines.first !== undefined || this.#home.session.leaveBy !== Infinity;
  }

  /** On takeover: gives the name over once no request is open, or `leaveBy` has passed. */
  #leaveIfDue(now: number): void {
    const home = this.#home;
    const { leaveBy, stored } = home.session;
    if (leaveBy === Infinity || stored === undefined || this.#waitingLines.first !== undefined) return;
    const all = this.#all();
    if (now < leaveBy && all.some((s) => s.pending.size > 0)) return;
    this.#acknowledgeAll(now);
    const record = lastRecord(home, stored);
    this.renew(true);
    storeLast(this.#home, record);
    notify(
      this.#home,
      refusal('SessionLost', { reason: 'takeover', msg: 'another connection has taken this session over' }),
    );
  }

  /** Sends all acknowledgements: what this client was told, the server does not send again to the next owner of the session. */
  #acknowledgeAll(now: number): void {
    for (const s of this.#all()) {
      s.outbox.hurry(now);
      flushReady(s, now, LAST_BYTES, false);
    }
  }

  /** Takes on the line that waited for the session's key, once the key is there or cannot come. */
  #goOnWithKey(now: number): void {
    const waiting = takeKeyWaiter(this.#home);
    if (waiting !== undefined) takeOn(this.#home, waiting, 'key', now);
  }

  /** @returns bytes of the lines taken */
  #takeWaiting(now: number): number {
    const { behind } = this.#waitingLines;
    let taken = 0;
    while (taken < WAITING_BYTES && behind.length > 0 && !this.#mustWait) {
      const line = behind.shift()!;
      taken += line.stop - line.start;
      takeRequest(this.#home, line, now);
    }
    return taken;
  }

  /** The connection with this number and attempt; undefined if the event is of an earlier attempt. */
  #current(link: number, attempt: number): ConnectionState | undefined {
    const s = link === 0 ? this.#home : this.#home.session.others[link - 1];
    return s !== undefined && s.link.attempt === attempt && s.link.stage !== 'down' ? s : undefined;
  }

  #all(): readonly ConnectionState[] {
    const { others } = this.#home.session;
    return others.length === 0 ? [this.#home] : [this.#home, ...others];
  }
}

/** Why a request ends that is open when its session is given up. */
function refusalOfLeft(pending: Pending): Refusal {
  if (pending.wasSent) return refusal('DeliveryUnknown');
  return refusal('SessionNotFound', { msg: 'the session of this connection was given up' });
}
