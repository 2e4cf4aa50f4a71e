/**
 * Books: what clients asked and were told, and what the DC carried out (threats: The network).
 * In: requests of which none may be carried out twice. Out: who is still owed an answer, how long each took, a verdict.
 * Never: a request that does no harm twice: those prove nothing.
 */
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

/** How a request ended. */
export type End = 'done' | 'delivered no' | 'delivered unknown';

/** One request; `token` is its id too, and what the DC counts. */
export interface Asked {
  readonly token: number;
  readonly client: number;
  readonly at: number;
  endedAt: number;
  end: End | undefined;
  /** How often it was answered. */
  answers: number;
  error: string;
}

export interface Verdict {
  readonly asked: number;
  readonly done: number;
  readonly unknown: number;
  readonly refused: number;
  /** A sentence each; empty if all is well. */
  readonly wrong: readonly string[];
}

export class Books {
  readonly asked: Asked[] = [];
  readonly clients: BookClient[] = [];
  /** Connections that closed though nobody here closed them. */
  dropped = 0;
  notices: string[] = [];

  async open(port: number, count: number, setUp: (client: number) => string | undefined): Promise<void> {
    for (let i = 0; i < count; i++) {
      const client = await BookClient.to(this, i, port);
      this.clients.push(client);
      const line = setUp(i);
      if (line !== undefined) client.say(line);
    }
  }

  /** One request of a client, with the seconds it may take. */
  ask(client: BookClient, timeout = 10): Asked {
    const token = this.asked.length;
    const one = {
      token,
      client: client.number,
      at: performance.now(),
      endedAt: 0,
      end: undefined,
      answers: 0,
      error: '',
    };
    this.asked.push(one);
    const call = `{"_cons":"auth.cancelCode","phone_number":"9","phone_code_hash":"t${token}"}`;
    client.say(`{"id":${token + 1},"timeout":${timeout},"message":${call}}`);
    return one;
  }

  heard(client: BookClient, line: string): void {
    const id = Number(/^\{"id":(\d+),/.exec(line)?.[1] ?? 0);
    if (id === 0) return void this.notices.push(line);
    const one = this.asked[id - 1];
    if (one === undefined || one.client !== client.number) return;
    one.answers++;
    if (one.answers > 1) return;
    one.endedAt = performance.now();
    one.end = endOf(line);
    if (one.end !== 'done') one.error = line;
  }

  get unanswered(): Asked[] {
    return this.asked.filter((one) => one.end === undefined);
  }

  /** Resolves when everything is answered, or after `within` ms. */
  async settled(within: number): Promise<void> {
    const until = performance.now() + within;
    while (this.unanswered.length > 0 && performance.now() < until) await pause(20);
  }

  /** @param executed how often the DC carried each token out */
  judge(executed: Uint8Array): Verdict {
    const wrong: string[] = [];
    for (const one of this.asked) {
      const count = executed[one.token] ?? 0;
      const fault = faultOf(one, count);
      if (fault !== undefined) wrong.push(`request ${one.token}: ${fault} ${one.error.slice(0, 200)}`);
    }
    const count = (end: End): number => this.asked.filter((one) => one.end === end).length;
    return {
      asked: this.asked.length,
      done: count('done'),
      unknown: count('delivered unknown'),
      refused: count('delivered no'),
      wrong,
    };
  }

  /** What was refused, counted by name. */
  outcomes(): string[] {
    const counts = new Map<string, number>();
    for (const { error } of this.asked) {
      if (error === '') continue;
      const name = /"(?:error|_cons)":"(\w+)"/.exec(error)?.[1] ?? '?';
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].map(([name, count]) => `${name}: ${count}`);
  }

  /** Those that nobody has read are owed nothing. They may not have been carried out either, which `judge` still sees. */
  forgetUnanswered(isUnread: (one: Asked) => boolean): number {
    const unread = this.unanswered.filter(isUnread);
    for (const one of unread) {
      one.answers = 1;
      one.end = 'delivered no';
    }
    return unread.length;
  }

  close(): void {
    for (const client of this.clients) client.close();
  }
}

function endOf(line: string): End {
  if (line.includes('"message":true')) return 'done';
  return line.includes('"delivered":"no"') ? 'delivered no' : 'delivered unknown';
}

function faultOf({ end, answers }: Asked, executed: number): string | undefined {
  if (answers === 0) return 'never answered';
  if (answers > 1) return `answered ${answers} times`;
  if (executed > 1) return `carried out ${executed} times`;
  if (end === 'done' && executed === 0) return 'answered, and never carried out';
  if (end === 'delivered no' && executed === 1) return 'carried out, and said not to be';
  return undefined;
}

/** One connection. */
export class BookClient {
  readonly number: number;
  readonly #socket: Socket;
  #part = '';
  #isClosing = false;

  private constructor(books: Books, number: number, socket: Socket) {
    this.number = number;
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      const lines = (this.#part + text).split('\n');
      this.#part = lines.pop()!;
      for (const line of lines) books.heard(this, line);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!this.#isClosing) books.dropped++;
    });
  }

  static async to(books: Books, number: number, port: number): Promise<BookClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new BookClient(books, number, socket);
  }

  say(line: string): void {
    this.#socket.write(`${line}\n`);
  }

  close(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks at a rate, client after client, until stopped. @returns what stops it */
export function askAtRate(books: Books, rate: number): () => void {
  const from = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - from) * rate) / 1000;
    for (; sent < due; sent++) books.ask(books.clients[sent % books.clients.length]!);
  }, 2);
  return () => clearInterval(timer);
}
