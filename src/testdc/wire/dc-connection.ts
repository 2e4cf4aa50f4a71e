/**
 * DcConnection: one connection to a DC, without its socket.
 * In: stream bytes. Out: stream bytes and the end, through `Wire`. Never: node:net, TL.
 *
 * What sessions have to say is gathered for one turn of the event loop and written at once, so that
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

/** The socket as a connection sees it. */
export interface Wire {
  /** Takes the bytes over: they are the wire's from now on. */
  write(bytes: Buffer): void;
  /** Sends what was written, then closes. */
  end(): void;
  /** Closes at once and throws away what was written: a TCP reset. Default: `end`. */
  reset?(): void;
}

/** The data centre as a connection sees it. */
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

// One of each for all connections: they are used within one call only.
const body = new Writer(64 * 1024);
const packet = new Writer(64 * 1024);
const head = newHead();

/** What a turn's frames are gathered in, lent to connections: a large answer leaves none of them a large block. */
const idle: Writer[] = [];
const MOST_IDLE = 16;
const LARGEST_IDLE = 4 * 1024 * 1024;

export class DcConnection implements SessionLink, FrameSink {
  readonly number: number;
  readonly dc: ConnectionCentre;
  /** The key and the session that spoke last: looked at first. */
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

  get isPadded(): boolean {
    return this.#framing.name === 'padded';
  }

  /** Which transport the first bytes named. */
  get transport(): string | undefined {
    const { name, isObfuscated } = this.#framing;
    return name !== undefined && isObfuscated ? `obfuscated ${name}` : name;
  }

  /** Bytes that came. */
  feed(chunk: Uint8Array): void {
    if (this.#isClosed) return;
    this.#counters.bytesIn += chunk.length;
    const passed = this.#taps.stream === undefined ? chunk : this.#taps.stream(this, chunk);
    if (passed !== undefined) this.#framing.feed(passed, this);
  }

  packet(bytes: Buffer, wantsQuickAck: boolean): void {
    if (this.#isClosed) return;
    const passed = this.#taps.incoming === undefined ? bytes : this.#taps.incoming(this, bytes);
    if (passed !== undefined && !this.#isClosed) this.dc.packet(this, passed, wantsQuickAck);
  }

  /** Handles a packet as if it had come now, past the taps. */
  handle(bytes: Buffer): void {
    if (!this.#isClosed) this.dc.packet(this, bytes, false);
  }

  broken(why: string): void {
    this.dc.violation('frame', why, this.number);
    this.hangUp();
  }

  /** The session spoke on this connection. */
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

  /** Where the next frame of this turn goes. */
  #gathered(): Writer {
    this.#out ??= idle.pop() ?? new Writer(4096);
    return this.#out;
  }

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

  /** Sends a packet, whatever is in it. */
  packetAsIs(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#counters.packetsSent++;
    this.#framing.write(bytes, this.#gathered());
    this.#schedule();
  }

  /** Sends stream bytes as they are: frames that are none. */
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

  /** Tells that a packet has come; the full transport has no word for it. */
  quickAck(token: number): void {
    if (this.#framing.writeQuickAck(token, this.#gathered())) this.#schedule();
  }

  closeIn(ms: number): void {
    this.#cancelClose?.();
    this.#cancelClose = this.#env.after(ms, () => this.hangUp());
  }

  /** Closes from this side. */
  hangUp(): void {
    if (this.#isClosed) return;
    this.closed();
    this.#wire.end();
  }

  /** Breaks the connection off from this side. */
  reset(): void {
    if (this.#isClosed) return;
    this.closed();
    if (this.#wire.reset === undefined) this.#wire.end();
    else this.#wire.reset();
  }

  /** The socket is closed, or about to be: sessions go on without it. */
  closed(): void {
    this.#isClosed = true;
    this.#cancelClose?.();
    for (const session of this.#sessions) session.detach(this);
    this.#sessions.clear();
  }
}
