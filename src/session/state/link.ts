/**
 * Link: the one DC connection of a session, as far as bytes and times go.
 * In: events of a connection. Out: its stage and clocks. Never: a socket; the main thread has it.
 */
import type { Transport } from '../../transport/transport.ts';
import type { Handshake } from '../handshake/handshake.ts';
import type { ServerAddress } from '../../batch/link-records.ts';

type Stage = 'down' | 'dialling' | 'up';

/** Stage, transport and clocks (Unix ms) of the connection with the number `attempt`. */
export class Link {
  stage: Stage = 'down';
  /** Number of the attempt at a connection; an event with another number is of an earlier connection. */
  attempt = 0;
  transport: Transport | undefined;
  /** There while a key is being created on this connection. */
  handshake: Handshake | undefined;
  /** Until when the next step of the exchange, and the whole exchange, must be answered, Unix ms. */
  handshakeUntil = Infinity;
  handshakeEnds = Infinity;
  /** Unencrypted packets that wait for `work`. */
  plain: Uint8Array[] = [];
  /** The first address dialled; once the connection stands, the one of the server's addresses that has answered. */
  host = '';
  port = 0;
  /** The far end has shown that it is the data centre. */
  isProven = false;
  /** The first bytes that came, while `isProven` is false. */
  head: Uint8Array = new Uint8Array(0);
  /** Why there is no connection, in words; undefined since one was proven. */
  trouble: string | undefined;
  /** Since when there is no connection, Unix ms. */
  troubleSince = 0;
  /** A connection of this session has been up before. */
  wasUp = false;
  /** When the session may dial again, Unix ms; Infinity: when a request comes. */
  redialAt = Infinity;
  /** Since when an answer is awaited and no packet has come, Unix ms. */
  awaitingSince = 0;
  /** A request was sent and no packet has come since; stays true when the request's time is over. */
  isUnheard = false;
  /** When the last packet came, Unix ms. */
  lastReceived = 0;
  /** No byte has come since the last `msgs_state_req` (`state-requests.ts`) left. */
  isSilent = false;
  /** Bytes of messages sent since the last byte came. */
  unheardBytes = 0;
  /** When the last ping was sent, Unix ms. */
  lastPing = 0;
  /** A ping was sent since the last byte came. */
  isPinged = false;

  get isUp(): boolean {
    return this.stage === 'up';
  }

  /** A connection is being dialled: takes its transport and address, and the next attempt number. */
  dialled(transport: Transport, host: string, port: number): void {
    this.attempt++;
    this.host = host;
    this.port = port;
    this.isProven = false;
    this.head = new Uint8Array(0);
    this.stage = 'dialling';
    this.transport = transport;
    this.redialAt = Infinity;
  }

  /** Notes which of the server's addresses has answered. */
  standsAt({ host, port }: ServerAddress): void {
    this.host = host;
    this.port = port;
  }

  /** The connection stands. */
  opened(now: number): void {
    this.stage = 'up';
    this.wasUp = true;
    this.lastReceived = now;
    this.unheardBytes = 0;
    this.awaitingSince = now;
    this.isUnheard = false;
    this.lastPing = now;
    this.isPinged = false;
  }

  /** Bytes have come, of whatever kind. */
  notSilent(): void {
    this.isSilent = false;
    this.unheardBytes = 0;
  }

  /** A packet that passed its checks. */
  heard(now: number): void {
    this.lastReceived = now;
    this.awaitingSince = now;
    this.isUnheard = false;
    this.isPinged = false;
  }

  /** Forgets the connection. */
  dropped(): void {
    this.stage = 'down';
    this.transport = undefined;
    this.handshake?.wipe();
    this.handshake = undefined;
    this.handshakeUntil = Infinity;
    this.plain = [];
  }
}
