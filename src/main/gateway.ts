/**
 * Gateway: the whole of the main thread: builds, starts, drains, stops.
 * In: limits, a kind of front, the worker's file, what the lanes are told. Out: a gateway that listens.
 * Never: TL, crypto or JSON of a client.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { AllowList } from '../address/allow-list.ts';
import type { Front, FrontOwner } from './front.ts';
import type { Bearer, Tokens } from './clients/tokens.ts';
import type { Log } from '../telemetry/log.ts';
import { Count, Metrics, type Gauges } from '../telemetry/metrics.ts';
import { Acceptor } from './clients/acceptor.ts';
import type { Admission, Listener } from './clients/admission.ts';
import { AdmissionControl, type TokenRefusal } from './clients/admission-control.ts';
import { Client } from './clients/client.ts';
import { Connections } from './clients/connections.ts';
import type { MainEnv } from './env.ts';
import { Descriptors } from './limits/descriptors.ts';
import type { Connection } from './clients/gateway-services.ts';
import { Lanes } from './lanes/lanes.ts';
import type { Limits } from './limits/limits.ts';
import { SessionRegistry } from './names/session-registry.ts';
import type { SessionClient } from './sessions/attachment.ts';
import { ClientSessions, type FirstManner } from './sessions/client-sessions.ts';
import { Router } from './sessions/router.ts';
import type { Socks } from './links/socks.ts';
import { Reaper } from './clients/reaper.ts';
import { RefusedSockets, type RefusalLine } from './clients/refused-sockets.ts';
import type { Vault } from '../vault/vault.ts';

/** One way to speak to clients, as the composition root picks it. */
export interface FrontKind {
  make(owner: FrontOwner): Front;
  /** A line for a connection that is refused and gets no front. */
  readonly line: RefusalLine;
}

/** What a gateway is built of; the composition root (`index.ts`) fills it. */
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
  /** The proxy that data centres are reached through. */
  readonly socks?: Socks | undefined;
  readonly front: FrontKind;
  /** `FormFlag`: what answers look like until the client wants another form. */
  readonly form?: number;
  /** Further ways in, on the same host. */
  readonly listeners?: readonly Listener[];
  readonly tokens: Tokens;
  /** Opens the vault when the first stored session is asked for; undefined if there is none. */
  readonly vault?: (() => Promise<Vault>) | undefined;
  readonly log: Log;
  /** These sessions were lost with their lane. */
  readonly lost: (sessions: ReadonlySet<number>) => void;
  /** A lost lane's thread has ended. */
  readonly ended: (lane: number) => void;
  /** The gateway cannot go on; the process should end. */
  readonly broken: (error: unknown) => void;
}

/** How long what is stored of sessions may take to be written when all connections have ended, ms. */
const STORING_TIME = 2_000;

/** A listener that the gateway has opened, and where. */
interface Listening {
  readonly listener: Listener;
  readonly acceptor: Acceptor;
  addresses: readonly AddressInfo[];
}

/** The whole service in one process: `start` it once, `drain` it once. */
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
  readonly #registry: SessionRegistry;
  readonly #acceptor = new Acceptor((options) => createServer(options, (socket) => this.#accept(socket)));
  readonly #listening: readonly Listening[];
  readonly #connections: Connections;
  readonly #control: AdmissionControl;
  readonly #refusals: RefusedSockets;
  #draining: Promise<void> | undefined;
  /** Where clients reach the port for lines; set by `start`. */
  addresses: readonly AddressInfo[] = [];
  isServing = false;

  constructor(options: GatewayOptions) {
    const { env, limits, log, allow, socks, lost, ended, broken, worker, settings } = options;
    this.#options = options;
    this.env = env;
    this.limits = limits;
    this.tokens = options.tokens;
    this.#descriptors = new Descriptors(limits.descriptors, limits.descriptorReserve);
    this.#registry = new SessionRegistry(options.vault, log, env);
    this.router = new Router({
      env,
      limits,
      registry: this.#registry,
      pick: () => this.#lanes.pick(),
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
    const { metrics, tokens } = this;
    this.#connections = new Connections(env);
    this.#control = new AdmissionControl({ env, limits, metrics, tokens, descriptors: this.#descriptors });
    this.#refusals = new RefusedSockets(env, options.front.line);
    this.#listening = (options.listeners ?? []).map((listener) => ({
      listener,
      acceptor: new Acceptor((server) => listener.server(server, this)),
      addresses: [],
    }));
  }

  /**
   * Starts the lanes, then listens for lines: whoever gets a connection gets answers. The other listeners are there before, to say "not
   * yet". @throws the system's error, or what kept a lane from starting
   */
  async start(): Promise<void> {
    const { host, port } = this.#options;
    try {
      for (const one of this.#listening) one.addresses = await one.acceptor.listen(host, one.listener.port);
      await this.#lanes.start();
      this.addresses = await this.#acceptor.listen(host, port);
    } catch (error) {
      this.#acceptor.close();
      this.#closeListeners();
      await this.#lanes.stop();
      throw error;
    }
    this.reaper.start();
    this.#control.start(() => this.reaper.cutMostUnread());
    this.isServing = true;
  }

  #closeListeners(): void {
    for (const { acceptor, listener } of this.#listening) {
      acceptor.close();
      listener.close();
    }
  }

  /** Where clients reach a listener; empty if there is none of that name. */
  addressesOf(name: string): readonly AddressInfo[] {
    return this.#listening.find(({ listener }) => listener.name === name)?.addresses ?? [];
  }

  get port(): number {
    return this.addresses[0]!.port;
  }

  /** `degraded` while a lane has no thread, or a session is not stored as it should be: all others are served. */
  get health(): 'ok' | 'degraded' {
    return this.#lanes.isDegraded || this.#registry.isDegraded ? 'degraded' : 'ok';
  }

  get connections(): number {
    return this.#connections.size;
  }

  gauges(): Gauges {
    const lanes = this.#lanes.all;
    const { links, openRequests, states } = this.router.load(lanes.length);
    return {
      isReady: this.isServing && lanes.every((lane) => lane.isUp),
      clients: this.#connections.size,
      attachments: this.router.attachments,
      states,
      residentsWaiting: this.router.residents.waiting,
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

  takePlace(): boolean {
    return this.#control.takePlace(this.#connections.size);
  }

  isRushed(address: string): boolean {
    return this.#control.isRushed(address);
  }

  judgeToken(token: string, address: string): Bearer | TokenRefusal {
    return this.#control.judgeToken(token, address);
  }

  get isOverloaded(): boolean {
    return this.#control.isOverloaded;
  }

  enter(connection: Connection): void {
    this.#connections.add(connection);
  }

  #accept(socket: Socket): void {
    const { acceptsPerSecond, maxConnections } = this.limits;
    if (this.isRushed(socket.remoteAddress ?? ''))
      return this.#refusals.refuse(socket, 'RateLimited', acceptsPerSecond);
    if (!this.takePlace()) return this.#refusals.refuse(socket, 'TooManyConnections', maxConnections);
    this.metrics.counts[Count.CLIENTS]!++;
    this.enter(new Client(socket, this));
  }

  speaker(client: SessionClient, first: FirstManner): ClientSessions {
    const form = first.form | (this.#options.form ?? 0);
    return new ClientSessions(this.router, client, { ...first, form });
  }

  front(owner: FrontOwner): Front {
    return this.#options.front.make(owner);
  }

  left(connection: Connection): void {
    if (this.#connections.delete(connection)) this.#descriptors.give();
  }

  /** Stops: takes nobody in, reads nothing more, answers what is open within `within` ms or says that it will not, closes all. */
  drain(within = this.limits.drainTimeout): Promise<void> {
    this.#draining ??= this.#drain(within);
    return this.#draining;
  }

  async #drain(within: number): Promise<void> {
    this.isServing = false;
    this.router.residents.stop();
    this.#acceptor.close();
    await this.#connections.drain(within, () => this.#registry.keys.sayHeld());
    this.router.closeIdle();
    this.#closeListeners();
    this.reaper.stop();
    this.#control.stop();
    await this.#registry.stop(STORING_TIME);
    this.router.dialling.dialler.stop();
    await this.#lanes.stop();
  }
}
