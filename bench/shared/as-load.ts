/**
 * A load generator that speaks for many named sessions: over one connection with `as`, or over one each.
 * In: messages `{open}`, `{run}`. Out: `{opened}`, `{began}`, `{ended}`, `{result}`, `{failed}`.
 * Never: an answer taken for right that came on another connection, twice, or from another session's user; outlives its parent.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createHistogram, performance } from 'node:perf_hooks';
import { NEAREST_DC } from '../calls.ts';

export interface AsOpen {
  readonly port: number;
  readonly names: readonly string[];
  /** Whose each session is, by its place among the names. */
  readonly users: readonly string[];
  /** One connection for all; else one each. */
  readonly isOne: boolean;
}

export interface AsRun {
  /** Open calls of each session. */
  readonly inFlight: number;
  readonly seconds: number;
}

export interface AsResult {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly wrong: number;
  readonly samples: readonly string[];
}

/** What a session asks to hear whose it is. */
const WHO = '{"_cons":"users.getUsers","id":[{"_cons":"inputUserSelf"}]}';
const CALL = NEAREST_DC.request.slice(NEAREST_DC.request.indexOf('{"_cons"'), -1);
const OPENING = 32;
const LAST_ANSWERS = 30_000;

/** One connection: lines out, lines in. */
class Wire {
  readonly socket: Socket;
  onLine: (line: string) => void = () => undefined;
  /** Called when all lines of a read are given out. */
  onRead: () => void = () => undefined;
  #part = '';
  #unsent: string[] = [];

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.setEncoding('latin1');
    this.socket.on('error', () => undefined);
    this.socket.on('data', (text: string) => this.#take(text));
    this.socket.on('close', () => tell({ failed: 'a connection was closed' }));
  }

  #take(text: string): void {
    const lines = (this.#part + text).split('\n');
    this.#part = lines.pop()!;
    for (const line of lines) this.onLine(line);
    this.onRead();
  }

  /** Goes out with the next `flush`. */
  say(line: string): void {
    this.#unsent.push(line);
  }

  flush(): void {
    if (this.#unsent.length === 0) return;
    this.socket.write(`${this.#unsent.join('\n')}\n`);
    this.#unsent = [];
  }
}

class AsLoad {
  readonly #open: AsOpen;
  readonly #wires: Wire[] = [];
  #histogram = createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 });
  /** By slot: when its call was sent, 0 if it has none; and which call of its row that is. */
  #since = new Float64Array(0);
  #turns = new Uint32Array(0);
  #turn = 1;
  #owed = 0;
  #requests = 0;
  #isSending = false;
  #wrong = 0;
  #samples: string[] = [];

  constructor(open: AsOpen) {
    this.#open = open;
  }

  get #count(): number {
    return this.#open.names.length;
  }

  /** Connects, and has every session say whose it is. @returns seconds it took */
  async open(): Promise<number> {
    const from = performance.now();
    const { port, isOne } = this.#open;
    for (let i = 0; i < (isOne ? 1 : this.#count); i++) {
      const wire = new Wire(port);
      await once(wire.socket, 'connect');
      this.#wires.push(wire);
    }
    await this.check();
    return (performance.now() - from) / 1000;
  }

  /** Each session is that of its user. @throws Error at the first that is not */
  async check(): Promise<void> {
    const waiting = new Map<number, (line: string) => void>();
    for (const wire of this.#wires)
      wire.onLine = (line) => waiting.get(Number(/^\{"id":(\d+),/.exec(line)?.[1]))?.(line);
    let next = 0;
    const some = async (): Promise<void> => {
      for (let at = next++; at < this.#count; at = next++) {
        const answer = new Promise<string>((resolve) => waiting.set(at + 1, resolve));
        const wire = this.#wireOf(at);
        wire.say(this.#line(at, at + 1, WHO, true));
        wire.flush();
        const line = await answer;
        if (!line.includes(`"id":${this.#open.users[at]},`))
          throw new Error(`${this.#open.names[at]} was answered ${line.slice(0, 300)}`);
      }
    };
    await Promise.all(Array.from({ length: OPENING }, some));
  }

  #wireOf(session: number): Wire {
    return this.#wires[this.#open.isOne ? 0 : session]!;
  }

  /** @param isFirst a connection of its own names its session once */
  #line(session: number, id: number, message: string, isFirst = false): string {
    const name = this.#open.names[session]!;
    if (this.#open.isOne) return `{"id":${id},"as":"${name}","message":${message}}`;
    return `{"id":${id},${isFirst ? `"session":{"name":"${name}"},` : ''}"message":${message}}`;
  }

  async run({ inFlight, seconds }: AsRun): Promise<AsResult> {
    const total = inFlight * this.#count;
    this.#reset(total);
    for (const wire of this.#wires) {
      wire.onLine = (line) => this.#heard(wire, line);
      wire.onRead = () => wire.flush();
    }
    tell({ began: true });
    const from = performance.now();
    for (let slot = 0; slot < total; slot++) this.#ask(slot, from);
    for (const wire of this.#wires) wire.flush();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const took = (performance.now() - from) / 1000;
    const requests = this.#requests;
    this.#isSending = false;
    tell({ ended: true });
    await this.#settled();
    const at = (percent: number): number => this.#histogram.percentile(percent) / 1000;
    return { requests, seconds: took, p50: at(50), p99: at(99), wrong: this.#wrong, samples: this.#samples };
  }

  #reset(total: number): void {
    this.#histogram = createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 });
    this.#since = new Float64Array(total);
    this.#turns = new Uint32Array(total);
    this.#turn = 1;
    this.#owed = this.#requests = this.#wrong = 0;
    this.#samples = [];
    this.#isSending = true;
  }

  #ask(slot: number, now: number): void {
    const turn = this.#turn++;
    this.#turns[slot] = turn;
    this.#since[slot] = now;
    this.#owed++;
    const session = slot % this.#count;
    this.#wireOf(session).say(this.#line(session, turn * this.#since.length + slot, CALL));
  }

  #heard(wire: Wire, line: string): void {
    const id = Number(/^\{"id":(\d+),"message":\{"_cons":"nearestDc"/.exec(line)?.[1] ?? 0);
    if (id === 0) return line.startsWith('{"id":0,"message"') ? undefined : this.#complain(line);
    const slot = id % this.#since.length;
    const isDue = this.#since[slot]! > 0 && this.#turns[slot] === (id - slot) / this.#since.length;
    if (!isDue || wire !== this.#wireOf(slot % this.#count)) return this.#complain(`not open here: ${line}`);
    const now = performance.now();
    this.#histogram.record(Math.max(1, Math.round((now - this.#since[slot]!) * 1000)));
    this.#since[slot] = 0;
    this.#owed--;
    this.#requests++;
    if (this.#isSending) this.#ask(slot, now);
  }

  #complain(line: string): void {
    this.#wrong++;
    if (this.#samples.length < 3) this.#samples.push(line.slice(0, 300));
  }

  async #settled(): Promise<void> {
    const until = performance.now() + LAST_ANSWERS;
    while (this.#owed > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
    if (this.#owed > 0) this.#complain(`${this.#owed} answers did not come`);
  }
}

function tell(message: object): void {
  process.send!(message);
}

let load: AsLoad | undefined;

type Order = { open: AsOpen } | { run: AsRun } | { check: true };

async function obey(order: Order): Promise<object> {
  if ('open' in order) {
    load = new AsLoad(order.open);
    return { opened: await load.open() };
  }
  if ('run' in order) return { result: await load!.run(order.run) };
  await load!.check();
  return { checked: true };
}

process.on('message', (order: Order) => {
  obey(order).then(tell, (error: unknown) => tell({ failed: String(error) }));
});
process.on('disconnect', () => process.exit());
console.log('ready');
