/**
 * The rig: test DC, gateway and load generator, a process each, on loopback.
 * In: options of each. Out: runs of load with the CPU time and memory every process spent on them.
 * Never: leaves a process or a file behind, or counts an answer that was wrong.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ClientsSpec, RunResult, RunSpec, SetUpLine } from './load.ts';
import type { PeerResult, PeerRun, PeerTarget } from './peer.ts';
import { memoryOf, secondsOf, threadsOf, type Memory } from './proc.ts';
import { Child } from './process.ts';
import type { SignedIn } from '../test/support/filled-vault.ts';

const LISTENING = /"addresses":"[^"]*?:(\d+)[ "]/;
const ORDER_TIME = 300_000;
/** Memory stands still when it differs by less than a two-hundredth after so many ms; looked at so often at most. */
const SETTLE_EVERY = 500;
const SETTLE_LOOKS = 10;
/** V8 collects the heap of a thread that has done nothing for 8 s: 9 MB less here, ms. */
const IDLE_COLLECTION = 10_000;

export interface RigOptions {
  /** Further arguments of `serve`. */
  readonly gateway?: readonly string[];
  /** Options of Node for the gateway: `--cpu-prof` for example. */
  readonly gatewayNode?: readonly string[];
  readonly dc?: readonly string[];
  /** A second DC, which clients can be sent to by their `server`. */
  readonly hasOther?: boolean;
}

/** CPU seconds by process. */
export interface Spent {
  readonly gateway: number;
  /** Of the gateway's main thread, part of `gateway`. */
  readonly main: number;
  readonly dc: number;
  readonly load: number;
}

/** What one run cost, beside what its clients saw. */
export type Measured = RunResult & Spent;

/** A session that the DC knows as signed in; wire: Requests and answers. */
export interface SessionLine {
  readonly auth_key: string;
  readonly session_id: string;
}

/** The built file beside this one. */
function script(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

export class Rig {
  readonly dc: Child;
  readonly gateway: Child;
  /** The second DC, if one was asked for. */
  readonly other: Child | undefined;
  readonly folder: string;
  readonly #loads: Child[] = [];

  private constructor(folder: string, dc: Child, gateway: Child, other: Child | undefined) {
    this.other = other;
    this.folder = folder;
    this.dc = dc;
    this.gateway = gateway;
  }

  /** Starts a DC and a gateway before it. */
  static async start(options: RigOptions = {}): Promise<Rig> {
    const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-bench-'));
    const dc = await startDc(join(folder, 'dc.pem'), options.dc);
    const other = options.hasOther === true ? await startDc(join(folder, 'other.pem'), options.dc) : undefined;
    const allow = other === undefined ? [] : ['--allow-server', `127.0.0.1:${other.match[1]}`];
    const gateway = await startGateway(folder, dc, { ...options, gateway: [...(options.gateway ?? []), ...allow] });
    return new Rig(folder, dc, gateway, other);
  }

  /** A second gateway before the same DCs. The caller stops it. */
  anotherGateway(args: readonly string[]): Promise<Child> {
    return startGateway(this.folder, this.dc, { gateway: [...args, ...this.#allow] });
  }

  get #allow(): string[] {
    return this.other === undefined ? [] : ['--allow-server', `127.0.0.1:${this.other.match[1]}`];
  }

  get port(): number {
    return Number(this.gateway.match[1]);
  }

  get dcPort(): number {
    return Number(this.dc.match[1]);
  }

  /** The line that sends a client to the second DC. */
  get toOther(): SetUpLine {
    const rsa = readFileSync(join(this.folder, 'other.pem'), 'utf8');
    const server = { host: '127.0.0.1', port: Number(this.other!.match[1]), rsa };
    return { line: JSON.stringify({ id: 1, server }), expected: '"server":{' };
  }

  get keyFile(): string {
    return join(this.folder, 'dc.pem');
  }

  /** Starts a load generator and opens its clients. @returns it, and how many seconds the opening took */
  async open(spec: Omit<ClientsSpec, 'host' | 'port'>, port = this.port): Promise<{ load: Child; seconds: number }> {
    const load = await Child.start('load generator', script('./load-process.js'), { ready: /^ready$/, ipc: true });
    this.#loads.push(load);
    return { load, seconds: await this.openMore(load, spec, port) };
  }

  /** Opens clients until the generator has `spec.clients`. @returns seconds it took */
  async openMore(load: Child, spec: Omit<ClientsSpec, 'host' | 'port'>, port = this.port): Promise<number> {
    const { opened } = await ordered<{ opened: number }>(
      load,
      { open: { host: '127.0.0.1', port, ...spec } },
      'opened',
    );
    return opened;
  }

  /** Closes a load generator's clients and ends it. */
  async close(load: Child): Promise<void> {
    this.#loads.splice(this.#loads.indexOf(load), 1);
    await load.stop();
  }

  /** One run. Throws if any answer was wrong: then no figure means anything. */
  async run(load: Child, spec: RunSpec): Promise<Measured> {
    const measured = await this.#measured<RunResult>(load, spec);
    if (measured.wrong > 0 || measured.closed > 0) throw new Error(complaint(measured));
    return measured;
  }

  /** Starts a library's process and opens its client. @param file the built script */
  async openPeer(name: string, file: string, args: readonly string[] = []): Promise<Child> {
    const peer = await Child.start(name, file, { ready: /^ready$/, ipc: true, args });
    this.#loads.push(peer);
    const [session] = await this.sessions(1, false);
    const target: PeerTarget = {
      port: this.dcPort,
      pem: readFileSync(this.keyFile, 'utf8'),
      authKey: session!.auth_key,
    };
    await ordered(peer, { open: target }, 'opened');
    return peer;
  }

  /** Starts a generator of another kind: a script that obeys `{run}` as the load generator does. */
  async openOther(name: string, path: string): Promise<Child> {
    const other = await Child.start(name, script(path), { ready: /^ready$/, ipc: true });
    this.#loads.push(other);
    return other;
  }

  /** Has such a generator open what it needs. */
  async openIn(other: Child, open: object): Promise<void> {
    await ordered(other, { open }, 'opened');
  }

  /** One run of such a generator. `load` is its CPU time. */
  runOther<T>(other: Child, run: object): Promise<T & Spent> {
    return this.#measured<T>(other, run);
  }

  /** One run of a library's client. `load` is its CPU time. */
  runPeer(peer: Child, run: PeerRun): Promise<PeerResult & Spent> {
    return this.#measured<PeerResult>(peer, run);
  }

  /** A run with the CPU time all processes spent between its `began` and `ended`. */
  async #measured<T>(load: Child, run: object): Promise<T & Spent> {
    const readings: Spent[] = [];
    const off = load.onMessage((message) => {
      if ('began' in (message as object) || 'ended' in (message as object)) readings.push(this.#read(load));
    });
    try {
      const { result } = await ordered<{ result: T }>(load, { run }, 'result');
      const [from, to] = readings as [Spent, Spent];
      return {
        ...result,
        gateway: to.gateway - from.gateway,
        main: to.main - from.main,
        dc: to.dc - from.dc,
        load: to.load - from.load,
      };
    } finally {
      off();
    }
  }

  #read(load: Child): Spent {
    const { pid } = this.gateway;
    const threads = threadsOf(pid);
    return {
      gateway: threads.reduce((sum, { seconds }) => sum + seconds, 0),
      main: threads.find(({ tid }) => tid === pid)!.seconds,
      dc: secondsOf(this.dc.pid),
      load: secondsOf(load.pid),
    };
  }

  get memory(): Memory {
    return memoryOf(this.gateway.pid);
  }

  /** Memory once it stands still: what the last load left behind is partly given back. */
  async settledMemory(): Promise<Memory> {
    let last = this.memory;
    for (let i = 0; i < SETTLE_LOOKS; i++) {
      await sleep(SETTLE_EVERY);
      const { memory } = this;
      if (Math.abs(memory.own - last.own) < last.own / 200) return memory;
      last = memory;
    }
    return last;
  }

  /** Memory of the gateway before anybody came, once V8 has given back what the start left behind. */
  async emptyMemory(): Promise<Memory> {
    await sleep(IDLE_COLLECTION);
    return this.memory;
  }

  /** CPU seconds of the gateway so far. */
  get cpu(): number {
    return secondsOf(this.gateway.pid);
  }

  /** What the DC has seen. */
  async counters(dc = this.dc): Promise<DcCounters> {
    return (await ordered<{ counters: DcCounters }>(dc, { counters: true }, 'counters')).counters;
  }

  /** Makes sessions the DC knows: each its own key and, if `apart`, its own user. */
  async sessions(count: number, apart: boolean): Promise<SessionLine[]> {
    return (await ordered<{ sessions: SessionLine[] }>(this.dc, { sessions: { count, apart } }, 'sessions')).sessions;
  }

  /** Makes signed-in users, each with a key, for a vault: people of their own if `apart`, else the demo user again and again. */
  async users(count: number, apart: boolean): Promise<SignedIn[]> {
    return (await ordered<{ users: SignedIn[] }>(this.dc, { users: { count, apart } }, 'users')).users;
  }

  /** Has the DC push a message to the demo user, so many a second; each goes to every session of that user. */
  async push(rate: number, seconds: number): Promise<number> {
    return (await ordered<{ pushed: number }>(this.dc, { push: { rate, seconds } }, 'pushed')).pushed;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loads.splice(0).map((load) => load.stop()));
    await this.gateway.stop();
    await Promise.all([this.dc.stop(), this.other?.stop()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface DcCounters {
  readonly connections: number;
  readonly openConnections: number;
  readonly handshakes: number;
  readonly sessions: number;
  /** API requests by method. */
  readonly calls: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

function startDc(keyFile: string, args: readonly string[] = []): Promise<Child> {
  return Child.start('test DC', script('./dc-process.js'), {
    args: [keyFile, ...args],
    ready: /^listening on .*:(\d+)$/,
    ipc: true,
  });
}

/** The product's own command, as a user would start it. */
export function startGateway(
  folder: string,
  dc: Child,
  { gateway = [], gatewayNode = [] }: RigOptions = {},
): Promise<Child> {
  const server = [
    '--dc-host',
    '127.0.0.1',
    '--dc-port',
    dc.match[1]!,
    '--dc-id',
    '2',
    '--dc-key',
    join(folder, 'dc.pem'),
  ];
  return Child.start('gateway', script('../src/bin/mtproto2json.js'), {
    nodeArgs: gatewayNode,
    args: ['serve', '--host', '127.0.0.1', '--port', '0', '--api-id', '1', ...server, ...gateway],
    ready: LISTENING,
  });
}

/** Gives an order and waits for its answer. */
async function ordered<T>(child: Child, order: object, answer: string): Promise<T> {
  const answered = child.message<T & { failed?: string }>(
    (message) => answer in message || 'failed' in message,
    ORDER_TIME,
  );
  child.say(order);
  const message = await answered;
  if (message.failed !== undefined) throw new Error(`${child.name}: ${message.failed}`);
  return message;
}

function complaint({ wrong, closed, samples }: RunResult): string {
  return `${wrong} wrong answers, ${closed} connections closed; ${samples.join('\n')}`;
}
