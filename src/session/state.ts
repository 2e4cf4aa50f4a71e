/**
 * State: what one session knows. The modules beside it each keep one part of it true.
 * In: settings. Out: fields. Never: decides anything but what follows from its fields alone.
 */
import type { AuthKey } from '../crypto/auth-key.ts';
import type { Dialect } from '../dialect/dialect.ts';
import type { JsonStyle } from '../tl/codec.ts';
import { BackOff } from './back-off.ts';
import type { Env } from './env.ts';
import { Floods } from './floods.ts';
import { Link } from './link.ts';
import { MessageIds } from './message-ids.ts';
import { Outbox } from './outbox.ts';
import { PendingTable, type Pending } from './pending.ts';
import { ReceivedIds } from './received-ids.ts';
import { Salts } from './salts.ts';
import type { Sink } from './sink.ts';

/** The server a session speaks to. */
export interface Server {
  readonly host: string;
  readonly port: number;
  readonly dc: number;
  readonly test: boolean;
  /** PEM of the client's own RSA key, if it named one: then only that one is trusted. */
  readonly rsa: string | undefined;
  /** The address came from the client. */
  readonly untrusted: boolean;
}

export class State {
  readonly env: Env;
  readonly sink: Sink;
  /** What this session's client speaks. */
  readonly dialect: Dialect;
  /** The number the main thread knows this session by. */
  readonly number: number;

  server: Server;
  /** Answers' form; shared with the settings until the client sets its own. */
  style: JsonStyle;
  /** JSON text of the client's `options.init`. */
  initText: Uint8Array | undefined;

  key: AuthKey | undefined;
  sessionLow = 0;
  sessionHigh = 0;
  /** Highest content-related seq_no the server has acknowledged. */
  lastSeqNo = 0;

  readonly ids = new MessageIds();
  readonly salts = new Salts();
  readonly pending = new PendingTable();
  readonly received = new ReceivedIds();
  readonly outbox = new Outbox();
  readonly link = new Link();
  readonly backOff = new BackOff();
  readonly floods = new Floods();

  /** `invokeWithLayer(initConnection(` as TL bytes, to be put before requests; empty if there is none. */
  initPrefix: Uint8Array;
  /** The prefix came from a request of the client's own. */
  initIsOwn = false;
  /** An answer on this connection has shown that the server took the prefix. */
  initDone = false;

  /** An answer or an update has come in this session: from now on a new session at the server means a gap. */
  lived = false;
  /** The last `new_session_created` taken. */
  uniqueLow = 0;
  uniqueHigh = 0;
  /** Salts refused in a row without an answer between. */
  saltRefusals = 0;
  /** Transport code -404 on the connection before this one too. */
  keyDoubted = false;
  /** The key is gone: nothing will be sent any more. */
  lost = false;

  constructor(env: Env, sink: Sink, number: number, server: Server, dialect: Dialect) {
    this.env = env;
    this.sink = sink;
    this.number = number;
    this.server = server;
    this.dialect = dialect;
    this.style = env.settings.style;
    this.initPrefix = env.initPrefix;
  }

  /** Requests may be sealed and sent. */
  get isReady(): boolean {
    return this.key !== undefined && this.link.isUp && this.link.handshake === undefined;
  }

  /** Server time, whole seconds. */
  serverSeconds(now: number): number {
    return Math.floor(this.ids.serverTime(now) / 1000);
  }

  /** The server has the request: its seq_no is one that `last_seqno` may name. */
  acknowledged(pending: Pending): void {
    pending.acknowledged = true;
    if (pending.seqNo > this.lastSeqNo) this.lastSeqNo = pending.seqNo;
  }

  /** A new session_id at the server: random, not zero; numbering starts again. */
  renewSession(idsFromScratch: boolean): void {
    do {
      this.sessionLow = this.env.random32();
      this.sessionHigh = this.env.random32();
    } while (this.sessionLow === 0 && this.sessionHigh === 0);
    this.ids.restart(idsFromScratch);
    this.received.clear();
    this.outbox.forgetAcks();
    this.lastSeqNo = 0;
  }
}
