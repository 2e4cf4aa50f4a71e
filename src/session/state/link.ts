/**
 * Link: the one DC connection of a session, as far as bytes and times go.
 * In: events of a connection. Out: its stage and clocks. Never: a socket; the main thread has it.
 */
import type { Transport } from '../../transport/transport.ts';
import type { Handshake } from '../handshake/handshake.ts';
import type { Address } from '../sink.ts';

type Stage = 'down' | 'dialling' | 'up';

export class Link {
  stage: Stage = 'down';
  /** Number of the attempt; what carries another belongs to a connection that is gone. */
  attempt = 0;
  transport: Transport | undefined;
  /** There while a key is being created on this connection. */
  handshake: Handshake | undefined;
  /** When its next step, and when all of it must be there. */
  handshakeUntil = Infinity;
  handshakeEnds = Infinity;
  /** Unencrypted packets that wait for `work`. */
  plain: Uint8Array[] = [];
  /** Where it was dialled, or where it stands: the first address of the server, or another one. */
  host = '';
  port = 0;
  /** The far end has shown that it is the data centre. */
  isProven = false;
  /** What it has said first, until then. */
  head: Uint8Array = new Uint8Array(0);
  /** Why there is no connection, in words; undefined since one was proven. */
  trouble: string | undefined;
  /** When that began, Unix ms. */
  troubleSince = 0;
  /** A connection of this session has been up before. */
  wasUp = false;
  /** When it may be dialled again; Infinity: only when a request comes. */
  redialAt = Infinity;
  /** Last sign of life while answers were awaited. */
  awaitingSince = 0;
  /** A request was sent and nothing has come since: so it stays when the request's time is over. */
  isUnheard = false;
  lastReceived = 0;
  /** No byte has come since the last `msgs_state_req` (`state-requests.ts`) left. */
  isSilent = false;
  /** Bytes of messages sent since the last byte came. */
  unheardBytes = 0;
  lastPing = 0;
  /** A ping was sent since the last byte came. */
  isPinged = false;

  get isUp(): boolean {
    return this.stage === 'up';
  }

  /** A new number, a new transport: nothing of the last connection counts any more. */
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

  /** It is another of the server's addresses that has answered. */
  standsAt({ host, port }: Address): void {
    this.host = host;
    this.port = port;
  }

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
