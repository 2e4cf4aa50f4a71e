/**
 * The server of a test DC: the only file of this folder that opens sockets.
 * In: options. Out: a running `TestDc`. Never: an address beyond loopback unless it is named.
 */
import { randomFillSync } from 'node:crypto';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { AddressInfo, Server, Socket } from 'node:net';
import { DhGroup } from '../crypto/dh.ts';
import { loadScheme } from '../tl/load.ts';
import type { Schema } from '../tl/ir.ts';
import { ANSWERS } from './answers/table.ts';
import type { DcAddress } from './answers/call.ts';
import type { TestCentre } from './test-centre.ts';
import type { DcConnection, Wire } from './wire/dc-connection.ts';
import type { Outcome } from './keys/dc-handshake.ts';
import type { DcEnv } from './env.ts';
import { OBFUSCATED_INIT_LENGTH, proxiedDc, readSecret } from './wire/obfuscation.ts';
import type { ProxySecret } from './wire/obfuscation.ts';
import type { RequestHook } from './protocol/invoking.ts';
import type { Faults } from './faults/faults.ts';
import { obey } from './faults/control.ts';
import { DH_PRIME, G } from './keys/key-exchange.ts';
import { Layers } from './protocol/layers.ts';
import { ServerKey } from './keys/server-key.ts';
import type { DcMemory } from './memory/memory.ts';
import { serverPem } from './memory/recall.ts';
import type { Taps } from './taps.ts';
import { TestDc } from './test-dc.ts';

/** An address that a data centre is to listen on. */
export interface ListenOn {
  readonly id: number;
  /** Default: a port of the system's choice. */
  readonly port?: number;
  /** Whether the address is listed as `media_only`. */
  readonly isMediaOnly?: boolean;
  /** With it only connections obfuscated under this secret are taken: 16 bytes in hex, or 17 that begin with `dd`. */
  readonly secret?: string;
}

/** How to start a test DC; each may be left out. */
export interface TestDcOptions {
  /** The address to listen on; default `127.0.0.1`. */
  host?: string;
  /** The data centres; default number 2 alone, on a port of the system's choice. A number twice is one with two addresses. */
  dcs?: readonly ListenOn[];
  /** The private RSA key, 2048 bits, as PEM; default the memory's, or a new one. */
  keyPem?: string;
  /** The newest scheme; default the project's own, read from its folder. */
  schema?: Schema;
  /** Schemes of other layers, for clients that name them. */
  otherSchemas?: readonly Schema[];
  /** How clients may name a DC in the key exchange: by its id (`production`, the default), by id + 10000 (`test`), by both (`any`). */
  environment?: 'production' | 'test' | 'any';
  /** Whether the RSA padding from before 2021 is taken too; default false. */
  acceptsOldPadding?: boolean;
  /** Whether g_a begins with a zero byte, sent with it (`padded`) or without (`minimal`); default `no`. */
  zeroTop?: 'no' | 'padded' | 'minimal';
  /** Results of at least this many bytes are sent as gzip_packed; default none. */
  gzipFrom?: number;
  /** How each key exchange ends; default `ok`. */
  outcome?: () => Outcome;
  /** Sees, or answers, each request before its method does. */
  onRequest?: RequestHook;
  /** Where the DC is made to misbehave; default nowhere. */
  taps?: Taps;
  /** Whether a key used from two places in parallel is answered by `AUTH_KEY_DUPLICATED`; default true. */
  punishesDuplicates?: boolean;
  /** An MTProxy before all data centres: its secret, as that of an address, and its port, by default of the system's choice. */
  proxy?: { secret: string; port?: number };
  /** The clock, Unix milliseconds; default the machine's. Timers go by the machine's in any case. */
  now?: () => number;
  /** Keeps beyond the process the RSA key if none is given, ports of the system's choice, keys and accounts. */
  memory?: DcMemory;
}

/** Starts a test DC, which listens when the promise resolves, and nowhere when it is rejected. */
export async function startTestDc(options: TestDcOptions = {}): Promise<TestDc> {
  const dc = await build(options);
  try {
    await listenEverywhere(dc, options);
  } catch (error) {
    await dc.close();
    throw error;
  }
  return dc;
}

/** Adds all data centres, and listens on every address. */
async function listenEverywhere(dc: TestDc, options: TestDcOptions): Promise<void> {
  const host = options.host ?? '127.0.0.1';
  const wanted = options.dcs ?? [{ id: 2 }];
  const servers: Server[] = [];
  dc.onClose(async () => {
    await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  });
  for (const { id } of wanted) if (!dc.centres.has(id)) dc.addCentre(id);
  dc.recall();
  for (const on of wanted) {
    const { id, isMediaOnly = false, secret } = on;
    const centre = dc.centres.get(id)!;
    const proxy = secret === undefined ? undefined : readSecret(secret);
    const server = createServer({ noDelay: true }, (socket) => accept(dc, centre, socket, proxy));
    servers.push(server);
    const address: DcAddress = { id, host, port: await listenAgain(server, host, on, options.memory), isMediaOnly };
    dc.addresses.push(secret === undefined ? address : { ...address, secret: Buffer.from(secret, 'hex') });
  }
  if (options.proxy !== undefined) {
    const proxy = readSecret(options.proxy.secret);
    const server = createServer({ noDelay: true }, (socket) => acceptProxied(dc, socket, proxy));
    servers.push(server);
    dc.proxyPort = await listen(server, host, options.proxy.port ?? 0);
  }
}

/** Takes orders for the faults of a DC on a loopback port, one JSON object a line; resolves with the port. */
export async function listenForOrders(dc: TestDc, faults: Faults, port: number): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    dc.sockets.add(socket);
    socket.on('close', () => dc.sockets.delete(socket));
    const lines = createInterface({ input: socket });
    // The line reader repeats the socket's errors, and an error event without a listener ends the process.
    lines.on('error', () => {});
    lines.on('line', (line) => socket.write(`${obey(dc, faults, line)}\n`));
  });
  dc.onClose(() => new Promise((done) => server.close(() => done())));
  return listen(server, '127.0.0.1', port);
}

/** The project's own scheme, loaded once for all test DCs of a process; nothing changes it. */
let ownScheme: Schema | undefined;

/** A test DC of these options, without its data centres. */
async function build(options: TestDcOptions): Promise<TestDc> {
  const schema = options.schema ?? (ownScheme ??= loadScheme());
  const env = machineEnv(options.now);
  const { memory, keyPem = serverPem(memory) } = options;
  const serverKey = await ServerKey.make(keyPem);
  if (keyPem === undefined) memory?.keep({ what: 'server', pem: serverKey.privatePem });
  return new TestDc({
    env,
    serverKey,
    layers: new Layers(schema, options.otherSchemas),
    group: DhGroup.of(G, DH_PRIME),
    answers: ANSWERS,
    environment: options.environment ?? 'production',
    acceptsOldPadding: options.acceptsOldPadding ?? false,
    zeroTop: options.zeroTop ?? 'no',
    gzipFrom: options.gzipFrom ?? Infinity,
    outcome: options.outcome,
    onRequest: options.onRequest,
    taps: options.taps ?? {},
    punishesDuplicates: options.punishesDuplicates ?? true,
    memory,
  });
}

/** Takes a connection to the MTProxy: its first bytes name the DC; under a wrong secret they name none, and it is closed. */
function acceptProxied(dc: TestDc, socket: Socket, proxy: ProxySecret): void {
  let first = Buffer.alloc(0);
  dc.sockets.add(socket);
  const drop = (): void => void dc.sockets.delete(socket);
  socket.on('error', () => {});
  socket.on('close', drop);
  const take = (chunk: Buffer): void => {
    first = Buffer.concat([first, chunk]);
    if (first.length < OBFUSCATED_INIT_LENGTH) return;
    socket.off('data', take);
    const centre = dc.centres.get(Math.abs(proxiedDc(first.subarray(0, OBFUSCATED_INIT_LENGTH), proxy)) % 10_000);
    if (centre === undefined) return void socket.destroy();
    accept(dc, centre, socket, proxy).feed(first);
  };
  socket.on('data', take);
}

/** Binds a socket to a new connection of a data centre. */
function accept(dc: TestDc, centre: TestCentre, socket: Socket, proxy: ProxySecret | undefined): DcConnection {
  const wire: Wire = {
    write: (bytes) => {
      socket.write(bytes);
      // A client that never reads must not fill the memory.
      if (socket.writableLength > MOST_UNREAD) socket.destroy();
    },
    end: () => socket.end(),
    reset: () => socket.resetAndDestroy(),
  };
  const connection = dc.connect(centre, wire, proxy);
  dc.sockets.add(socket);
  socket.on('data', (chunk: Buffer) => connection.feed(chunk));
  socket.on('error', () => {}); // 'close' follows and does what is needed
  socket.on('close', () => {
    dc.sockets.delete(socket);
    dc.disconnected(connection);
  });
  return connection;
}

/** Bytes that a client may leave unread before its socket is destroyed. */
const MOST_UNREAD = 64 * 1024 * 1024;

/** Listens; where the port is the system's choice, on the port that the memory has kept, unless it is taken. */
async function listenAgain(server: Server, host: string, on: ListenOn, memory: DcMemory | undefined): Promise<number> {
  const { id, port = 0 } = on;
  const before = port === 0 ? memory?.recalled.find((entry) => entry.what === 'port' && entry.dc === id) : undefined;
  if (before?.what !== 'port') return rememberPort(await listen(server, host, port), on, memory);
  return listen(server, host, before.port).catch(async () => rememberPort(await listen(server, host, 0), on, memory));
}

/** Keeps a port of the system's choice, and returns it. */
function rememberPort(taken: number, { id, port = 0 }: ListenOn, memory: DcMemory | undefined): number {
  if (port === 0) memory?.keep({ what: 'port', dc: id, port: taken });
  return taken;
}

/** Resolves with the port when the server listens. */
function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(port, host, 8192, () => {
      server.off('error', failed);
      done((server.address() as AddressInfo).port);
    });
  });
}

/** The machine's timers and randomness, and its clock unless `now` is another. */
function machineEnv(now: (() => number) | undefined): DcEnv {
  return {
    now: now ?? (() => performance.timeOrigin + performance.now()),
    fill: (bytes) => void randomFillSync(bytes),
    after: (ms, job) => {
      const timer = setTimeout(job, ms);
      return () => clearTimeout(timer);
    },
  };
}
