/**
 * The trial of a shared session: gateway and DC as processes, one named session, connections of every kind here, books
 * compared at the end (threats: The network).
 * In: how many of each kind, seconds, requests a second, faults, a seed. Out: the verdict and the figures.
 * Never: a verdict while a request still has time left.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from '../../../bench/process.ts';
import { startGateway } from '../../../bench/rig.ts';
import { systemEnv } from '../../../src/main/system-env.ts';
import { Dice } from '../../../src/testdc/faults/dice.ts';
import { fillVault, type SignedIn } from '../../support/filled-vault.ts';
import { freePort } from '../../support/free-port.ts';
import { Ledger } from '../../support/ledger.ts';
import { Pauses } from '../soak/pauses.ts';
import { Unknowns } from '../soak/unknowns.ts';
import { SharedClient, type Naming, type Part } from './client.ts';
import { judged, type SharedTold, type SharedVerdict } from './verdict.ts';
import type { Kind, Ports } from './wires.ts';

export interface SharedOptions {
  /** Connections of each kind. */
  readonly connections: Readonly<Record<Kind, number>>;
  readonly seconds: number;
  /** Requests a second of all together. */
  readonly rps: number;
  /** Updates a second. */
  readonly updates: number;
  /** Text of the fault language. */
  readonly faults: string;
  readonly seed: number;
  /** Each connection has a named session of its own: what the same costs without sharing. */
  readonly isApart: boolean;
  /** More arguments of `serve`. */
  readonly gateway: readonly string[];
  progress(text: string): void;
}

const TICK_MS = 20;
/** Requests that a connection has open at most: below the gateway's bounds, so that it never stops reading. */
const MOST_OPEN: Readonly<Record<Kind, number>> = { http: 4, lines: 200, msgpack: 200 };
const TIMEOUT_MS = 10_000;
/** "Lost" is no line within the time-out and this. */
const GRACE_MS = 5_000;
/** How the connections of a kind name the session, in turn. */
const NAMINGS: Readonly<Record<Kind, readonly Naming[]>> = {
  http: ['session', 'as'],
  lines: ['once', 'as', 'session'],
  msgpack: ['once', 'as', 'session'],
};

export async function shared(options: SharedOptions): Promise<SharedVerdict> {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-shared-'));
  const children: Child[] = [];
  try {
    const dc = await startDc(folder, options);
    children.push(dc);
    const parts = await namedParts(folder, dc, options);
    const http = await freePort();
    const args = ['--vault', join(folder, 'vault'), '--http-port', String(http), ...options.gateway];
    const gateway = await startGateway(folder, dc, { gateway: args });
    children.push(gateway);
    return await new Run(options, dc, gateway).run(parts, { lines: Number(gateway.match[1]), http });
  } finally {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

function startDc(folder: string, { faults, seed, updates }: SharedOptions): Promise<Child> {
  return Child.start('soak DC', fileURLToPath(new URL('../soak/dc.js', import.meta.url)), {
    args: [join(folder, 'dc.pem'), faults, String(seed), String(updates)],
    ready: /^listening on .*:(\d+)$/,
    ipc: true,
  });
}

/** Who takes part, with their sessions in the vault. */
async function namedParts(folder: string, dc: Child, { connections, isApart }: SharedOptions): Promise<Part[]> {
  const kinds = (['http', 'lines', 'msgpack'] as const).flatMap((kind) =>
    Array.from({ length: connections[kind] }, (_, i) => ({ kind, naming: NAMINGS[kind][i % NAMINGS[kind].length]! })),
  );
  const count = isApart ? kinds.length : 1;
  const { users } = await ordered<{ users: SignedIn[] }>(dc, { users: count }, 'users');
  await fillVault(join(folder, 'vault'), new Map(users.map((user, i) => [`shared${i}`, user])));
  return kinds.map((one, i) => {
    const session = isApart ? i : 0;
    return { ...one, name: `shared${session}`, user: users[session]!.userId };
  });
}

class Run {
  readonly #options: SharedOptions;
  readonly #dc: Child;
  readonly #gateway: Child;
  readonly #ledger = new Ledger();
  readonly #clients: SharedClient[] = [];
  readonly #dice: Dice;
  readonly #unknowns = new Unknowns();
  readonly #pauses = new Pauses();
  #heldBack = 0;

  constructor(options: SharedOptions, dc: Child, gateway: Child) {
    this.#options = options;
    this.#dc = dc;
    this.#gateway = gateway;
    this.#dice = new Dice(options.seed);
    this.#ledger.onUnknown = (client, asked, line) =>
      this.#unknowns.add(client, this.#clients[client]!.opening, asked, systemEnv.now(), line);
  }

  async run(parts: readonly Part[], ports: Ports): Promise<SharedVerdict> {
    for (const [i, part] of parts.entries()) this.#clients.push(new SharedClient(i, part, ports, this.#ledger));
    const begun = systemEnv.now();
    await this.#load(begun + this.#options.seconds * 1000);
    const seconds = (systemEnv.now() - begun) / 1000;
    await ordered(this.#dc, { quiet: true }, 'quiet');
    await this.#drain();
    const executed = await this.#book();
    this.#ledger.compare(executed, (token) => executed.has(token));
    const told = await ordered<SharedTold>(this.#dc, { report: true }, 'report');
    for (const client of this.#clients) client.close();
    const gatewayExit = await this.#gateway.stop();
    return judged({
      ledger: this.#ledger,
      clients: this.#clients,
      unknowns: this.#unknowns,
      pauses: this.#pauses.list,
      told,
      sessions: this.#options.isApart ? parts.length : 1,
      hasFaults: this.#options.faults !== '',
      seconds,
      heldBack: this.#heldBack,
      gatewayExit,
      said: this.#gateway.said,
    });
  }

  /** Sends at the pace that was asked for until `end`. */
  async #load(end: number): Promise<void> {
    const begun = systemEnv.now();
    let sent = 0;
    for (let at = begun; at < end; at = systemEnv.now()) {
      this.#pauses.look(at);
      const due = Math.floor(((at - begun) * this.#options.rps) / 1000);
      for (; sent < due; sent++) this.#one(this.#clients[sent % this.#clients.length]!, at);
      this.#ledger.overdue(at, TIMEOUT_MS + GRACE_MS);
      this.#options.progress(this.#progress((at - begun) / 1000));
      await pause(TICK_MS);
    }
  }

  #one(client: SharedClient, at: number): void {
    if (client.openCount >= MOST_OPEN[client.part.kind]) this.#heldBack++;
    else client.ask(this.#dice, at);
  }

  #progress(seconds: number): string {
    const { asked, unknown, lost, doubled, misrouted } = this.#ledger.figures;
    return `${seconds.toFixed(0)} s, ${asked} requests, ${unknown} unknown, ${lost} lost, ${doubled} doubled, ${misrouted} misrouted`;
  }

  /** Until nothing is open any more, or should be. */
  async #drain(): Promise<void> {
    const end = systemEnv.now() + TIMEOUT_MS + GRACE_MS;
    while (systemEnv.now() < end && this.#clients.some((client) => client.openCount > 0)) {
      this.#pauses.look(systemEnv.now());
      await pause(100);
    }
    this.#ledger.overdue(systemEnv.now(), TIMEOUT_MS);
  }

  /** The DC's book: how often each token was carried out; 0 for those it has only read. */
  async #book(): Promise<Map<string, number>> {
    const executed = new Map<string, number>();
    const off = this.#dc.onMessage((message) => {
      const { book } = message as { book?: [string, number][] };
      for (const [token, count] of book ?? []) executed.set(token, count);
    });
    await ordered(this.#dc, { book: true }, 'bookEnds');
    off();
    return executed;
  }
}

function ordered<T>(child: Child, order: object, answer: string): Promise<T> {
  const answered = child.message<T>((message) => answer in message, 60_000);
  child.say(order);
  return answered;
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
