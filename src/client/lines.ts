/**
 * Line connection: a client's connection to a gateway's port for JSON lines.
 * In: lines to write. Out: whole lines, whatever pieces they came in; the end of the connection, once. Never: reads the JSON of a line.
 */
import { connect, type Socket } from 'node:net';

/** After how long without a byte TCP asks whether the gateway's machine is there, ms. */
const KEEP_ALIVE = 60_000;

/** Where a gateway listens. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** What a connection tells. */
export interface LineEvents {
  line(text: string): void;
  /** The connection is over; nothing comes after this. */
  end(): void;
}

/** Nobody listens at the place. */
export class NoGateway extends Error {
  override readonly name = 'NoGateway';
}

/** One connection; it never connects again by itself. */
export class LineConnection {
  readonly #socket: Socket;
  #events: LineEvents = { line: () => undefined, end: () => undefined };
  /** Pieces of the line that has not ended yet. */
  #parts: string[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    // A client that only waits for updates writes nothing, and would not notice that the gateway's machine is gone.
    socket.setKeepAlive(true, KEEP_ALIVE);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#take(text));
    // `close` follows each error.
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

  /** Sets who is told. To be called in the same turn in which `open` resolved, so that no line is missed. */
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
    // A listener that closes the connection at one line is not told of the lines behind it.
    for (const line of lines) if (line !== '' && !this.#socket.destroyed) this.#events.line(line);
  }
}

/** A place as text: `localhost:1543`, `[::1]:1543`. */
export function placeText({ host, port }: Place): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
