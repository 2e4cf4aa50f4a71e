/**
 * Lone state: one session's state with nothing around it: no scheme, no server, no lane.
 * In: messages as bodies, requests as they were sent. Out: what its client would have been told, by the dialect's verbs.
 * Never: a packet; what is to be sent stays in the outbox.
 */
import { AuthKey } from '../../src/crypto/auth-key.ts';
import { DerivedBytes, SECRET_LENGTH } from '../../src/crypto/derived-bytes.ts';
import { newHead } from '../../src/crypto/envelope.ts';
import { Reader } from '../../src/bytes/reader.ts';
import { Writer } from '../../src/bytes/writer.ts';
import type { Dialect, Refusal } from '../../src/dialect/dialect.ts';
import type { Env } from '../../src/session/env.ts';
import type { Incoming } from '../../src/session/incoming/incoming.ts';
import { knownCalls } from '../../src/session/known-calls.ts';
import type { Sink } from '../../src/session/sink.ts';
import { AnswerBy, Pending, type PendingInit } from '../../src/session/state/pending.ts';
import { AttachmentState } from '../../src/session/state/attachment.ts';
import { Attachments } from '../../src/session/state/attachments.ts';
import { Floods } from '../../src/session/state/floods.ts';
import { type SessionState, ConnectionState, type Role } from '../../src/session/state/state.ts';
import { Crc } from '../../src/tl/service.ts';
import type { Transport } from '../../src/transport/transport.ts';

/** Unix ms. */
export const NOW = 1_795_000_000_000;
/** Calls by their number: one that may be done twice, one that may not. */
export const READS = 1;
export const ACTS = 2;
const NAMES = new Map([
  [READS, 'help.getConfig'],
  [ACTS, 'account.updateProfile'],
]);

/** What a client was told: the dialect's verb and what was given to it. */
type Told = readonly [verb: string, ...args: unknown[]];

/** A message with a body, as the inbox hands it to a handler. @param seqNo even: not to be acknowledged */
export function incoming(bytes: Uint8Array, low = 1, high = at(0), seqNo = 0): Incoming {
  return { low, high, seqNo, crc: Buffer.from(bytes).readUInt32LE(0), body: new Reader(bytes) };
}

const SPEAKING = { manner: 0, client: 1, hasLines: false, isMute: false, isStateless: false, init: new Uint8Array(0) };

/** Answers every call by noting it. */
function noting(told: Told[], more: Record<string, unknown>): unknown {
  return new Proxy(more, {
    get: (own, name: string) => own[name] ?? ((...args: unknown[]) => void told.push([name, ...args])),
  });
}

export class Lone {
  readonly told: Told[] = [];
  /** The client that speaks in it. */
  readonly attachment: AttachmentState;
  readonly s: ConnectionState;
  /** low, high, … of messages to be acknowledged. */
  readonly acks: number[] = [];

  /** Packets that were sent: how long each was. */
  readonly packets: Writer[] = [];

  /** @param forwardSecrecy what the operator wants of temporary keys */
  constructor(role: Role = 'home', forwardSecrecy: 'never' | 'made' | 'always' = 'never') {
    const writer = (): Writer => new Writer(256);
    let random = 0;
    const env = {
      settings: { forwardSecrecy, logsRequests: false, dataCentres: [], home: { id: 2, test: false } },
      random32: () => ++random,
      codec: { nameOf: (method: number) => NAMES.get(method), hasRandomId: () => false },
      calls: knownCalls({ crcOf: () => 0 }),
      fill: (bytes: Uint8Array) => void bytes.fill(1),
      derived: new DerivedBytes(new Uint8Array(SECRET_LENGTH)),
      body: new Writer(4096),
      head: newHead(),
    } as unknown as Env;
    const send = (): Writer => {
      this.packets.push(writer());
      return this.packets.at(-1)!;
    };
    const sink = noting([], { reply: writer, update: writer, notice: writer, send, store: writer }) as Sink;
    const dialect = noting(this.told, { noticeId: new Uint8Array(0) }) as Dialect;
    const attachments = new Attachments();
    this.attachment = new AttachmentState(1, dialect, SPEAKING);
    attachments.add(this.attachment);
    const shared = {
      attachments,
      floods: new Floods(),
      otherKeys: new Map(),
      others: [],
      isInitGiven: true,
      initPrefix: new Uint8Array(0),
    };
    const server = { host: '127.0.0.1', port: 1, dc: 2, test: false, rsa: undefined, namedBy: 'operator' } as const;
    this.s = new ConnectionState(env, sink, 1, server, shared as unknown as SessionState, role, 0);
    if (role !== 'home') this.s.session.home = this.s;
    this.s.renewSession(false);
    this.s.outbox.acknowledge = (low, high) => void this.acks.push(low, high);
  }

  /** A connection that stands, with a key. */
  ready(): this {
    const { s } = this;
    s.takeKey(AuthKey.from(new Uint8Array(256).fill(7)));
    s.salts.until = at(100_000);
    return this.standing();
  }

  /** A connection that stands. */
  standing(): this {
    const { s } = this;
    s.link.stage = 'up';
    s.link.transport = { begin: () => 0, end: () => undefined } as unknown as Transport;
    return this;
  }

  /** A request as it stands before it is sent. */
  pending(method: number, given: Partial<PendingInit> = {}): Pending {
    return new Pending({
      ticket: this.s.pending.size + 1,
      id: Buffer.from('1'),
      body: new Uint8Array(8),
      result: { kind: 'boxed' } as never,
      answerBy: AnswerBy.RPC,
      deadline: NOW + 60_000,
      method,
      wants: 0,
      clientInitLength: 0,
      seqNoGiven: -1,
      attachment: this.attachment,
      ...given,
    });
  }

  /** A request as it stands once it was sent. */
  sent(method: number, given: Partial<PendingInit> = {}): Pending {
    const { s } = this;
    const pending = this.pending(method, given);
    s.ids.next(NOW, 0);
    pending.msgIdLow = s.ids.low;
    pending.msgIdHigh = s.ids.high;
    pending.seqNo = s.ids.seqNo(true);
    pending.copies = 1;
    s.pending.place(pending);
    return pending;
  }

  /** Names of the errors that were told, notices among them. */
  get errors(): string[] {
    return this.told.filter(([verb]) => verb === 'error').map(([, , , refused]) => (refused as Refusal).error);
  }

  count(verb: string): number {
    return this.told.filter(([name]) => name === verb).length;
  }
}

/** The high half of a server's message id so many seconds from now. */
export function at(seconds: number): number {
  return (Math.floor(NOW / 1000) + seconds) | 0;
}

/** A body: its constructor, then what is written. */
export function body(crc: number, write: (out: Writer) => void = () => {}): Buffer {
  const out = new Writer(256);
  out.int32(crc | 0);
  write(out);
  return Buffer.from(out.written());
}

/** One message in a container. */
export interface Inner {
  readonly low: number;
  readonly high: number;
  readonly seqNo: number;
  readonly body: Uint8Array;
}

export function container(...messages: readonly Inner[]): Buffer {
  return body(Crc.msgContainer, (out) => {
    out.int32(messages.length);
    for (const message of messages) {
      out.long(message.low, message.high);
      out.int32(message.seqNo);
      out.int32(message.body.length);
      out.raw(message.body);
    }
  });
}
