/**
 * The load generator: many clients of the gateway, speaking JSON lines.
 * In: how many, what they say first, what each run asks. Out: how many answers, how long they took, what was wrong.
 * Never: trusts an answer: each is held against its request's id, its connection and the result's constructor.
 */
import { createHistogram, performance, type RecordableHistogram } from 'node:perf_hooks';
import { LoadClient, type ClientOwner, type Run } from './load-client.ts';

/** A line, and what its answer must hold. */
export interface SetUpLine {
  readonly line: string;
  readonly expected: string;
}

export interface ClientsSpec {
  readonly host: string;
  readonly port: number;
  readonly clients: number;
  /** Lines each client says before its first run, one at a time. */
  readonly setUp: readonly SetUpLine[];
  /** Sessions the clients hand in before anything else, by their number; wire: Requests and answers. */
  readonly sessions?: readonly object[];
  /** Clients that are being set up at once. */
  readonly opening: number;
}

export interface RunSpec {
  /** One line without its end; `$ID` where the id stands. */
  readonly request: string;
  /** How a right answer goes on behind its id. */
  readonly expected: string;
  /** Open requests of each client; 0 only listens. */
  readonly inFlight: number;
  /** Ends after so many requests of each client, or after the seconds. */
  readonly requests?: number;
  readonly seconds?: number;
  /** Requests a second of all clients together; without it, the next goes out when one is answered. */
  readonly rate?: number;
  /** Only the first so many clients. */
  readonly clients?: number;
  /** Answers still owed at the end must come in this time, ms. */
  readonly lastAnswers?: number;
}

/** Milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface RunResult {
  readonly requests: number;
  readonly seconds: number;
  readonly latency: Latency;
  readonly wrong: number;
  /** Connections that closed. */
  readonly closed: number;
  readonly notices: number;
  /** Latency of updates that carry their time (see `STAMP`), if any came. */
  readonly noticeLatency: Latency;
  /** A few lines that were wrong. */
  readonly samples: readonly string[];
}

const LAST_ANSWERS = 15_000;
/** A run that ends by requests ends in this time, ms. */
const LONGEST = 120_000;
const MOST_SAMPLES = 3;
/** An update that holds `@123.456@` was pushed at that Unix time in ms. */
const STAMP = /@(\d+\.?\d*)@/;

export class Load implements ClientOwner {
  readonly #clients: LoadClient[] = [];
  #histogram = histogram();
  #noticeHistogram = histogram();
  #samples: string[] = [];
  #requests = 0;
  #notices = 0;
  #wrong = 0;
  #closed = 0;
  #busy = 0;
  #runs = 0;
  #onIdle: (() => void) | undefined;

  /** Connects clients until there are `spec.clients`, and has them say what they say first. @returns seconds it took */
  async open(spec: ClientsSpec): Promise<number> {
    const from = performance.now();
    const { clients, opening } = spec;
    let next = this.#clients.length;
    const openSome = async (): Promise<void> => {
      while (next < clients) await this.#openOne(spec, next++);
    };
    await Promise.all(Array.from({ length: Math.min(opening, clients) }, openSome));
    this.#clients.sort((a, b) => a.number - b.number);
    return (performance.now() - from) / 1000;
  }

  async #openOne({ host, port, setUp, sessions }: ClientsSpec, number: number): Promise<void> {
    const client = await LoadClient.connect(number, port, host, this);
    this.#clients.push(client);
    const session = sessions?.[number];
    const first = session === undefined ? [] : [{ line: JSON.stringify({ id: 1, session }), expected: '"session":{' }];
    for (const { line, expected } of [...first, ...setUp]) {
      const answer = await client.ask(line);
      if (!answer.includes(expected)) throw new Error(`client ${number} was answered ${answer.slice(0, 300)}`);
    }
  }

  /**
   * One run over the open clients.
   * @param began called when the clock starts @param ended when it stops: then nothing more is sent
   */
  async run(spec: RunSpec, began: () => void, ended: () => void): Promise<RunResult> {
    const clients = this.#clients.slice(0, spec.clients ?? this.#clients.length);
    this.#reset();
    const interval = spec.rate === undefined ? 0 : (1000 * clients.length) / spec.rate;
    const { request, expected, inFlight, requests = Infinity } = spec;
    const run: Run = { number: ++this.#runs % 100, request, expected, inFlight, requests, interval };
    this.#busy = clients.length;
    const idle = new Promise<void>((resolve) => (this.#onIdle = resolve));
    began();
    const from = performance.now();
    // At a rate, the clients' requests are spread over the interval.
    for (const [i, client] of clients.entries()) client.start(run, from + (i * interval) / clients.length);
    const ticker = interval === 0 ? undefined : setInterval(() => tick(clients), 1);
    await (spec.seconds === undefined ? within(idle, LONGEST) : within(never, spec.seconds * 1000));
    const seconds = (performance.now() - from) / 1000;
    const counted = this.#requests;
    ended();
    clearInterval(ticker);
    for (const client of clients) client.stop();
    await this.#settled(idle, spec.lastAnswers ?? LAST_ANSWERS);
    return this.#result(counted, seconds);
  }

  #reset(): void {
    this.#histogram = histogram();
    this.#noticeHistogram = histogram();
    this.#samples = [];
    this.#requests = this.#notices = this.#wrong = this.#closed = 0;
  }

  /** What is owed when a run ends is waited for, and its latency counted. */
  async #settled(idle: Promise<void>, time: number): Promise<void> {
    await within(idle, time);
    const owed = this.#clients.reduce((sum, client) => sum + client.open, 0);
    if (owed > 0) this.#note(`${owed} answers did not come`, owed);
  }

  #result(requests: number, seconds: number): RunResult {
    return {
      requests,
      seconds,
      latency: latencyOf(this.#histogram),
      wrong: this.#wrong,
      closed: this.#closed,
      notices: this.#notices,
      noticeLatency: latencyOf(this.#noticeHistogram),
      samples: this.#samples,
    };
  }

  answered(latency: number): void {
    this.#requests++;
    record(this.#histogram, latency);
  }

  noticed(client: LoadClient, bytes: Buffer, start: number, end: number): void {
    this.#notices++;
    // Errors with id 0 concern the whole session.
    const line = bytes.toString('latin1', start, Math.min(end, start + 600));
    if (line.startsWith('{"id":0,"error"')) return this.wrong(client, line);
    const stamp = STAMP.exec(line);
    if (stamp !== null) record(this.#noticeHistogram, performance.timeOrigin + performance.now() - Number(stamp[1]));
  }

  wrong(client: LoadClient, line: string): void {
    this.#note(`client ${client.number}: ${line}`, 1);
  }

  #note(sample: string, count: number): void {
    this.#wrong += count;
    if (this.#samples.length < MOST_SAMPLES) this.#samples.push(sample);
  }

  done(): void {
    if (--this.#busy === 0) this.#onIdle?.();
  }

  closed(): void {
    this.#closed++;
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}

function tick(clients: readonly LoadClient[]): void {
  const now = performance.now();
  for (const client of clients) client.due(now);
}

const never = new Promise<void>(() => undefined);

/** Until it is done, or the time is over. */
async function within(done: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([done, new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}

/** Microseconds to a minute, three figures. */
function histogram(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 });
}

function record(into: RecordableHistogram, ms: number): void {
  into.record(Math.max(1, Math.round(ms * 1000)));
}

function latencyOf(from: RecordableHistogram): Latency {
  if (from.count === 0) return { p50: 0, p99: 0, p999: 0, max: 0 };
  const at = (percent: number): number => from.percentile(percent) / 1000;
  return { p50: at(50), p99: at(99), p999: at(99.9), max: from.max / 1000 };
}
