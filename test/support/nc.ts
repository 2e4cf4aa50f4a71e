/**
 * Nc: a client as plain as `nc`: lines out, lines in, events instead of sleeps.
 * In: a port. Out: lines as they come; the end. Never: waits longer than the test's own time.
 */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

export class Nc {
  readonly socket: Socket;
  /** Everything that came and was not taken by `line` yet. */
  #lines: string[] = [];
  /** A line that has not ended, in the pieces it came in: a long one is joined once. */
  #pieces: string[] = [];
  #wake: (() => void) | undefined;
  isEnded = false;
  isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      const [first, ...others] = text.split('\n') as [string, ...string[]];
      this.#pieces.push(first);
      for (const other of others) {
        this.#lines.push(this.#part);
        this.#pieces = [other];
      }
      this.#wake?.();
    });
    socket.on('end', () => {
      this.isEnded = true;
      this.#wake?.();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      this.#wake?.();
    });
  }

  get #part(): string {
    return this.#pieces.join('');
  }

  static async to(port: number, host = '127.0.0.1'): Promise<Nc> {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const nc = new Nc(socket);
    await once(socket, 'connect');
    return nc;
  }

  /** Writes text as it stands. */
  send(text: string | Buffer): void {
    this.socket.write(text);
  }

  /** The next line; rejects if the connection ends before it. */
  async line(): Promise<string> {
    while (this.#lines.length === 0) {
      if (this.isEnded || this.isClosed) throw new Error(`ended before a line; unfinished: "${this.#part}"`);
      await this.#event();
    }
    return this.#lines.shift()!;
  }

  async lines(count: number): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < count) lines.push(await this.line());
    return lines;
  }

  async json(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.line()) as Record<string, unknown>;
  }

  /** FIN, as `nc -N` at the end of its input. */
  end(): void {
    this.socket.end();
  }

  /** All lines until the peer's FIN. */
  async rest(): Promise<string[]> {
    while (!this.isEnded && !this.isClosed) await this.#event();
    this.socket.end();
    if (this.#part !== '') throw new Error(`ended within a line: "${this.#part}"`);
    return this.#lines.splice(0);
  }

  close(): void {
    this.socket.destroy();
  }

  #event(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
