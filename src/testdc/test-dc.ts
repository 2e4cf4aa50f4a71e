/**
 * TestDc: a running test DC, as commands, the demo and tests see it: some data centres and the world they share.
 * In: settings, byte streams. Out: what was seen (`violations`, `counters`, `ledger`, events), and what can
 * be done to clients (pushes, a signed-in user). Never: node:net; `dc-server.ts` has the sockets.
 */
import { EventEmitter } from 'node:events';
import type { DhGroup } from '../crypto/dh.ts';
import type { AnswerTable, Call, DcAddress } from './answers/call.ts';
import { Counters } from './counters.ts';
import { TestCentre } from './test-centre.ts';
import { DcConnection } from './wire/dc-connection.ts';
import type { Wire } from './wire/dc-connection.ts';
import type { HandshakeSettings, Outcome } from './keys/dc-handshake.ts';
import type { DcSession } from './protocol/dc-session.ts';
import type { DcEnv } from './env.ts';
import type { ProxySecret } from './wire/obfuscation.ts';
import { Invoking } from './protocol/invoking.ts';
import type { Request, RequestHook } from './protocol/invoking.ts';
import type { Layers } from './protocol/layers.ts';
import type { ServerKey } from './keys/server-key.ts';
import type { Taps } from './taps.ts';
import { Violations } from './protocol/violations.ts';
import { textContent, receive } from './answers/send.ts';
import { AuthKey } from '../crypto/auth-key.ts';
import { random, randomLong } from './env.ts';
import { KnownKey } from './keys/known-key.ts';
import type { DemoEntry, DcMemory } from './memory/memory.ts';
import { pushAtRate, type Pushing, type PushOptions } from './world/pushing.ts';
import { recall } from './memory/recall.ts';
import type { TlObject } from './tl/tl-value.ts';
import { DEMO_ID, ECHO_ID } from './world/seed.ts';
import { World } from './world/world.ts';

/** What a test DC is made of; `TestDcOptions` of `dc-server.ts` says what each is for. */
export interface TestDcSettings {
  readonly env: DcEnv;
  readonly serverKey: ServerKey;
  readonly layers: Layers;
  readonly group: DhGroup;
  readonly answers: AnswerTable;
  readonly environment: HandshakeSettings['environment'];
  readonly acceptsOldPadding: boolean;
  readonly zeroTop: HandshakeSettings['zeroTop'];
  readonly gzipFrom: number;
  readonly outcome: (() => Outcome) | undefined;
  readonly onRequest: RequestHook | undefined;
  readonly taps: Taps;
  /** Whether a key used from two places in parallel is refused from then on; default true. */
  readonly punishesDuplicates?: boolean;
  /** What outlives the process; default nothing. */
  readonly memory?: DcMemory | undefined;
}

/** Events, which tests wait for by `next`. */
export interface TestDcEvents {
  connection: [DcConnection];
  disconnection: [DcConnection];
  key: [KnownKey];
  session: [DcSession];
  /** A request, before it is answered. */
  request: [Call];
  /** The first call of a method that Telegram has and this DC does not answer. */
  lacking: [method: string];
}

/** A signed-in user: the `auth_key` and `session_id` of a session line, and whose they are. */
export interface DemoUser {
  /** 256 bytes. */
  readonly authKey: Buffer;
  readonly sessionId: bigint;
  readonly dc: number;
  readonly userId: bigint;
  /** The salt in force when the user was made. */
  readonly salt: bigint;
  readonly key: KnownKey;
}

/** One test DC; `startTestDc` makes one that listens, tests of the core one without sockets. */
export class TestDc extends EventEmitter<TestDcEvents> {
  /** Where each data centre listens, as `help.getConfig` lists it. */
  readonly addresses: DcAddress[] = [];
  /** The MTProxy's port, if there is one. */
  proxyPort: number | undefined;
  /** The data centres by number. */
  readonly centres = new Map<number, TestCentre>();
  readonly violations = new Violations();
  readonly counters = new Counters();
  readonly world: World;
  /** Exceptions of the DC's own code; a test may assert that there are none. */
  readonly bugs: unknown[] = [];
  /** Sees, or answers, each request before its method does. */
  onRequest: RequestHook | undefined;
  /** The taps of all connections: a tap that is put in counts from then on. */
  readonly taps: Taps;
  /** Open sockets, kept by `dc-server.ts`. */
  readonly sockets = new Set<{ destroy(): void }>();
  readonly #settings: TestDcSettings;
  readonly #invoking: Invoking;
  readonly #lacking = new Set<string>();
  #closers: (() => Promise<void>)[] = [];
  #connections = 0;

  constructor(settings: TestDcSettings) {
    super();
    this.setMaxListeners(0);
    this.#settings = settings;
    this.onRequest = settings.onRequest;
    this.taps = { ...settings.taps };
    this.world = new World(settings.env, settings.layers, settings.memory);
    this.world.onPush = () => this.counters.updatesPushed++;
    this.#invoking = new Invoking({
      layers: settings.layers,
      answers: settings.answers,
      gzipFrom: settings.gzipFrom,
      call: (request) => this.#call(request),
      lacks: (method) => this.#lacks(method),
      seen: (call) => this.#seen(call),
      hook: (call) => this.taps.request?.(call) ?? this.onRequest?.(call),
      speaks: (session) => this.#speaks(session),
      refusesDuplicate: (session) => this.#refusesDuplicate(session),
    });
  }

  /** The public RSA key in PKCS#1, which clients have to be given. */
  get publicKeyPem(): string {
    return this.#settings.serverKey.publicPem;
  }

  /** The public key's fingerprint, as one signed number. */
  get fingerprint(): bigint {
    return this.#settings.serverKey.fingerprint.readBigInt64LE();
  }

  /** The port of a data centre; without `id` of the first. */
  port(id?: number): number {
    const address = id === undefined ? this.addresses[0] : this.addresses.find((one) => one.id === id);
    if (address === undefined) throw new Error(`no DC ${id}`);
    return address.port;
  }

  /** The address that all data centres listen on. */
  get host(): string {
    return this.addresses[0]!.host;
  }

  /** Adds a data centre, which nobody listens for yet. */
  addCentre(id: number): TestCentre {
    const { env, environment, acceptsOldPadding, zeroTop, serverKey, group, outcome, memory } = this.#settings;
    const centre = new TestCentre({
      id,
      env,
      invoking: this.#invoking,
      violations: this.violations,
      counters: this.counters,
      taps: this.taps,
      memory,
      handshake: { environment, acceptsOldPadding, zeroTop, serverKey, group, outcome: outcome ?? (() => 'ok') },
      madeKey: (key) => this.emit('key', key),
      madeSession: (session) => this.emit('session', session),
      bug: (error) => this.bugs.push(error),
    });
    this.centres.set(id, centre);
    return centre;
  }

  /** Puts back all that the memory has kept: to be called once, after all data centres are added and before anybody connects. */
  recall(): void {
    const { memory, env, layers } = this.#settings;
    if (memory !== undefined) recall(memory.recalled, { env, layers, world: this.world, centres: this.centres });
  }

  /** Begins a connection of a client; with `proxy` its stream has to be obfuscated under that secret. */
  connect(centre: TestCentre, wire: Wire, proxy?: ProxySecret): DcConnection {
    const connection = new DcConnection(++this.#connections, centre, wire, this.counters, this.taps, proxy);
    this.counters.connections++;
    this.counters.openConnections++;
    this.emit('connection', connection);
    return connection;
  }

  /** Ends a connection whose socket is closed. */
  disconnected(connection: DcConnection): void {
    connection.closed();
    this.counters.openConnections--;
    this.emit('disconnection', connection);
  }

  /** A request with all that its method needs beside it. */
  #call({ session, received, method, args }: Request): Call {
    const { env, environment } = this.#settings;
    return {
      method,
      args,
      session,
      received,
      world: this.world,
      now: env.now(),
      dcId: session.host.id,
      isTest: environment === 'test',
      dcs: this.addresses,
    };
  }

  /** Counts the home connections of a session's key. */
  #speaks({ key, link }: DcSession): void {
    const { home } = key.identity;
    home.note(link);
    this.counters.homeConnectionsOfOneKey = Math.max(this.counters.homeConnectionsOfOneKey, home.most);
  }

  /** Signs out a key used from two places in parallel; false where that goes unpunished. */
  #refusesDuplicate(session: DcSession): boolean {
    if (this.#settings.punishesDuplicates === false) return false;
    session.violation('key-duplicated', 'one key on two connections in parallel');
    this.world.signOut(session.key);
    return true;
  }

  /** Tells of a method without an answer, once. */
  #lacks(method: string): void {
    if (this.#lacking.has(method)) return;
    this.#lacking.add(method);
    this.emit('lacking', method);
  }

  #seen(call: Call): void {
    this.counters.request(call.method);
    if (this.listenerCount('request') > 0) this.emit('request', call);
  }

  // ---- users and pushes ----

  /** How often each text was sent by `messages.sendMessage`, or set by `account.updateProfile`. */
  get ledger(): ReadonlyMap<string, number> {
    return this.world.ledger;
  }

  /**
   * Signs a new key in, `initConnection` done, and returns what a session line holds. Without `firstName` it is the demo
   * user's, with it a new person's; without `dcId` it is known to the first data centre.
   */
  demoUser(options: { dcId?: number; firstName?: string } = {}): DemoUser {
    const { env, layers } = this.#settings;
    const centre = this.centres.get(options.dcId ?? this.addresses[0]!.id)!;
    const userId =
      options.firstName === undefined ? DEMO_ID : this.world.addPerson({ firstName: options.firstName }).id;
    const authKey = AuthKey.from(random(env, 256));
    const known = new KnownKey(authKey, randomLong(env), 0, env);
    known.init = { layer: layers.newest, apiId: 1 };
    centre.keys.add(known);
    this.world.signIn(known, userId);
    return {
      authKey: Buffer.from(authKey.bytes),
      // Below 2^53, so that every JSON reader keeps the number whole.
      sessionId: BigInt.asUintN(52, randomLong(env)) | 1n,
      dc: centre.id,
      userId,
      salt: known.salts.current,
      key: known,
    };
  }

  /** The demo user, with the same key and session each time the DC is started with the same memory. */
  rememberedUser(): DemoUser {
    const { memory } = this.#settings;
    const dc = this.addresses[0]!.id;
    const kept = memory?.recalled.find((entry): entry is DemoEntry => entry.what === 'demo' && entry.dc === dc);
    const key = kept && this.centres.get(dc)!.keys.get(kept.id);
    if (kept !== undefined && key?.userId === DEMO_ID) {
      const authKey = Buffer.from(key.authKey.bytes);
      return { authKey, sessionId: kept.session, dc, userId: DEMO_ID, salt: key.salts.current, key };
    }
    const made = this.demoUser({ dcId: dc });
    memory?.keep({ what: 'demo', ...made.key.ref, session: made.sessionId });
    return made;
  }

  /** Pushes an `Updates` object to a user's sessions, or to one session; returns to how many. */
  pushUpdate(to: bigint | DcSession, update: TlObject): number {
    if (typeof to === 'bigint') return this.world.push(to, update);
    this.world.pushTo(to, update);
    return 1;
  }

  /** Sends a user a private message, by default from the echo: into the box, with its pts, and to the sessions. */
  pushMessage(to: bigint, text: string, from: bigint = ECHO_ID): void {
    receive(this.world, from, to, textContent(text));
  }

  /** Pushes so many updates a second, until `count` or `stop`; `done` resolves with the number of pushes. */
  startPushing(options: PushOptions): Pushing {
    const pushing = pushAtRate(this.#settings.env, options, (n) => this.#pushOne(options, n));
    this.onClose(async () => pushing.stop());
    return pushing;
  }

  /** Pushes number n of a row. */
  #pushOne({ to, update }: PushOptions, n: number): void {
    if (update !== undefined) this.pushUpdate(to, update(n));
    else if (typeof to === 'bigint') this.pushMessage(to, `update ${n}`);
    else if (to.key.userId !== undefined) this.pushMessage(to.key.userId, `update ${n}`);
  }

  /** Forgets a key, permanent or temporary, as Telegram may at any time: the next packet under it gets -404. */
  forgetKey(key: KnownKey): void {
    for (const centre of this.centres.values()) if (centre.knows(key)) centre.keys.remove(key);
  }

  // ---- waiting, ending ----

  /** Resolves with the next event for which `test` holds. */
  next<K extends keyof TestDcEvents>(
    name: K,
    test: (...args: TestDcEvents[K]) => boolean = () => true,
  ): Promise<TestDcEvents[K]> {
    return new Promise((done) => {
      const listener = (...args: unknown[]): void => {
        if (!test(...(args as TestDcEvents[K]))) return;
        this.off(name, listener as never);
        done(args as TestDcEvents[K]);
      };
      this.on(name, listener as never);
    });
  }

  /** Adds what `close` has to do. */
  onClose(closer: () => Promise<void>): void {
    this.#closers.push(closer);
  }

  /** Cuts every connection and stops listening. */
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    const closers = this.#closers;
    this.#closers = [];
    await Promise.all(closers.map((closer) => closer()));
  }
}
