/**
 * Gateway: the whole of the main thread: builds, starts, drains, stops.
 * In: limits, a kind of front, the worker's file, what the lanes are told. Out: a gateway that listens.
 * Never: TL, crypto or JSON of a client.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { isLoopback } from '../address/address.ts';
import type { AllowList } from '../address/allow-list.ts';
import type { ErrorName } from '../errors.ts';
import type { Front, FrontOwner, NoticeFields } from './clients/front.ts';
import type { Bearer, Tokens } from '../front/tokens.ts';
import type { Log } from '../telemetry/log.ts';
import { Count, Metrics, type Gauges } from '../telemetry/metrics.ts';
import { Acceptor } from './clients/acceptor.ts';
import type { Admission, Listener } from './clients/admission.ts';
import { AddressRates } from './clients/address-rates.ts';
import { Client } from './clients/client.ts';
import type { MainEnv, Timer } from './env.ts';
import { Descriptors } from './limits/descriptors.ts';
import type { Connection } from './clients/gateway-services.ts';
import { Lanes } from './lanes/lanes.ts';
import type { Limits } from './limits/limits.ts';
import { Memory, Step } from './limits/memory.ts';
import { Names } from './names/names.ts';
import { Router } from './sessions/router.ts';
import type { Route } from './sessions/route.ts';
import type { SessionClient } from './sessions/session-client.ts';
import type { Socks } from './links/socks.ts';
import { Reaper } from './clients/reaper.ts';
import type { Vault } from '../vault/vault.ts';

/** One way to speak to clients, as the composition root picks it. */
export interface FrontKind {
  make(owner: FrontOwner): Front;
  /** A line for someone who gets no front: the connection is refused. @param heard what it has said so far, if anything */
  line(id: number, name: ErrorName, fields: NoticeFields, heard: Buffer | undefined): Buffer;
}

export interface GatewayOptions {
  readonly env: MainEnv;
  readonly host: string;
  readonly port: number;
  readonly lanes: number;
  /** The lanes' worker, a built file. */
  readonly worker: URL;
  /** `LaneData.settings`, passed on unseen. */
  readonly settings: unknown;
  readonly limits: Limits;
  readonly allow: AllowList;
  /** Data centres are reached through it. */
  readonly socks?: Socks | undefined;
  readonly front: FrontKind;
  /** HTTP, if there is to be any. */
  readonly http?: { readonly port: number; readonly listener: (admission: Admission) => Listener } | undefined;
  readonly tokens: Tokens;
  /** Opens the vault of kept sessions, when the first is asked for; undefined if there is none. */
  readonly vault?: (() => Promise<Vault>) | undefined;
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
/** So long it may take to say its first byte, ms. */
const REFUSED_HEARS = 50;
/** Sessions and sockets may close in this time once everything is answered, ms. */
const CLOSING_TIME = 1_500;
/** What is kept of sessions may take so long to be written then, ms. */
const KEEPING_TIME = 2_000;

export class Gateway implements Admission {
  readonly env: MainEnv;
  readonly router: Router;
  readonly reaper: Reaper;
  readonly limits: Limits;
  readonly metrics = new Metrics();
  readonly tokens: Tokens;
  readonly #options: GatewayOptions;
  readonly #lanes: Lanes;
  readonly #descriptors: Descriptors;
  readonly #names: Names;
  readonly #acceptor = new Acceptor((options) => createServer(options, (socket) => this.#accept(socket)));
  readonly #listener: Listener | undefined;
  readonly #httpAcceptor: Acceptor;
  readonly #connections = new Set<Connection>();
  readonly #accepts: AddressRates;
  readonly #failures: AddressRates;
  readonly #memory: Memory;
  #memoryTimer: Timer | undefined;
  #refused = 0;
  #onEmpty: (() => void) | undefined;
  #draining: Promise<void> | undefined;
  /** Where clients reach it; set by `start`. */
  addresses: readonly AddressInfo[] = [];
  /** The same for HTTP; empty if there is none. */
  httpAddresses: readonly AddressInfo[] = [];
  isServing = false;

  constructor(options: GatewayOptions) {
    const { env, limits, log, allow, socks, lost, ended, broken, worker, settings } = options;
    this.#options = options;
    this.env = env;
    this.limits = limits;
    this.tokens = options.tokens;
    this.#descriptors = new Descriptors(limits.descriptors, limits.descriptorReserve);
    this.#names = new Names(options.vault, log, env);
    this.router = new Router({
      env,
      limits,
      names: this.#names,
      metrics: this.metrics,
      descriptors: this.#descriptors,
      allow,
      socks,
      log,
      lost,
      ended,
      broken,
    });
    this.#lanes = new Lanes(options.lanes, { worker, settings, limits, env }, this.router);
    this.reaper = new Reaper(limits, env);
    this.#accepts = new AddressRates(limits.acceptsPerSecond, 1_000);
    this.#failures = new AddressRates(limits.tokenFailures, 60_000);
    this.#memory = new Memory(limits.memory);
    this.#listener = options.http?.listener(this);
    this.#httpAcceptor = new Acceptor((server) => this.#listener!.server(server));
  }

  /** Lanes first, then the listener: whoever gets a connection gets answers. HTTP is there before, to say "not yet". */
  async start(): Promise<void> {
    const { host, port, http } = this.#options;
    try {
      if (http !== undefined) this.httpAddresses = await this.#httpAcceptor.listen(host, http.port);
      await this.#lanes.start();
      this.addresses = await this.#acceptor.listen(host, port);
    } catch (error) {
      this.#acceptor.close();
      this.#closeListener();
      await this.#lanes.stop();
      throw error;
    }
    this.reaper.start();
    this.#memoryTimer = this.env.setRepeated(() => this.#lookAtMemory(), this.limits.memoryEvery);
    this.isServing = true;
  }

  #closeListener(): void {
    this.#httpAcceptor.close();
    this.#listener?.close();
  }

  get port(): number {
    return this.addresses[0]!.port;
  }

  /** `degraded` while a lane has no thread, or a session is not kept as it should be: all others are served. */
  get health(): 'ok' | 'degraded' {
    return this.#lanes.isDegraded || this.#names.isDegraded ? 'degraded' : 'ok';
  }

  get connections(): number {
    return this.#connections.size;
  }

  gauges(): Gauges {
    const lanes = this.#lanes.all;
    const { links, openRequests } = this.router.load(lanes.length);
    return {
      isReady: this.isServing && lanes.every((lane) => lane.isUp),
      clients: this.#connections.size,
      sessions: this.router.size,
      links,
      lanes: lanes.map(({ isUp, sessions, batches, restarts, number }) => ({
        isUp,
        sessions,
        batches,
        restarts,
        openRequests: openRequests[number]!,
      })),
    };
  }

  room(): boolean {
    if (this.#memory.reached(Step.CLOSED)) return this.#full();
    // One descriptor for the client, one to spare for its data centre.
    if (this.#connections.size < this.limits.maxConnections && this.#descriptors.take(1)) return true;
    return this.#full();
  }

  #full(): false {
    this.metrics.counts[Count.REFUSED]!++;
    return false;
  }

  /** Whether so many connections from there are too many just now. The machine's own users are trusted with it. */
  isRushed(address: string): boolean {
    if (!this.limits.limitsLoopback && isLoopback(address)) return false;
    return !this.#accepts.take(address, this.env.now());
  }

  /**
   * Who shows a token. A right one always goes in: somebody else's wrong ones may come from the same address. After
   * too many wrong ones each costs a connection, and those are counted by address.
   */
  judgeToken(token: string, address: string): Bearer | 'AuthFailed' | 'RateLimited' {
    return this.tokens.judge(token) ?? (this.#failures.take(address, this.env.now()) ? 'AuthFailed' : 'RateLimited');
  }

  get isOverloaded(): boolean {
    return this.#memory.reached(Step.REFUSE);
  }

  #lookAtMemory(): void {
    this.#memory.look();
    if (this.#memory.reached(Step.CUT)) this.reaper.cutMostUnread();
  }

  enter(connection: Connection): void {
    this.#connections.add(connection);
  }

  #accept(socket: Socket): void {
    if (this.isRushed(socket.remoteAddress ?? ''))
      return this.#refuse(socket, 'RateLimited', this.limits.acceptsPerSecond);
    if (!this.room()) return this.#refuse(socket, 'TooManyConnections', this.limits.maxConnections);
    this.metrics.counts[Count.CLIENTS]!++;
    this.enter(new Client(socket, this));
  }

  #refuse(socket: Socket, name: ErrorName, limit: number): void {
    socket.on('error', () => undefined);
    if (this.#refused >= MOST_REFUSED) {
      socket.destroy();
      return;
    }
    this.#refused++;
    // Its first bytes say in which form it can read the refusal; who says nothing gets a line all the same.
    const answer = (heard?: Buffer): void => {
      if (!socket.writable) return;
      socket.end(this.#options.front.line(-1, name, { limit, retry_after: 1, closing: true }, heard));
    };
    const unheard = this.env.setTimer(answer, REFUSED_HEARS);
    const timer = this.env.setTimer(() => socket.destroy(), REFUSED_LINGER);
    socket.on('close', () => {
      this.#refused--;
      this.env.clearTimer(unheard);
      this.env.clearTimer(timer);
    });
    socket.once('data', answer);
    socket.resume();
  }

  route(client: SessionClient, flags: number): Route {
    return this.router.add(client, this.#lanes.pick(), flags);
  }

  front(owner: FrontOwner): Front {
    return this.#options.front.make(owner);
  }

  left(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    this.#descriptors.give();
    if (this.#connections.size === 0) this.#onEmpty?.();
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
    this.isServing = false;
    this.#acceptor.close();
    const retryAfter = Math.max(1, Math.ceil(within / 1_000));
    for (const connection of this.#connections) connection.stopping(retryAfter);
    await this.#empty(within);
    for (const connection of this.#connections) connection.abandon(retryAfter);
    await this.#empty(CLOSING_TIME);
    for (const connection of this.#connections) connection.destroy();
    await this.#empty(CLOSING_TIME);
    this.#closeListener();
    this.reaper.stop();
    this.env.clearTimer(this.#memoryTimer);
    await this.#names.stop(KEEPING_TIME);
    this.router.dialling.dialler.stop();
    await this.#lanes.stop();
  }

  /** Until no client is left, or the time is over. */
  #empty(within: number): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.env.setTimer(done, within);
      const onEmpty = () => {
        this.env.clearTimer(timer);
        done();
      };
      this.#onEmpty = onEmpty;
      function done(): void {
        resolve();
      }
    });
  }
}
