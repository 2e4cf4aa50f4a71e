/**
 * Proxy: the whole of the main thread: builds, starts, drains, stops.
 * In: limits, a kind of front, the worker's file, what the lanes are told. Out: a gateway that listens.
 * Never: TL, crypto or JSON of a client.
 */
import type { AddressInfo, Socket } from 'node:net';
import type { AllowList } from '../address/allow-list.ts';
import type { ErrorName } from '../errors.ts';
import type { Front, FrontOwner, NoticeFields } from '../front/front.ts';
import type { Log } from '../telemetry/log.ts';
import { Acceptor } from './acceptor.ts';
import { Client, type House } from './client.ts';
import { Descriptors } from './descriptors.ts';
import { Lanes } from './lanes.ts';
import type { Limits } from './limits.ts';
import { Router } from './router.ts';
import type { Route } from './route.ts';
import { Sweep } from './sweep.ts';

/** One way to speak to clients, as the composition root picks it. */
export interface FrontKind {
  make(owner: FrontOwner): Front;
  /** A line for someone who gets no front: the connection is refused before it has said anything. */
  line(id: number, name: ErrorName, fields: NoticeFields): Buffer;
}

export interface ProxyOptions {
  readonly host: string;
  readonly port: number;
  readonly lanes: number;
  /** The lanes' worker, a built file. */
  readonly worker: URL;
  /** `LaneData.settings`, passed on unseen. */
  readonly settings: unknown;
  readonly limits: Limits;
  readonly allow: AllowList;
  readonly front: FrontKind;
  readonly admits: ((token: string) => boolean) | undefined;
  readonly log: Log;
  /** These sessions were lost with their lane. */
  readonly lost: (sessions: ReadonlySet<number>) => void;
  /** A lost lane's thread has ended. */
  readonly ended: (lane: number) => void;
  /** The gateway cannot go on; the process should end. */
  readonly broken: (error: unknown) => void;
}

/** Refused connections that may wait for their line to leave; more are dropped without one. */
const MOST_REFUSED = 32;
const REFUSED_LINGER = 1_000;
/** Sessions and sockets may close in this time once everything is answered, ms. */
const CLOSING_TIME = 1_500;

export class Proxy implements House {
  readonly router: Router;
  readonly sweep: Sweep;
  readonly limits: Limits;
  readonly admits: ((token: string) => boolean) | undefined;
  readonly #options: ProxyOptions;
  readonly #lanes: Lanes;
  readonly #descriptors: Descriptors;
  readonly #acceptor = new Acceptor((socket) => this.#accept(socket));
  readonly #clients = new Set<Client>();
  #refused = 0;
  #onEmpty: (() => void) | undefined;
  #draining: Promise<void> | undefined;
  /** Where clients reach it; set by `start`. */
  addresses: readonly AddressInfo[] = [];

  constructor(options: ProxyOptions) {
    const { limits, log, allow, lost, ended, broken, worker, settings } = options;
    this.#options = options;
    this.limits = limits;
    this.admits = options.admits;
    this.#descriptors = new Descriptors(limits.descriptors, limits.descriptorReserve);
    this.router = new Router({ limits, descriptors: this.#descriptors, allow, log, lost, ended, broken });
    this.#lanes = new Lanes(options.lanes, { worker, settings, limits }, this.router);
    this.sweep = new Sweep(limits);
  }

  /** Lanes first, then the listener: whoever gets a connection gets answers. */
  async start(): Promise<void> {
    await this.#lanes.start();
    try {
      this.addresses = await this.#acceptor.listen(this.#options.host, this.#options.port);
    } catch (error) {
      this.#acceptor.close();
      await this.#lanes.stop();
      throw error;
    }
    this.sweep.start();
  }

  get port(): number {
    return this.addresses[0]!.port;
  }

  /** `degraded` while a lane has no thread: its sessions wait, all others are served. */
  get health(): 'ok' | 'degraded' {
    return this.#lanes.isDegraded ? 'degraded' : 'ok';
  }

  get connections(): number {
    return this.#clients.size;
  }

  #accept(socket: Socket): void {
    // One descriptor for the client, one to spare for its data centre.
    if (this.#clients.size >= this.limits.maxConnections || !this.#descriptors.take(1)) return this.#refuse(socket);
    this.#clients.add(new Client(socket, this));
  }

  #refuse(socket: Socket): void {
    socket.on('error', () => undefined);
    if (this.#refused >= MOST_REFUSED) {
      socket.destroy();
      return;
    }
    this.#refused++;
    const timer = setTimeout(() => socket.destroy(), REFUSED_LINGER);
    socket.on('close', () => {
      this.#refused--;
      clearTimeout(timer);
    });
    socket.resume();
    socket.end(this.#options.front.line(-1, 'TooManyConnections', { retry_after: 1, closing: true }));
  }

  route(client: Client): Route {
    return this.router.add(client, this.#lanes.pick());
  }

  front(owner: FrontOwner): Front {
    return this.#options.front.make(owner);
  }

  left(client: Client): void {
    if (!this.#clients.delete(client)) return;
    this.#descriptors.give();
    if (this.#clients.size === 0) this.#onEmpty?.();
  }

  /**
   * Stops: nobody new, nothing more is read, what is open is answered or told, all is closed.
   * @param within ms that open requests may take
   */
  drain(within = this.limits.drainTimeout): Promise<void> {
    this.#draining ??= this.#drain(within);
    return this.#draining;
  }

  async #drain(within: number): Promise<void> {
    this.#acceptor.close();
    const retryAfter = Math.max(1, Math.ceil(within / 1_000));
    for (const client of this.#clients) client.stopping(retryAfter);
    await this.#empty(within);
    for (const client of this.#clients) client.abandon(retryAfter);
    await this.#empty(CLOSING_TIME);
    for (const client of this.#clients) client.destroy();
    await this.#empty(CLOSING_TIME);
    this.sweep.stop();
    await this.#lanes.stop();
  }

  /** Until no client is left, or the time is over. */
  #empty(within: number): Promise<void> {
    if (this.#clients.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(done, within);
      const onEmpty = () => {
        clearTimeout(timer);
        done();
      };
      this.#onEmpty = onEmpty;
      function done(): void {
        resolve();
      }
    });
  }
}
