/**
 * One connection of the load generator.
 * In: a run's requests. Out: how long each took, what came that was no right answer. Never: more than `inFlight` open
 * requests; an allocation an answer.
 *
 * Closed runs send the next request when one is answered. Runs at a rate have a time for every request: what could not
 * be sent at its time is sent later, and its latency counts from its time on (coordinated omission corrected).
 */
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { idPrefix, Lines, NOTICED, NUMBERS } from './load-line.ts';

/** One run, as its clients see it. */
export interface Run {
  readonly number: number;
  readonly request: string;
  readonly expected: string;
  readonly inFlight: number;
  /** Requests of each client; Infinity for a run that ends by time. */
  readonly requests: number;
  /** Milliseconds between two requests of one client; 0 for a closed run. */
  readonly interval: number;
}

/** Whom a client tells. */
export interface ClientOwner {
  /** A right answer; ms. */
  answered(latency: number): void;
  /** A line with id 0. */
  noticed(client: LoadClient, bytes: Buffer, start: number, end: number): void;
  wrong(client: LoadClient, line: string): void;
  /** All requests of the run are answered, or the run was stopped and no answer is owed. */
  done(client: LoadClient): void;
  closed(client: LoadClient): void;
}

/** One block for all sockets: what is read is judged before the next read. */
const READ = Buffer.allocUnsafeSlow(256 * 1024);
/** A line that came in pieces is judged by so many bytes. */
const HELD = 512;
const LF = 10;

export class LoadClient {
  readonly number: number;
  readonly #owner: ClientOwner;
  readonly #socket: Socket;
  readonly #held = Buffer.allocUnsafeSlow(HELD);
  #heldLength = 0;
  #lineGoesOn = false;
  #lines: Lines | undefined;
  #run: Run | undefined;
  #isStopped = true;
  #sent = 0;
  #answered = 0;
  /** By slot, which is the request's number modulo `inFlight`: when it was, or should have been, sent; -1 free. */
  #since = new Float64Array(0);
  #numbers = new Int32Array(0);
  #free: number[] = [];
  /** When the first request of a run at a rate is due. */
  #firstDue = 0;
  #onLine: ((line: string) => void) | undefined;
  #text = '';

  private constructor(number: number, socket: Socket, owner: ClientOwner) {
    this.number = number;
    this.#socket = socket;
    this.#owner = owner;
    socket.on('error', () => undefined);
    socket.on('close', () => this.#closed());
  }

  /** Connects; rejects if it cannot. */
  static connect(number: number, port: number, host: string, owner: ClientOwner): Promise<LoadClient> {
    return new Promise((resolve, reject) => {
      let client: LoadClient | undefined;
      const callback = (length: number, bytes: Uint8Array): boolean => {
        client!.#received(bytes as Buffer, length);
        return true;
      };
      const socket = connect({ port, host, noDelay: true, onread: { buffer: READ, callback } });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        client = new LoadClient(number, socket, owner);
        resolve(client);
      });
    });
  }

  /** Before the first run: sends a line and waits for the next one that is no notice. */
  ask(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const closed = (): void => reject(new Error(`connection closed, asked ${line.slice(0, 100)}`));
      this.#socket.once('close', closed);
      this.#onLine = (answer) => {
        this.#onLine = undefined;
        this.#socket.off('close', closed);
        resolve(answer);
      };
      this.#socket.write(`${line}\n`);
    });
  }

  /** Begins a run. @param at ms; when the first request of a run at a rate is due */
  start(run: Run, at: number): void {
    this.#run = run;
    this.#lines = new Lines(run.request, run.expected, idPrefix(run.number, this.number));
    if (this.#lines.headLength > HELD) throw new RangeError('the expected answer is too long to be compared');
    this.#isStopped = false;
    this.#sent = 0;
    this.#answered = 0;
    this.#firstDue = at;
    this.#since = new Float64Array(run.inFlight).fill(-1);
    this.#numbers = new Int32Array(run.inFlight);
    this.#free = Array.from({ length: run.inFlight }, (_, i) => run.inFlight - 1 - i);
    if (run.interval === 0) this.#send(Math.min(run.inFlight, run.requests), performance.now());
  }

  /** Sends what is due by now; for runs at a rate. */
  due(now: number): void {
    const { interval } = this.#run!;
    const wanted = Math.floor((now - this.#firstDue) / interval) + 1 - this.#sent;
    if (!this.#isStopped && wanted > 0) this.#send(Math.min(wanted, this.#free.length), now);
  }

  /** Sends nothing more; `done` follows when all is answered. */
  stop(): void {
    this.#isStopped = true;
    this.#settle();
  }

  /** What was open is lost with the connection; a run need not wait for it. */
  #closed(): void {
    this.#isStopped = true;
    const wasBusy = this.#run !== undefined;
    this.#run = undefined;
    this.#owner.closed(this);
    if (wasBusy) this.#owner.done(this);
  }

  get open(): number {
    return this.#sent - this.#answered;
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(count: number, now: number): void {
    if (count <= 0) return;
    const { interval } = this.#run!;
    const lines = this.#lines!;
    const block = Buffer.allocUnsafe(count * lines.length);
    for (let i = 0; i < count; i++) {
      const slot = this.#free.pop()!;
      const number = this.#sent++;
      // With many open requests the numbers begin again: the same one is then long answered.
      const turn = number % Math.floor(NUMBERS / this.#since.length);
      this.#numbers[slot] = turn;
      this.#since[slot] = interval === 0 ? now : this.#firstDue + number * interval;
      lines.write(block, i * lines.length, turn * this.#since.length + slot);
    }
    this.#socket.write(block);
  }

  #received(bytes: Buffer, length: number): void {
    const now = performance.now();
    let at = 0;
    while (at < length) {
      const found = bytes.indexOf(LF, at);
      const end = found === -1 || found >= length ? -1 : found;
      if (end === -1) {
        this.#hold(bytes, at, length);
        break;
      }
      if (this.#lineGoesOn) {
        this.#hold(bytes, at, end);
        this.#lineGoesOn = false;
        this.#line(this.#held, 0, this.#heldLength, now);
        this.#heldLength = 0;
      } else this.#line(bytes, at, end, now);
      at = end + 1;
    }
    this.#goOn(now);
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    this.#lineGoesOn = true;
    if (this.#lines === undefined) {
      this.#text += bytes.toString('latin1', start, end);
      return;
    }
    const count = Math.min(end - start, HELD - this.#heldLength);
    if (count <= 0) return;
    bytes.copy(this.#held, this.#heldLength, start, start + count);
    this.#heldLength += count;
  }

  #line(bytes: Buffer, start: number, end: number, now: number): void {
    const lines = this.#lines;
    if (lines === undefined) return this.#setUpLine(bytes, start, end);
    const id = lines.judge(bytes, start, end);
    if (id >= 0) return this.#answer(id, now, bytes, start, end);
    if (id === NOTICED) return this.#owner.noticed(this, bytes, start, end);
    this.#owner.wrong(this, text(bytes, start, end));
  }

  /** Lines of the setting up are taken as text. */
  #setUpLine(bytes: Buffer, start: number, end: number): void {
    const line = this.#text + bytes.toString('latin1', start, end);
    this.#text = '';
    if (line.startsWith('{"id":0,')) return;
    this.#onLine?.(line);
  }

  #answer(id: number, now: number, bytes: Buffer, start: number, end: number): void {
    const slot = id % this.#since.length;
    const since = this.#since[slot]!;
    // An answer to a request that is not open: a second one, most likely.
    if (since < 0 || this.#numbers[slot] !== (id - slot) / this.#since.length) {
      return this.#owner.wrong(this, `not open: ${text(bytes, start, end)}`);
    }
    this.#since[slot] = -1;
    this.#free.push(slot);
    this.#answered++;
    if (this.#lines!.isRight) this.#owner.answered(now - since);
    else this.#owner.wrong(this, text(bytes, start, end));
  }

  #goOn(now: number): void {
    const run = this.#run;
    if (run === undefined) return;
    if (!this.#isStopped && run.interval === 0) this.#send(Math.min(this.#free.length, run.requests - this.#sent), now);
    this.#settle();
  }

  #settle(): void {
    const run = this.#run;
    if (run === undefined || this.open > 0) return;
    if (!this.#isStopped && this.#sent < run.requests) return;
    this.#isStopped = true;
    this.#run = undefined;
    this.#owner.done(this);
  }
}

function text(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('utf8', start, Math.min(end, start + 300));
}
