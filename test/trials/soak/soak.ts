/**
 * The soak: gateway and misbehaving DC as processes, clients here, books compared at the end (threats: The network).
 * In: minutes, requests a second, clients, faults, a seed. Out: the verdict and the figures.
 * Never: a verdict while a request still has time left.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemEnv } from '../../../src/main/system-env.ts';
import { Dice } from '../../../src/testdc/faults/dice.ts';
import { Ledger } from '../../support/ledger.ts';
import { Child } from '../../../bench/process.ts';
import { startGateway } from '../../../bench/rig.ts';
import { SoakClient } from './client.ts';
import { Pauses } from './pauses.ts';
import type { Seen, Span } from './touched.ts';
import { Unknowns, type UnknownFigures } from './unknowns.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly rps: number;
  readonly clients: number;
  /** Text of the fault language. */
  readonly faults: string;
  readonly seed: number;
  /** Updates a second, all clients together. */
  readonly updates: number;
  /** More arguments of `serve`. */
  readonly gateway: readonly string[];
  progress(text: string): void;
}

export interface SoakResult {
  readonly ledger: Ledger;
  readonly report: DcReport;
  readonly seconds: number;
  readonly sessionsLost: number;
  readonly closedOnUs: number;
  /** Outcomes nobody can be sure of. */
  readonly unknowns: UnknownFigures;
  /** Requests not sent because a client had too many open. */
  readonly heldBack: number;
  readonly pushed: number;
  readonly gatewayExit: number | null;
  /** Everything that breaks a rule; none is good. */
  readonly wrong: readonly string[];
}

export interface DcReport {
  readonly faults: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
  readonly violationCount: number;
  readonly caused: number;
  readonly bugs: readonly string[];
  readonly connections: number;
  readonly handshakes: number;
  /** The most home connections that one key had at once. */
  readonly homeConnectionsOfOneKey: number;
}

/** What the DC says of a run. */
interface Told {
  readonly report: DcReport;
  readonly seen: Seen;
  readonly pauses: readonly Span[];
  readonly updates: number;
}

const TICK_MS = 20;
/** Below the gateway's own bound of 256, so that it never stops reading. */
const MOST_OPEN = 200;
const TIMEOUT_MS = 10_000;
/** "Lost" is no line within the time-out and this. */
const GRACE_MS = 5_000;

export async function soak(options: SoakOptions): Promise<SoakResult> {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-soak-'));
  const children: Child[] = [];
  try {
    const dc = await startSoakDc(folder, options);
    children.push(dc);
    const gateway = await startGateway(folder, dc, { gateway: options.gateway });
    children.push(gateway);
    return await new Run(options, dc, gateway).run();
  } finally {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

function startSoakDc(folder: string, { faults, seed, updates }: SoakOptions): Promise<Child> {
  return Child.start('soak DC', fileURLToPath(new URL('./dc.js', import.meta.url)), {
    args: [join(folder, 'dc.pem'), faults, String(seed), String(updates)],
    ready: /^listening on .*:(\d+)$/,
    ipc: true,
  });
}

class Run {
  readonly #options: SoakOptions;
  readonly #dc: Child;
  readonly #gateway: Child;
  readonly #ledger = new Ledger();
  readonly #clients: SoakClient[] = [];
  readonly #dice: Dice;
  readonly #unknowns = new Unknowns();
  readonly #pauses = new Pauses();
  #heldBack = 0;

  constructor(options: SoakOptions, dc: Child, gateway: Child) {
    this.#options = options;
    this.#dc = dc;
    this.#gateway = gateway;
    this.#dice = new Dice(options.seed);
    this.#ledger.onUnknown = (client, asked, line) =>
      this.#unknowns.add(client, this.#clients[client]!.opening, asked, systemEnv.now(), line);
  }

  async run(): Promise<SoakResult> {
    const port = Number(this.#gateway.match[1]);
    for (let i = 0; i < this.#options.clients; i++) this.#clients.push(new SoakClient(i, port, this.#ledger));
    const begun = systemEnv.now();
    await this.#load(begun + this.#options.minutes * 60_000);
    const seconds = (systemEnv.now() - begun) / 1000;
    await ordered(this.#dc, { quiet: true }, 'quiet');
    await this.#drain();
    return this.#judged(seconds);
  }

  /** Sends at the pace that was asked for until `end`. */
  async #load(end: number): Promise<void> {
    const begun = systemEnv.now();
    let sent = 0;
    let turn = 0;
    for (let at = begun; at < end; at = systemEnv.now()) {
      this.#pauses.look(at);
      const due = Math.floor(((at - begun) * this.#options.rps) / 1000);
      for (; sent < due; sent++) {
        const client = this.#clients[turn++ % this.#clients.length]!;
        if (client.openCount >= MOST_OPEN) this.#heldBack++;
        else client.ask(this.#dice, at);
      }
      this.#ledger.overdue(at, TIMEOUT_MS + GRACE_MS);
      this.#options.progress(this.#progress((at - begun) / 1000));
      await pause(TICK_MS);
    }
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

  async #judged(seconds: number): Promise<SoakResult> {
    const executed = await this.#book();
    this.#ledger.compare(executed, (token) => executed.has(token));
    const told = await ordered<Told>(this.#dc, { report: true }, 'report');
    for (const client of this.#clients) client.close();
    const gatewayExit = await this.#gateway.stop();
    const closedOnUs = sum(this.#clients.map((client) => client.closedOnUs));
    const { report } = told;
    const unknowns = this.#judgedUnknowns(told);
    const unexplained = unknowns.withoutFault - unknowns.paused;
    return {
      ledger: this.#ledger,
      report,
      seconds,
      sessionsLost: sum(this.#clients.map((client) => client.lost)),
      closedOnUs,
      unknowns,
      heldBack: this.#heldBack,
      pushed: told.updates,
      gatewayExit,
      wrong: [
        ...this.#ledger.wrong,
        ...report.violations.map((violation) => `violation: ${violation}`),
        ...report.bugs.map((bug) => `bug of the DC: ${bug}`),
        ...(unexplained > 0 ? [`of ${unexplained} requests nobody can say what became, and no fault was there`] : []),
        ...(closedOnUs > 0 ? [`the gateway closed ${closedOnUs} connections`] : []),
        ...(gatewayExit === 0 ? [] : [`the gateway ended with ${gatewayExit}:\n${this.#gateway.said}`]),
      ],
    };
  }

  #judgedUnknowns({ seen, pauses }: Told): UnknownFigures {
    const openings = this.#clients.flatMap((client) => client.openings);
    return this.#unknowns.judged(seen, openings, [...pauses, ...this.#pauses.list], systemEnv.now());
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

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
