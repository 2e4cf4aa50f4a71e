/**
 * DcSession: the server half of one MTProto session (protocol: Receiving to Refused messages), strict.
 * In: opened messages, the time through `env`. Out: messages in the outbox; API requests to `host`.
 * Never: sockets, encryption, the client's session code.
 *
 * `receive` makes Telegram's checks in Telegram's order; a message that fails a check is answered by that check's
 * notification and has no other effect.
 */
import { Reader } from '../../bytes/reader.ts';
import type { MessageHead } from '../../crypto/envelope.ts';
import type { DcEnv } from '../env.ts';
import { long } from './id-map.ts';
import type { KeyTable } from '../keys/key-table.ts';
import type { KnownKey } from '../keys/known-key.ts';
import { MessageBook } from './message-book.ts';
import type { Received } from './message-book.ts';
import { ServerOutbox } from './outbox.ts';
import type { Sent } from './outbox.ts';
import { readContainer, unpack, CONTAINER, GZIP_PACKED } from './packed.ts';
import type { Inner } from './packed.ts';
import { compareIds } from './server-ids.ts';
import type { ServerSession, SessionLink } from './server-session.ts';
import { SERVICE, writeService } from './service.ts';
import type { Service } from './service.ts';
import type { Rule } from './violations.ts';

/** A client's message whose envelope is right, before anything else about it is judged. */
export interface Arrived {
  readonly low: number;
  readonly high: number;
  readonly seqNo: number;
  readonly crc: number;
  /** `single` and `container` are what the packet held, `inner` is a message of a container. */
  readonly place: 'single' | 'container' | 'inner';
}

/** Where a session can be made to misbehave; each may be left out. */
export interface SessionTaps {
  /** True: the message was dealt with, or is to be as if it had never come. */
  message?(session: DcSession, message: Arrived): boolean;
  /** The result of a request; undefined: it is given later, by `session.give`, or never. */
  answer?(session: DcSession, received: Received, result: Uint8Array): Uint8Array | undefined;
}

/** What a session needs of the DC it belongs to. */
export interface SessionHost {
  /** The DC's number. */
  readonly id: number;
  readonly env: DcEnv;
  /** The keys of this DC. */
  readonly keys: KeyTable;
  readonly taps: SessionTaps;
  /** An API request, from its constructor number to the end of the message. */
  request(session: DcSession, received: Received, body: Reader): void;
  /** `destroy_auth_key`: forgets the client's key. */
  destroyKey(key: KnownKey): void;
  /** Notes what the client did against the protocol, on the connection of that number (0: on none). */
  violation(rule: Rule, detail: string, connection: number): void;
  /** Notes an exception of the data centre's own code, which no client is to blame for. */
  bug(error: unknown): void;
}

/** How far a msg_id's time may be from the server's clock, in seconds (protocol: Receiving, step 9, from the other side). */
const TOO_NEW = 30;
const TOO_OLD = 300;
/** Messages that may wait in a session without a connection; at the next one all are dropped for `updatesTooLong`. */
const MOST_WAITING = 1000;
const MSGS_ACK = 0x62d6b459;

/** One MTProto session, made by the data centre when a new session_id speaks under a key. */
export class DcSession implements ServerSession {
  readonly host: SessionHost;
  /** The host's environment, its clock moved by `skewMs`. */
  readonly env: DcEnv;
  /** How many milliseconds this session's clock is ahead of the host's: 0 but for tests. */
  skewMs = 0;
  /** Whether acknowledgements are never sent: for tests. */
  neverAcks = false;
  readonly key: KnownKey;
  readonly idLow: number;
  readonly idHigh: number;
  readonly book = new MessageBook();
  readonly outbox: ServerOutbox;
  /** True once the client has asked anything outside of `invokeWithoutUpdates`. */
  wantsUpdates = false;
  link: SessionLink | undefined;
  /** Msg_ids to acknowledge with the next packet, in halves, low first. */
  readonly #acks: number[] = [];
  #isNew = true;

  constructor(host: SessionHost, key: KnownKey, idLow: number, idHigh: number) {
    this.host = host;
    this.key = key;
    this.idLow = idLow;
    this.idHigh = idHigh;
    this.env = {
      now: () => host.env.now() + this.skewMs,
      fill: (bytes) => host.env.fill(bytes),
      after: (ms, job) => host.env.after(ms, job),
    };
    this.outbox = new ServerOutbox(this.env);
  }

  /** session_id as one signed number. */
  get id(): bigint {
    return long(this.idLow, this.idHigh);
  }

  /** Binds the session to a connection. Messages without an acknowledgement go out again. */
  attach(link: SessionLink): void {
    if (this.link === link) return;
    this.link = link;
    this.outbox.everythingAgain();
    if (!this.outbox.isEmpty) link.wants(this);
  }

  /** Forgets a connection that is gone, if the session still speaks through it. */
  detach(link: SessionLink): void {
    if (this.link === link) this.link = undefined;
  }

  /** Takes one decrypted packet, `bytes[start, end)`, whose envelope is right. */
  receive(head: MessageHead, bytes: Uint8Array, start: number, end: number): void {
    const { msgIdLow: low, msgIdHigh: high, seqNo } = head;
    if ((low & 3) !== 0) return this.#bad(18, low, high, seqNo, 'msg-id-low-bits', 'the low bits are not 0');
    if (this.#isTapped(low, high, seqNo, bytes, start, end)) return;
    const age = this.env.now() / 1000 - (high >>> 0) - (low >>> 0) / 0x1_0000_0000;
    if (age > TOO_OLD) return this.#bad(16, low, high, seqNo, 'msg-id-window', `${age.toFixed(1)} s old`);
    if (age < -TOO_NEW) return this.#bad(17, low, high, seqNo, 'msg-id-window', `${(-age).toFixed(1)} s ahead`);
    if (!this.key.salts.accepts(head.saltLow, head.saltHigh)) return this.#badSalt(low, high, seqNo);
    if (low === 0) this.violation('msg-id-empty-fraction', `msg_id ${long(low, high)}`);
    const reader = new Reader(bytes, start, end);
    if (reader.left < 4) return this.violation('service-message', 'a message without a body');
    const crc = reader.peekUint32();
    if (crc === CONTAINER) this.#container(low, high, seqNo, reader);
    else this.#single(low, high, seqNo, crc, reader);
    this.#acknowledge();
  }

  /** Whether a tap has dealt with the message. */
  #isTapped(low: number, high: number, seqNo: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { taps } = this.host;
    if (taps.message === undefined || end - start < 4) return false;
    const crc = new Reader(bytes, start, end).peekUint32();
    return taps.message(this, { low, high, seqNo, crc, place: crc === CONTAINER ? 'container' : 'single' });
  }

  /** A message alone in its packet; one whose id is known should have come in a container. */
  #single(low: number, high: number, seqNo: number, crc: number, reader: Reader): void {
    const known = this.book.find(low, high);
    if (known === undefined) this.#announce(low, high);
    else this.violation('resent-bare', `msg_id ${long(low, high)} outside of a container`);
    this.#message(low, high, seqNo, crc, reader, known);
  }

  /** msg_container: all checks of the whole come before any message inside is handled. */
  #container(low: number, high: number, seqNo: number, reader: Reader): void {
    if (this.book.find(low, high) !== undefined)
      return this.#bad(19, low, high, seqNo, 'msg-id-reused', 'a container under an id used before');
    if ((seqNo & 1) === 1) return this.#bad(34, low, high, seqNo, 'seqno-parity', 'a container with an odd number');
    const messages = readContainer(reader);
    if (typeof messages === 'string') return this.#bad(64, low, high, seqNo, 'container', messages);
    if (messages.some((inner) => compareIds(inner.low, inner.high, low, high) >= 0))
      return this.#bad(64, low, high, seqNo, 'container', 'a message inside has a higher id');
    const code = this.book.judge(low, high, seqNo);
    if (code !== 0) return this.#badOrder(code, low, high, seqNo);
    if (messages.length > 0) this.#announceFirst(messages);
    // The container's own entry comes last: its messages have lower ids and lower numbers.
    for (const inner of messages) this.#inner(inner, reader.bytes);
    this.book.add(low, high, seqNo, CONTAINER, reader.left);
  }

  /** A message of a container that has passed the checks of the whole. */
  #inner(inner: Inner, bytes: Uint8Array): void {
    const { low, high, seqNo, start, end } = inner;
    if ((low & 3) !== 0)
      return this.#bad(18, low, high, seqNo, 'msg-id-low-bits', 'the low bits are not 0, in a container');
    const reader = new Reader(bytes, start, end);
    if (reader.left < 4) return this.violation('service-message', 'a message without a body');
    const crc = reader.peekUint32();
    if (this.host.taps.message?.(this, { low, high, seqNo, crc, place: 'inner' }) === true) return;
    this.#message(low, high, seqNo, crc, reader, this.book.find(low, high));
  }

  /** A message, bare or from a container: checks its order, answers a duplicate again, else handles its body. */
  #message(low: number, high: number, seqNo: number, crc: number, reader: Reader, known: Received | undefined): void {
    if (known !== undefined) return this.#duplicate(known, crc, reader.left);
    const code = this.book.judge(low, high, seqNo);
    if (code !== 0) return this.#badOrder(code, low, high, seqNo);
    const length = reader.left;
    const body = crc === GZIP_PACKED ? this.#unpacked(reader) : reader;
    if (body === undefined) return;
    const service = SERVICE.get(body.peekUint32());
    if (service === undefined && (seqNo & 1) === 0)
      return this.#bad(
        35,
        low,
        high,
        seqNo,
        'seqno-parity',
        `a request with an even number, 0x${body.peekUint32().toString(16)}`,
      );
    const received = this.book.add(low, high, seqNo, crc, length);
    if (service === undefined) this.#request(received, body);
    else this.#service(service, received, body);
  }

  #request(received: Received, body: Reader): void {
    received.state = 'running';
    this.host.request(this, received, body);
    // A request whose answer takes longer than this call is acknowledged with the next packet.
    if (received.state === 'running') this.acknowledgeLater(received);
  }

  #service(service: Service, received: Received, body: Reader): void {
    // An ack is never acknowledged, whatever its number.
    if ((received.seqNo & 1) === 1 && received.crc !== MSGS_ACK) this.acknowledgeLater(received);
    try {
      body.skip(4);
      service(this, received, body);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'TlReadError') throw error;
      this.violation('service-message', `0x${received.crc.toString(16)}: ${error.message}`);
    }
  }

  /** The body inside gzip_packed; undefined, and noted, if there is none. */
  #unpacked(reader: Reader): Reader | undefined {
    const inside = unpack(reader);
    if (typeof inside !== 'string') return inside;
    this.violation('gzip', inside);
    return undefined;
  }

  /** Answers a message that has come before with its answer again, or acknowledges it; executes nothing. */
  #duplicate(known: Received, crc: number, length: number): void {
    if (known.crc !== crc || known.length !== length)
      this.violation('msg-id-reused', `msg_id ${long(known.low, known.high)} for another message`);
    if (known.answer !== undefined && !known.answer.isAcked) this.again(known.answer);
    else if ((known.seqNo & 1) === 1) this.acknowledgeLater(known);
  }

  /** Answers a request with the TL bytes of its result, once. */
  answer(received: Received, result: Uint8Array): void {
    if (received.state !== 'running') return;
    const { taps } = this.host;
    const passed = taps.answer === undefined ? result : taps.answer(this, received, result);
    if (passed !== undefined) this.give(received, passed);
  }

  /** Answers a request, once, and asks no tap: for taps that have held the answer back. */
  give(received: Received, result: Uint8Array): void {
    if (received.state !== 'running') return;
    received.state = 'answered';
    received.answer = this.outbox.result(received, result);
    this.link?.wants(this);
  }

  /** Sends an update or another message that the client has to acknowledge. */
  push(body: Uint8Array): void {
    if (this.link === undefined && this.outbox.waitingCount >= MOST_WAITING) return this.#lose();
    this.outbox.content(3, body);
    this.link?.wants(this);
  }

  /** Drops all that waits, and tells the client to fetch the difference (`updatesTooLong`). */
  #lose(): void {
    this.outbox.drop(this.outbox.waitingCount);
    this.outbox.content(3, writeService.updatesTooLong());
  }

  /** Sends a service message that needs no acknowledgement. */
  say(body: Uint8Array): void {
    this.outbox.notice(1, body);
    this.link?.wants(this);
  }

  /** Sends a message again, under its own msg_id and sequence number. */
  again(sent: Sent): void {
    this.outbox.again(sent);
    this.link?.wants(this);
  }

  /** Acknowledges a message with the next packet that is handled. */
  acknowledgeLater(received: Received): void {
    this.#acks.push(received.low, received.high);
  }

  #acknowledge(): void {
    if (this.neverAcks) this.#acks.length = 0;
    if (this.#acks.length === 0) return;
    this.say(writeService.msgsAck(this.#acks));
    this.#acks.length = 0;
  }

  /** Answers a session's first message with `new_session_created`, which names its msg_id. */
  #announce(low: number, high: number): void {
    if (!this.#isNew) return;
    this.#isNew = false;
    const { env } = this;
    this.outbox.content(1, writeService.newSessionCreated(low, high, env, this.key.salts.current));
    this.link?.wants(this);
  }

  /** As `#announce`, of a container: by the lowest msg_id inside. */
  #announceFirst(messages: readonly Inner[]): void {
    let first = messages[0]!;
    for (const inner of messages) if (compareIds(inner.low, inner.high, first.low, first.high) < 0) first = inner;
    this.#announce(first.low, first.high);
  }

  /** Notes a breach, and says `bad_msg_notification`. */
  #bad(code: number, low: number, high: number, seqNo: number, rule: Rule, detail: string): void {
    this.violation(rule, `${detail} (msg_id ${long(low, high)}, seqno ${seqNo}, code ${code})`);
    this.say(writeService.badMsg(low, high, seqNo, code));
  }

  #badOrder(code: 20 | 32 | 33, low: number, high: number, seqNo: number): void {
    const rule = code === 20 ? 'msg-id-too-old' : 'seqno-order';
    this.#bad(code, low, high, seqNo, rule, ORDER[code]);
  }

  #badSalt(low: number, high: number, seqNo: number): void {
    this.violation('salt', `msg_id ${long(low, high)}`);
    this.say(writeService.badServerSalt(low, high, seqNo, this.key.salts.current));
  }

  destroyKey(): void {
    this.host.destroyKey(this.key);
  }

  violation(rule: Rule, detail: string): void {
    this.host.violation(rule, detail, this.link?.number ?? 0);
  }
}

const ORDER = {
  20: 'older than what is remembered',
  32: 'the number is too low',
  33: 'the number is too high',
} as const;
