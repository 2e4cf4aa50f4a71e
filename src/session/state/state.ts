/**
 * State: what one session knows: what belongs to each of its connections, and what all of them have in common.
 * In: settings, `options` of the client. Out: fields. Never: decides anything but what follows from its fields alone.
 */
import type { AuthKey } from '../../crypto/auth-key.ts';
import type { Refusal } from '../../dialect/dialect.ts';
import type { Env } from '../env.ts';
import type { DataCentre } from '../settings.ts';
import type { Sink } from '../sink.ts';
import { Attachments } from './attachments.ts';
import { BackOff } from './back-off.ts';
import { Floods } from './floods.ts';
import { Keys } from './keys.ts';
import { Link } from './link.ts';
import { isAfter, MessageIds } from './message-ids.ts';
import type { StoredSession } from './stored-session.ts';
import { Outbox } from './outbox.ts';
import type { Pending } from './pending.ts';
import { PendingTable } from './pending-table.ts';
import { Repeats } from './repeats.ts';
import { StateRequests } from './state-requests.ts';
import { ReceivedIds } from './received-ids.ts';
import { Salts } from './salts.ts';
import type { Server } from './servers.ts';

/**
 * What a connection is for: `home` carries everything and hears updates; `media` carries files of the home data centre;
 * `foreign` carries the calls another data centre must answer.
 */
export type Role = 'home' | 'media' | 'foreign';

/** A session at the server that this side has left; `at` is when it may be destroyed, Unix ms. */
export interface StaleSession {
  readonly low: number;
  readonly high: number;
  /** The key it was under: no other can destroy it. */
  readonly keyLow: number;
  readonly keyHigh: number;
  readonly at: number;
}

/** The list of a connection that has left no session. */
export const NO_STALE: readonly StaleSession[] = [];

/** What all DC connections of one session have in common: who speaks in it, what the server has asked for. */
export class SessionState {
  /** The clients that speak in it. */
  readonly attachments = new Attachments();
  /** The name it is stored under, or will be; undefined for a session of one client's own. */
  readonly name: string | undefined;
  /** What is stored under its name is not known yet: lines wait. */
  isOpening: boolean;
  /** Why it could not be opened: each line is refused so. */
  refused: Refusal | undefined;
  /** It was given up: whatever still comes for it runs elsewhere. */
  isOver = false;
  /** JSON text of the client's `options.init`. */
  initText: Uint8Array | undefined;
  /** `invokeWithLayer(initConnection(` as TL bytes, to be put before requests; empty if there is none. */
  initPrefix: Uint8Array;
  /** The prefix came from a request of the client's own. */
  isClientInit = false;
  readonly floods = new Floods();
  /** Requests that wait for the outcome of the first with their key. */
  readonly repeats = new Repeats();
  /** Permanent keys of data centres that are not the home one now, by number. */
  readonly otherKeys = new Map<number, AuthKey>();
  /** The home connection, and those beside it; number n of a link is `others[n - 1]`. */
  home!: ConnectionState;
  readonly others: ConnectionState[] = [];
  /** What is known of its account, once it was opened under its name. */
  stored: StoredSession | undefined;
  /** On takeover by another process: when the session is given up at the latest, Unix ms; Infinity if nobody takes it over. */
  leaveBy = Infinity;
  /** When the clients that must leave the session to one alone are made to, Unix ms; Infinity if none must. */
  aloneBy = Infinity;
  /** The client has lost its session: nothing is sent until it names another. */
  readonly isBare: boolean;
  /** Data centres and their addresses, as the server has told them by `help.getConfig`. */
  toldCentres: readonly DataCentre[] = [];
  /** The data centre that `auth.loginTokenMigrateTo` named last, until another answer about a token. */
  tokenDc: number | undefined;

  /** Calls are initialised by the operator's parameters or the client's. */
  get isInitGiven(): boolean {
    return this.initPrefix.length > 0;
  }

  /** @param name under which it is stored, or will be @param isBare it is there to refuse */
  constructor(env: Env, name: string | undefined, isBare: boolean) {
    this.name = name;
    this.isOpening = name !== undefined;
    this.isBare = isBare;
    this.initPrefix = env.initPrefix;
  }
}

/** One DC connection of a session. */
export class ConnectionState {
  readonly env: Env;
  readonly sink: Sink;
  /** The number the main thread knows the session by. */
  readonly number: number;
  readonly session: SessionState;
  readonly role: Role;
  /** Which of the session's DC connections this is. */
  readonly linkNumber: number;

  server: Server;
  readonly keys: Keys;
  /** The queue with `auth.bindTempAuthKey` alone, while the binding is under way: nothing else is sent. */
  binding: Pending[] | undefined;
  sessionLow = 0;
  sessionHigh = 0;
  /** Highest content-related seq_no the server has acknowledged. */
  lastSeqNo = 0;
  /** The newest own message of this session that was answered; 0 if none was. */
  referenceLow = 0;
  referenceHigh = 0;

  /** msg_id of the newest own message when seq_nos were last raised or lowered; 0 if they never were. */
  mendedLow = 0;
  mendedHigh = 0;
  /** How often seq_nos were raised or lowered without a message of this side taken since. */
  mends = 0;

  /** When a request that must not be done twice was last sent again under its own id, Unix ms. */
  resentAt = -Infinity;
  /** Sessions that were left and are to be destroyed, the oldest first. */
  staleSessions: readonly StaleSession[] = NO_STALE;

  readonly ids = new MessageIds();
  readonly salts = new Salts();
  readonly pending = new PendingTable();
  readonly received = new ReceivedIds();
  readonly outbox = new Outbox();
  readonly stateRequests = new StateRequests();
  readonly link = new Link();
  readonly backOff = new BackOff();

  /** An answer on this connection has shown that the server took the prefix. */
  isInitDone = false;

  /** An answer or an update has come in this session: from now on a new session at the server means a gap. */
  hasHistory = false;
  /** Seconds by which the last packet that answered this side lay ahead of its clock; 0 if it lay within the window. */
  aheadBy = 0;
  /** The clock was wrong, and messages were ignored for it: the server must send them again. */
  isClockMended = false;
  /** The last `new_session_created` taken. */
  uniqueLow = 0;
  uniqueHigh = 0;
  /** Salts refused in a row without an answer between. */
  saltRefusals = 0;
  /** Transport code -404 on the connection before this one too. */
  isKeyDoubted = false;
  /** A foreign data centre knows the account; or is being told. */
  isAuthorised = false;
  isAuthorising = false;
  /** The key is gone: nothing will be sent any more. */
  isLost = false;

  /** @param linkNumber 0 for the home connection */
  constructor(
    env: Env,
    sink: Sink,
    number: number,
    server: Server,
    session: SessionState,
    role: Role,
    linkNumber: number,
  ) {
    this.env = env;
    this.sink = sink;
    this.number = number;
    this.server = server;
    this.session = session;
    this.role = role;
    this.linkNumber = linkNumber;
    this.keys = new Keys(env.settings.forwardSecrecy === 'always');
    if (role === 'home') session.home = this;
  }

  /** Requests may be sealed and sent. */
  get isReady(): boolean {
    return this.keys.inForce !== undefined && this.link.isUp && this.link.handshake === undefined;
  }

  /** Server time at `now` (Unix ms), whole seconds. */
  serverSeconds(now: number): number {
    return Math.floor(this.ids.serverTime(now) / 1000);
  }

  /**
   * The server has answered this message: as long as it remembers it, it has not begun the session anew since. What is
   * never sent again under its own id may say so: what is answered.
   */
  noteAnswered(low: number, high: number): void {
    if (!isAfter(low, high, this.referenceLow, this.referenceHigh)) return;
    this.referenceLow = low;
    this.referenceHigh = high;
  }

  /** The server has the request: its seq_no is one that `last_seqno` may name. */
  noteAcknowledged(pending: Pending): void {
    pending.isAcknowledged = true;
    this.noteTaken(pending.msgIdLow, pending.msgIdHigh);
    if (pending.seqNo > this.lastSeqNo) this.lastSeqNo = pending.seqNo;
  }

  /** The server has taken a message of this side: its seq_no was right. */
  noteTaken(low: number, high: number): void {
    if (isAfter(low, high, this.mendedLow, this.mendedHigh)) this.mends = 0;
  }

  /** Starts anew with a key of another data centre, or with none: then one is made on connecting. */
  takeKey(key: AuthKey | undefined): void {
    this.keys.begin(key);
    this.#beginAnew();
  }

  /** Starts anew under the key in force of another connection, with a session of its own. */
  shareKey(other: ConnectionState): void {
    this.keys.shareFrom(other.keys);
    this.#beginAnew();
  }

  #beginAnew(): void {
    this.binding = undefined;
    this.renewSession(true);
    this.isInitDone = false;
    this.hasHistory = false;
    this.isKeyDoubted = false;
    this.ids.isSynchronised = false;
  }

  /** A new session_id at the server: random, not zero; numbering starts again. */
  renewSession(isFromScratch: boolean): void {
    do {
      this.sessionLow = this.env.random32();
      this.sessionHigh = this.env.random32();
    } while (this.sessionLow === 0 && this.sessionHigh === 0);
    this.ids.restart(isFromScratch);
    this.received.clear();
    this.outbox.forgetAcks();
    this.outbox.forgetResends();
    this.stateRequests.forget();
    this.referenceLow = this.referenceHigh = 0;
    this.mendedLow = this.mendedHigh = 0;
    this.mends = 0;
    this.lastSeqNo = 0;
    this.resentAt = -Infinity;
  }
}
