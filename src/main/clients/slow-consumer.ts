/**
 * Slow consumer: whether a client takes its answers, and what is not read for it while it does not.
 * In: that more is unsent than one client may leave, that all has left, the clock of unread answers. Out: its gate and the links of
 * its sessions, shut and opened; whether it has taken anything since the last look. Never: ends a connection.
 */
import type { Socket } from 'node:net';
import type { MainEnv } from '../env.ts';
import { type Gate, Why } from '../flow/gate.ts';
import type { Reapable, Reaper } from './reaper.ts';

/** A client connection, as far as its unread answers are concerned. */
export interface SlowConsumerOwner extends Reapable {
  readonly gate: Gate;
  /** Reads no data centre for this client. */
  pauseLinks(): void;
  resumeLinks(): void;
}

/** What all client connections share of it. */
export interface SlowConsumerServices {
  readonly env: MainEnv;
  readonly reaper: Reaper;
}

/** One for each client connection. */
export class SlowConsumer {
  /** The client leaves its answers unread. */
  isUnread = false;
  readonly #socket: Socket;
  readonly #services: SlowConsumerServices;
  readonly #owner: SlowConsumerOwner;
  /** What was unsent at the last look of the clock. */
  #unsentBefore = '';

  constructor(socket: Socket, services: SlowConsumerServices, owner: SlowConsumerOwner) {
    this.#socket = socket;
    this.#services = services;
    this.#owner = owner;
    socket.on('drain', () => this.#drained());
  }

  /** Bytes of answers that the client has not taken and the system has no room for. */
  get unreadBytes(): number {
    return this.#socket.writableLength;
  }

  /** More is unsent than a client may leave (`unreadMark`): nothing is read for it until all has left. */
  begin(): void {
    if (this.isUnread) return;
    this.isUnread = true;
    this.#owner.gate.shut(Why.UNREAD);
    this.#owner.pauseLinks();
    this.#look();
  }

  #drained(): void {
    if (!this.isUnread) return;
    this.isUnread = false;
    this.#services.reaper.unread.end(this.#owner);
    this.#owner.resumeLinks();
    this.#owner.gate.open(Why.UNREAD);
  }

  /**
   * Asked when answers were unread for `unreadTimeout`: a client that has taken some, and leaves no more than `most` bytes, has as much
   * time again. @returns false if it has not
   */
  mayGoOn(most: number): boolean {
    if (this.#unsent() === this.#unsentBefore || this.unreadBytes > most) return false;
    this.#look();
    return true;
  }

  #look(): void {
    this.#unsentBefore = this.#unsent();
    this.#services.reaper.unread.begin(this.#owner, this.#services.env.now());
  }

  /** What the peer has not taken, in Node's queue and in libuv's; only compared with itself. */
  #unsent(): string {
    const handle = (this.#socket as { _handle?: { writeQueueSize?: number } | null })._handle;
    return `${this.#socket.writableLength}/${handle?.writeQueueSize ?? 0}`;
  }
}
