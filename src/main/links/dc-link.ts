/**
 * DC link: one TCP connection to a data centre, or an attempt at one.
 * In: an address, views to write. Out: up, bytes, down, to the session's links. Never: frames; a second attempt (the session decides on
 * that); a word after it was hung up.
 */
import { connect, type Socket } from 'node:net';
import type { LinkEnd } from '../../batch/link-records.ts';
import type { MainEnv, Timer } from '../env.ts';
import { Gate } from '../flow/gate.ts';
import { SocketWriter, type WriteBatch } from '../flow/socket-writer.ts';
import { connectThrough, type Socks } from './socks.ts';

/** One block for all links: what is read is copied into a slot before the next read (architecture: The life of a request, step 8). */
const READ = Buffer.allocUnsafeSlow(64 * 1024);
const KEEP_ALIVE = 60_000;
/** How long bytes written before a hang-up may take to leave, ms. */
const LINGER = 5_000;

/** What is the same for all links, and how long this one may take. */
export interface LinkOptions {
  readonly env: MainEnv;
  /** Sends what is written, once a block. */
  readonly batch: WriteBatch;
  /** Bytes that may wait to be sent before the link says that it is full. */
  readonly mark: number;
  /** How long the connection may take to stand, ms. */
  readonly within: number;
  /** The proxy that data centres are reached through. */
  readonly socks: Socks | undefined;
}

/** Whom a link tells. */
export interface LinkOwner {
  linkUp(link: DcLink): void;
  /** Bytes have come, `bytes[0..length)`; they are overwritten after this call. More come unless the link's gate was shut in it. */
  linkBytes(link: DcLink, bytes: Buffer, length: number): void;
  linkDown(link: DcLink, end: LinkEnd): void;
  linkFull(link: DcLink): void;
  linkDrained(link: DcLink): void;
  /** The descriptor of the link is free again. */
  linkFreed(): void;
}

/** One attempt at a connection to a data centre and, if it is made, the connection. It dials as it is constructed. */
export class DcLink {
  readonly number: number;
  /** The lane's number for this attempt, echoed with everything it is told. */
  readonly attempt: number;
  readonly gate: Gate;
  isFull = false;
  readonly #env: MainEnv;
  readonly #owner: LinkOwner;
  readonly #socket: Socket;
  readonly #writer: SocketWriter;
  #timer: Timer | undefined;
  /** The connection was made. */
  isUp = false;
  #isDead = false;
  #isLate = false;
  #code = 'END';

  constructor(
    owner: LinkOwner,
    number: number,
    attempt: number,
    { host, port }: { readonly host: string; readonly port: number },
    { env, batch, mark, within, socks }: LinkOptions,
  ) {
    this.#env = env;
    this.number = number;
    this.attempt = attempt;
    this.#owner = owner;
    this.#socket = socks === undefined ? this.#direct(host, port) : this.#indirect(socks, host, port, within);
    this.gate = new Gate(
      () => this.#socket.pause(),
      () => this.#socket.resume(),
    );
    this.#writer = new SocketWriter(this.#socket, batch, mark, () => this.#filled());
    this.#timer = this.#env.setTimer(() => this.#late(), within);
    this.#listen();
  }

  #direct(host: string, port: number): Socket {
    const callback = (length: number, bytes: Uint8Array) => this.#received(length, bytes as Buffer);
    const socket = connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE,
      onread: { buffer: READ, callback },
    });
    socket.on('connect', () => this.#connected());
    return socket;
  }

  #indirect(socks: Socks, host: string, port: number, timeout: number): Socket {
    const refused = (): void => void (this.#code = 'ESOCKS');
    return connectThrough(socks, host, port, timeout, () => this.#throughProxy(), refused);
  }

  /** The proxy has connected: all bytes from here on are the data centre's. */
  #throughProxy(): void {
    const socket = this.#socket;
    socket.setKeepAlive(true, KEEP_ALIVE);
    socket.on('data', (chunk: Buffer) => {
      if (!this.#received(chunk.length, chunk)) socket.pause();
    });
    this.#connected();
  }

  #connected(): void {
    this.#env.clearTimer(this.#timer);
    this.isUp = true;
    if (!this.#isDead) this.#owner.linkUp(this);
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('drain', () => this.#drained());
    socket.on('error', (error: NodeJS.ErrnoException) => (this.#code = error.code ?? 'ERROR'));
    socket.on('close', () => this.#closed());
  }

  #received(length: number, bytes: Buffer): boolean {
    if (this.#isDead) return false;
    this.#owner.linkBytes(this, bytes, length);
    return this.gate.isOpen;
  }

  #late(): void {
    this.#isLate = true;
    this.#code = 'ETIMEDOUT';
    this.#socket.destroy();
  }

  #closed(): void {
    this.#env.clearTimer(this.#timer);
    this.#owner.linkFreed();
    if (this.#isDead) return;
    this.#isDead = true;
    this.#drained();
    this.#owner.linkDown(this, {
      code: this.#code,
      wasNeverUp: !this.isUp,
      hasTimedOut: this.#isLate,
      isNotAllowed: false,
    });
  }

  #filled(): void {
    if (this.isFull || this.#isDead) return;
    this.isFull = true;
    this.#owner.linkFull(this);
  }

  #drained(): void {
    if (!this.isFull) return;
    this.isFull = false;
    this.#owner.linkDrained(this);
  }

  /** Writes a view of a lane's block; it leaves with the rest of its batch. */
  write(view: Buffer): void {
    if (!this.#isDead) this.#writer.write(view);
  }

  /** Ends the connection or the attempt. Nothing of it reaches the lane from here on. */
  hangUp(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#drained();
    this.#env.clearTimer(this.#timer);
    if (!this.isUp) {
      this.#socket.destroy();
      return;
    }
    this.#timer = this.#env.setTimer(() => this.#socket.destroy(), LINGER);
    this.#socket.resume();
    this.#socket.destroySoon();
  }
}
