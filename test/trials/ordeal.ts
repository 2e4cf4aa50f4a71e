/**
 * An ordeal: a counting DC, a gateway, clients with books; something bad happens; the books are compared.
 * In: options of the gateway. Out: the three, and a verdict. Never: leaves a process behind.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Books, pause, type Verdict } from './books.ts';
import { LANE_HEAP } from './deaths.ts';
import { Child } from '../../bench/process.ts';

const LISTENING = /"addresses":"[^"]*?:(\d+)[ "]/;
const ORDER_TIME = 120_000;

export interface DcBook {
  readonly book: string;
  readonly violations: readonly string[];
  /** Unix ms of each connection. */
  readonly connects: readonly number[];
  readonly handshakes: number;
  readonly open: number;
}

export class Ordeal {
  readonly dc: Child;
  readonly gateway: Child;
  readonly books = new Books();
  readonly #folder: string;

  private constructor(folder: string, dc: Child, gateway: Child) {
    this.#folder = folder;
    this.dc = dc;
    this.gateway = gateway;
  }

  /**
   * @param flags pairs of further options of `serve`
   * @param laneHeap MiB of heap a lane may have; then there are deadly requests too (`deaths.ts`)
   */
  static async start(flags: readonly string[] = [], laneHeap = 0): Promise<Ordeal> {
    const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-ordeal-'));
    const keyFile = join(folder, 'dc.pem');
    const dc = await Child.start('counting DC', script('./books-dc.js'), {
      args: [keyFile],
      ready: /^listening on .*:(\d+)$/,
      ipc: true,
    });
    const server = ['--dc-host', '127.0.0.1', '--dc-port', dc.match[1]!, '--dc-id', '2', '--dc-key', keyFile];
    const gateway = await Child.start('gateway', script('./killable-gateway.js'), {
      args: ['--host', '127.0.0.1', '--port', '0', '--api-id', '1', ...server, ...flags],
      ready: LISTENING,
      ipc: true,
      env: { [LANE_HEAP]: String(laneHeap) },
    });
    return new Ordeal(folder, dc, gateway);
  }

  get port(): number {
    return Number(this.gateway.match[1]);
  }

  /** Opens clients, each with a session of its own that the DC knows. */
  async open(count: number): Promise<void> {
    const { sessions } = await ordered<{ sessions: object[] }>(this.dc, { sessions: count }, 'sessions');
    await this.books.open(this.port, count, (i) => `{"id":"s","session":${JSON.stringify(sessions[i])}}`);
    // A connection that the system has taken and the gateway has not is owed nothing yet.
    while (this.books.notices.length < count) await pause(5);
  }

  /** The lane's worker dies at its next batch. */
  async kill(lane: number, how: number): Promise<void> {
    await ordered(this.gateway, { kill: lane, how }, 'killed');
  }

  async dcBook(): Promise<DcBook> {
    return ordered<DcBook>(this.dc, { book: true }, 'book');
  }

  async judge(): Promise<Verdict> {
    const { book, violations } = await this.dcBook();
    const verdict = this.books.judge(Buffer.from(book, 'base64'));
    return { ...verdict, wrong: [...verdict.wrong, ...violations.map((one) => `violation: ${one}`)] };
  }

  async stop(): Promise<void> {
    this.books.close();
    await this.gateway.stop();
    await this.dc.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Gives an order and waits for its answer. */
export async function ordered<T>(child: Child, order: object, answer: string): Promise<T> {
  const answered = child.message<T>((message) => answer in message, ORDER_TIME);
  child.say(order);
  return answered;
}

function script(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
