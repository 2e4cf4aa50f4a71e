/**
 * Line connection: a socket to a gateway's port for JSON lines, as any client has it.
 * In: lines to write. Out: lines as they come, in any cut; its end, once. Never: looks into a line.
 */
import { connect, type Socket } from 'node:net';

/** The system asks a silent gateway after so long whether it is there, ms. */
const KEEP_ALIVE = 60_000;

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface LineEvents {
  line(text: string): void;
  /** The connection is over; nothing comes after this. */
  end(): void;
}

/** Nobody listens there. */
export class NoGateway extends Error {
  override readonly name = 'NoGateway';
}

export class LineConnection {
  readonly #socket: Socket;
  #events: LineEvents = { line: () => undefined, end: () => undefined };
  /** Of a line that has not ended. */
  #parts: string[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    // Who listens for updates writes nothing: a gateway whose machine has gone would never be missed.
    socket.setKeepAlive(true, KEEP_ALIVE);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#take(text));
    // `close` follows, and says it.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#events.end());
  }

  /** @throws NoGateway if nobody answers there */
  static async open(place: Place): Promise<LineConnection> {
    const socket = connect({ host: place.host, port: place.port, noDelay: true });
    await new Promise<void>((done, failed) => {
      socket.once('connect', done);
      socket.once('error', () => failed(new NoGateway(`No gateway answers at ${placeText(place)}`)));
    });
    return new LineConnection(socket);
  }

  /** Who hears of lines and the end. To be called in the turn in which `open` gave the connection. */
  listen(events: LineEvents): void {
    this.#events = events;
  }

  write(line: string): void {
    this.#socket.write(`${line}\n`);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    const [first, ...lines] = text.split('\n');
    this.#parts.push(first!);
    if (lines.length === 0) return;
    lines.unshift(this.#parts.join(''));
    this.#parts = [lines.pop()!];
    // Whoever closes it at one line hears none of those behind.
    for (const line of lines) if (line !== '' && !this.#socket.destroyed) this.#events.line(line);
  }
}

/** `localhost:1543`, `[::1]:1543`. */
export function placeText({ host, port }: Place): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
