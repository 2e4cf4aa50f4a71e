/**
 * Session: the MTProto machine for one client.
 * In: requests, DC bytes, the time. Out: through Sink. Never: sockets, timers, the clock.
 *
 * Order of calls: any of `request`, `opened`, `received`, `closed`, `tick`; then `work` while `hasWork`; then `flush`
 * once a batch. `nextDeadline` may change after any of them; a `tick` too many does nothing.
 */
import type { PacketSink } from '../transport/transport.ts';
import { answerTimeout, notify, refuse } from './answers.ts';
import {
  close,
  connectIfNeeded,
  redial,
  dropLink,
  onClosed,
  onOpened,
  onPlainPacket,
  onStatus,
  type Closed,
} from './connect.ts';
import type { Env } from './env.ts';
import { receivePacket } from './receive.ts';
import { refusal } from './refusals.ts';
import { findDataCentre, takeRequest } from './requests.ts';
import { restore, Saved, takeAgain } from './snapshot.ts';
import type { Sink } from './sink.ts';
import { State } from './state.ts';
import { AnswerBy, type Pending } from './pending.ts';
import { dropAnswer } from '../tl/service.ts';

/** With requests open: ask after so long a silence, give the connection up after so long (failures.md E2). */
const BUSY_PING_MS = 10_000;
const BUSY_DEAD_MS = 15_000;
/** With none: the server waits 75 s for the next ping. */
const IDLE_PING_MS = 60_000;
const IDLE_DEAD_MS = 110_000;
/** Salts refused one after the other without an answer between (failures.md E9). */
const SALT_STORM = 10;

export class Session implements PacketSink {
  readonly #state: State;
  readonly #saved: Saved;
  #now = 0;
  /** Unencrypted packets of attempt `#plainOf` wait here: their work takes milliseconds, so the lane chooses when. */
  #plain: Uint8Array[] = [];
  #plainOf = 0;

  /** @param number how the main thread knows this session; claims on keys go by it */
  constructor(env: Env, sink: Sink, number: number) {
    const { home } = env.settings;
    const listed = env.settings.dataCentres.find((one) => one.id === home.id && one.test === home.test);
    if (listed === undefined) throw new RangeError(`data centre ${home.id} is not configured`);
    const server = {
      host: listed.host,
      port: listed.port,
      dc: home.id,
      test: home.test,
      rsa: undefined,
      untrusted: false,
    };
    this.#state = new State(env, sink, number, server);
    this.#saved = new Saved(this.#state);
  }

  /** A fresh session goes on where one stood whose thread was lost: a RESUME record's bytes. */
  resume(bytes: Uint8Array, start: number, end: number, now: number): void {
    restore(this.#state, bytes, start, end, now);
  }

  /** A request that one had taken: an AGAIN record's bytes. */
  again(ticket: number, bytes: Uint8Array, start: number, end: number): void {
    takeAgain(this.#state, ticket, bytes, start, end);
  }

  /** Once a batch, at its end: what must survive and has changed. */
  save(): void {
    this.#saved.save(this.#state);
  }

  /** The server can be reached again: a pause after failed attempts is over. */
  nudge(now: number): void {
    const { link } = this.#state;
    if (link.stage === 'down' && link.redialAt > now && link.redialAt !== Infinity) link.redialAt = now;
  }

  /** One client message `bytes[start..end)`. */
  request(ticket: number, bytes: Uint8Array, start: number, end: number, now: number): void {
    takeRequest(this.#state, ticket, bytes, start, end, now);
  }

  /** The connection asked for by attempt `attempt` stands. */
  opened(attempt: number, now: number): void {
    if (this.#isCurrent(attempt)) onOpened(this.#state, now);
  }

  /** Stream bytes of that connection, in any cut. */
  received(attempt: number, bytes: Uint8Array, start: number, end: number, now: number): void {
    if (!this.#isCurrent(attempt)) return;
    this.#now = now;
    this.#state.link.transport?.unpack(bytes, start, end, this);
  }

  closed(attempt: number, why: Closed, now: number): void {
    if (!this.#isCurrent(attempt)) return;
    this.#plain = [];
    onClosed(this.#state, why, now);
  }

  #isCurrent(attempt: number): boolean {
    return attempt === this.#state.link.attempt && this.#state.link.stage !== 'down';
  }

  /** Called by the transport. */
  packet(bytes: Uint8Array, start: number, end: number): void {
    const { link } = this.#state;
    if (link.stage === 'down') return;
    if (link.handshake !== undefined) {
      if (isPlain(bytes, start, end)) this.#keepPlain(bytes.slice(start, end));
      else dropLink(this.#state, this.#now);
      return;
    }
    if (!receivePacket(this.#state, bytes, start, end, this.#now)) this.broken('a packet failed its checks');
  }

  #keepPlain(packet: Uint8Array): void {
    const { attempt } = this.#state.link;
    if (this.#plainOf !== attempt) this.#plain = [];
    this.#plainOf = attempt;
    this.#plain.push(packet);
  }

  /** Called by the transport. */
  status(code: number): void {
    if (this.#state.link.stage !== 'down') onStatus(this.#state, code, this.#now);
  }

  /** Called by the transport. */
  broken(why: string): void {
    this.#state.sink.log(40, 'connection dropped', { reason: why });
    dropLink(this.#state, this.#now);
  }

  /** Whether a step of the key exchange waits for `work`. */
  get hasWork(): boolean {
    return this.#plain.length > 0;
  }

  /** Does one step of the key exchange: five to ten milliseconds. */
  work(now: number): void {
    const packet = this.#plain.shift();
    if (packet !== undefined && this.#isCurrent(this.#plainOf))
      onPlainPacket(this.#state, packet, 0, packet.length, now);
  }

  /** Does what is due. */
  tick(now: number): void {
    const s = this.#state;
    for (const pending of s.pending.expire(now)) endLate(s, pending);
    s.pending.release(now);
    if (s.link.redialAt <= now && s.link.stage === 'down') redial(s);
    if (s.link.handshakeUntil <= now) dropLink(s, now);
    if (!s.isReady) return;
    if (deadAt(s) <= now || s.saltRefusals >= SALT_STORM) {
      s.saltRefusals = 0;
      dropLink(s, now);
    } else if (pingAt(s) <= now) {
      s.link.pinged = true;
      s.outbox.pingDue = true;
    }
  }

  /** Once a batch: dials if something waits, packs, seals, sends. */
  flush(now: number): void {
    const s = this.#state;
    connectIfNeeded(s, now);
    if (s.isReady) s.outbox.flush(s, now);
  }

  /** When `tick` has something to do; Infinity if never. */
  nextDeadline(): number {
    const s = this.#state;
    const first = Math.min(s.pending.firstDeadline, s.pending.firstRelease, s.link.handshakeUntil);
    if (s.link.stage === 'down') return Math.min(first, s.lost ? Infinity : s.link.redialAt);
    return s.isReady ? Math.min(first, s.outbox.ackAt, pingAt(s), deadAt(s)) : first;
  }

  /** The client is gone. */
  close(): void {
    this.#plain = [];
    close(this.#state);
  }

  /** A fault of the gateway's own: every open request is told, once. */
  crash(ref: string, stack: string): void {
    const s = this.#state;
    const refused = refusal('InternalError', { ref, ...(s.env.settings.sendTracebacks && { reason: stack }) });
    for (const pending of s.pending.clear()) refuse(s, pending, refused);
    notify(s, refused);
  }

  /** Whether a data centre is configured: for the first check at start. */
  knows(dc: number, test: boolean): boolean {
    return findDataCentre(this.#state, dc, test) !== undefined;
  }
}

/** auth_key_id 0 (mtproto.md 2.3). */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 20) return false;
  for (let i = start; i < start + 8; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** `rpc_timeout` if the server may have it; what never left was never connected. */
function endLate(s: State, pending: Pending): void {
  if (!pending.everSent) return refuse(s, pending, refusal('NotConnected'));
  answerTimeout(s, pending);
  if (pending.answerBy === AnswerBy.RPC) s.outbox.say(dropAnswer(pending.msgIdLow, pending.msgIdHigh));
}

function pingAt(s: State): number {
  if (s.link.pinged) return Infinity;
  const idle = s.link.lastPing + IDLE_PING_MS;
  return s.pending.sentCount > 0 ? Math.min(idle, s.link.awaitingSince + BUSY_PING_MS) : idle;
}

function deadAt(s: State): number {
  return s.pending.sentCount > 0 ? s.link.awaitingSince + BUSY_DEAD_MS : s.link.lastReceived + IDLE_DEAD_MS;
}
