/**
 * Mp: a msgpack client as plain as `Nc`: frames out, frames in, packed and unpacked by msgpackr.
 * In: a port. Out: objects as they come; the end. Never: waits longer than the test's own time.
 */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { Packr, type Options } from 'msgpackr';

/** `long` comes back as a bigint; numbers that fit, as numbers: the package's types do not know `auto` yet. */
const OPTIONS = { useRecords: false, variableMapSize: true, int64AsType: 'bigint' } satisfies Options;

export type Frame = Record<string, unknown>;

export class Mp {
  readonly socket: Socket;
  readonly #packr = new Packr(OPTIONS);
  readonly #frames: Frame[] = [];
  #part = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  isEnded = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => undefined);
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.isEnded = true;
        this.#wake?.();
      });
    }
  }

  static async to(port: number, host = '127.0.0.1'): Promise<Mp> {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const mp = new Mp(socket);
    await once(socket, 'connect');
    return mp;
  }

  #take(chunk: Buffer): void {
    this.#part = Buffer.concat([this.#part, chunk]);
    while (this.#part.length >= 4 && this.#part.length >= 4 + this.#part.readUInt32BE()) {
      const stop = 4 + this.#part.readUInt32BE();
      this.#frames.push(this.#packr.unpack(Buffer.from(this.#part.subarray(4, stop))) as Frame);
      this.#part = this.#part.subarray(stop);
    }
    this.#wake?.();
  }

  send(...messages: unknown[]): void {
    for (const message of messages) this.socket.write(packFrame(message));
  }

  /** The next frame; rejects if the connection ends before it. */
  async frame(): Promise<Frame> {
    while (this.#frames.length === 0) {
      if (this.isEnded) throw new Error(`ended before a frame; ${this.#part.length} bytes of one`);
      await this.#event();
    }
    return this.#frames.shift()!;
  }

  /** All frames until the peer's FIN. */
  async rest(): Promise<Frame[]> {
    while (!this.isEnded) await this.#event();
    this.socket.end();
    if (this.#part.length > 0) throw new Error(`ended within a frame: ${this.#part.toString('latin1')}`);
    return this.#frames.splice(0);
  }

  end(): void {
    this.socket.end();
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

const packr = new Packr(OPTIONS);

/** A message with its length before it. */
export function packFrame(message: unknown): Buffer {
  const packed = packr.pack(message);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(packed.length);
  return Buffer.concat([head, packed]);
}
