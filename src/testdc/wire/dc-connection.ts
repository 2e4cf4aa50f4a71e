/**
 * DcConnection: one connection to a DC, without its socket.
 * In: stream bytes; sessions with messages to send. Out: stream bytes and the end, through `Wire`. Never: node:net, TL.
 *
 * Messages of sessions are gathered for one turn of the event loop and written at once, so that
 * answers to many requests leave in one container.
 */
import { newHead, seal } from '../../crypto/envelope.ts';
import { Writer } from '../../bytes/writer.ts';
import type { Counters } from '../counters.ts';
import type { DcEnv } from '../env.ts';
import type { ProxySecret } from './obfuscation.ts';
import { ServerFraming } from './server-framing.ts';
import type { FrameSink } from './server-framing.ts';
import type { KnownKey } from '../keys/known-key.ts';
import { ServerIds } from '../protocol/server-ids.ts';
import type { ServerSession, SessionLink } from '../protocol/server-session.ts';
import type { Rule } from '../protocol/violations.ts';

/** A socket, as a connection sees it. */
export interface Wire {
  /** Sends bytes; the caller does not touch them afterwards. */
  write(bytes: Buffer): void;
  /** Closes after all that was written has been sent. */
  end(): void;
  /** Closes by a TCP reset, without what is not sent yet; a wire without it is ended. */
  reset?(): void;
}

/** A data centre, as a connection sees it. */
export interface ConnectionCentre {
  /** The DC's number. */
  readonly id: number;
  readonly env: DcEnv;
  /** Handles one packet of the connection; `wantsQuickAck`: the client asks for a quick ack. */
  packet(connection: DcConnection, packet: Buffer, wantsQuickAck: boolean): void;
  /** Notes what the client did against the protocol, on the connection of that number. */
  violation(rule: Rule, detail: string, connection: number): void;
}

/** Where a connection can be made to misbehave; each may be left out. */
export interface ConnectionTaps {
  /** The wire a new connection writes to, in place of its own. */
  wire?(connection: DcConnection, wire: Wire): Wire;
  /** Stream bytes that came; undefined: they never did. */
  stream?(connection: DcConnection, chunk: Uint8Array): Uint8Array | undefined;
  /** A packet that came; undefined: it is not handled. */
  incoming?(connection: DcConnection, packet: Buffer): Buffer | undefined;
  /** A sealed or plain packet on its way out; undefined: it is lost. */
  outgoing?(connection: DcConnection, packet: Uint8Array): Uint8Array | undefined;
}

// Buffers for one message, shared by all connections: no call leaves anything in them.
const body = new Writer(64 * 1024);
const packet = new Writer(64 * 1024);
const head = newHead();

/** Writers that are lent to connections for the frames of one turn, so that no connection keeps the block of a large answer. */
const idle: Writer[] = [];
/** Writers kept, at most, and the bytes of a kept one, at most. */
const MOST_IDLE = 16;
const LARGEST_IDLE = 4 * 1024 * 1024;

/** One client's connection, from its first bytes to its end. */
export class DcConnection implements SessionLink, FrameSink {
  readonly number: number;
  readonly dc: ConnectionCentre;
  /** The key and the session of the last packet: the next one is nearly always theirs. */
  key: KnownKey | undefined;
  session: ServerSession | undefined;
  readonly #env: DcEnv;
  readonly #wire: Wire;
  readonly #taps: ConnectionTaps;
  readonly #counters: Counters;
  readonly #framing: ServerFraming;
  readonly #plainIds: ServerIds;
  readonly #sessions = new Set<ServerSession>();
  readonly #fill: (bytes: Uint8Array) => void;
  #wanting: ServerSession[] = [];
  #out: Writer | undefined;
  #isScheduled = false;
  #isClosed = false;
  #cancelClose: (() => void) | undefined;
  readonly #whenClosed: (() => void)[] = [];

  constructor(
    number: number,
    dc: ConnectionCentre,
    wire: Wire,
    counters: Counters,
    taps: ConnectionTaps,
    proxy?: ProxySecret,
  ) {
    this.number = number;
    this.dc = dc;
    this.#env = dc.env;
    this.#fill = (bytes) => dc.env.fill(bytes);
    this.#counters = counters;
    this.#taps = taps;
    this.#wire = taps.wire === undefined ? wire : taps.wire(this, wire);
    this.#framing = new ServerFraming(dc.env, undefined, proxy);
    this.#plainIds = new ServerIds(dc.env);
  }

  /** Whether packets of the client may have padding behind them. */
  get isPadded(): boolean {
    return this.#framing.name === 'padded';
  }

  /** The transport that the first bytes named, such as `obfuscated padded`; undefined before them. */
  get transport(): string | undefined {
    const { name, isObfuscated } = this.#framing;
    return name !== undefined && isObfuscated ? `obfuscated ${name}` : name;
  }

  /** Takes stream bytes of the client. */
  feed(chunk: Uint8Array): void {
    if (this.#isClosed) return;
    this.#counters.bytesIn += chunk.length;
    const passed = this.#taps.stream === undefined ? chunk : this.#taps.stream(this, chunk);
    if (passed !== undefined) this.#framing.feed(passed, this);
  }

  /** Takes one packet that the framing has cut. */
  packet(bytes: Buffer, wantsQuickAck: boolean): void {
    if (this.#isClosed) return;
    const passed = this.#taps.incoming === undefined ? bytes : this.#taps.incoming(this, bytes);
    if (passed !== undefined && !this.#isClosed) this.dc.packet(this, passed, wantsQuickAck);
  }

  /** Handles a packet as if it had come now, and asks no tap. */
  handle(bytes: Buffer): void {
    if (!this.#isClosed) this.dc.packet(this, bytes, false);
  }

  /** Notes a stream that cannot go on, and closes. */
  broken(why: string): void {
    this.dc.violation('frame', why, this.number);
    this.hangUp();
  }

  /** Binds a session to the connection it has just spoken on. */
  carries(session: ServerSession): void {
    this.session = session;
    if (session.link === this) return;
    this.#sessions.add(session);
    session.attach(this);
  }

  wants(session: ServerSession): void {
    this.#wanting.push(session);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#flush());
  }

  /** Writes the frames of this turn. */
  #flush(): void {
    this.#isScheduled = false;
    const wanting = this.#wanting;
    this.#wanting = [];
    if (this.#isClosed) return;
    for (const session of wanting) if (session.link === this) this.#drain(session);
    const out = this.#out;
    if (out === undefined || out.pos === 0) return;
    this.#out = undefined;
    const bytes = Buffer.from(out.written());
    out.clear();
    if (idle.length < MOST_IDLE && out.bytes.length <= LARGEST_IDLE) idle.push(out);
    this.#counters.bytesOut += bytes.length;
    this.#wire.write(bytes);
  }

  /** The writer that this turn's frames go into. */
  #gathered(): Writer {
    this.#out ??= idle.pop() ?? new Writer(4096);
    return this.#out;
  }

  /** Seals and frames all that a session has to send. */
  #drain(session: ServerSession): void {
    const { outbox, key } = session;
    while (!outbox.isEmpty) {
      body.clear();
      outbox.pack(body);
      // `accepts` brings the salt in force up to date.
      key.salts.accepts(0, 0);
      head.saltLow = key.salts.low;
      head.saltHigh = key.salts.high;
      head.sessionLow = session.idLow;
      head.sessionHigh = session.idHigh;
      head.msgIdLow = outbox.msgIdLow;
      head.msgIdHigh = outbox.msgIdHigh;
      head.seqNo = outbox.seqNo;
      packet.clear();
      seal(key.authKey, 'server', head, body.bytes, 0, body.pos, this.#fill, packet);
      this.#frame(packet.written());
    }
  }

  #frame(bytes: Uint8Array): void {
    const passed = this.#taps.outgoing === undefined ? bytes : this.#taps.outgoing(this, bytes);
    if (passed === undefined) return;
    this.#counters.packetsSent++;
    this.#framing.write(passed, this.#gathered());
  }

  /** Sends a packet, and asks no tap. */
  packetAsIs(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#counters.packetsSent++;
    this.#framing.write(bytes, this.#gathered());
    this.#schedule();
  }

  /** Sends stream bytes that need not be frames. */
  bytesAsIs(bytes: Uint8Array): void {
    if (!this.#isClosed) this.#wire.write(Buffer.from(bytes));
  }

  /** Sends an unencrypted message: 0 | msg_id | length | body. */
  plain(answer: Uint8Array): void {
    if (this.#isClosed) return;
    this.#plainIds.next(1);
    packet.clear();
    packet.long(0, 0);
    packet.long(this.#plainIds.low, this.#plainIds.high);
    packet.int32(answer.length);
    packet.raw(answer);
    this.#frame(packet.written());
    this.#schedule();
  }

  /** Sends a transport error and closes, as Telegram does. */
  refuse(code: number): void {
    if (this.#isClosed) return;
    this.#flush();
    const out = new Writer(16);
    this.#framing.status(code, out);
    this.#wire.write(out.written());
    this.hangUp();
  }

  /** Sends a quick ack; the full transport has none. */
  quickAck(token: number): void {
    if (this.#framing.writeQuickAck(token, this.#gathered())) this.#schedule();
  }

  closeIn(ms: number): void {
    this.#cancelClose?.();
    this.#cancelClose = this.#env.after(ms, () => this.hangUp());
  }

  whenClosed(job: () => void): void {
    this.#whenClosed.push(job);
  }

  /** Closes from this side. */
  hangUp(): void {
    if (this.#isClosed) return;
    this.closed();
    this.#wire.end();
  }

  /** Closes from this side by a reset, where the wire can. */
  reset(): void {
    if (this.#isClosed) return;
    this.closed();
    if (this.#wire.reset === undefined) this.#wire.end();
    else this.#wire.reset();
  }

  /** Unbinds all sessions: the socket is closed, or about to be. */
  closed(): void {
    this.#isClosed = true;
    this.#cancelClose?.();
    for (const session of this.#sessions) session.detach(this);
    this.#sessions.clear();
    for (const job of this.#whenClosed.splice(0)) job();
  }
}
