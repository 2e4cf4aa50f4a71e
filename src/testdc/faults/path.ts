/**
 * Path: the way of bytes between a client and the DC, which may be cut, stall, be slow or split what passes.
 * In: the wire of a connection, what comes of it. Out: what arrives, when, in what pieces. Never: looks at a byte.
 */
import type { DcConnection, Wire } from '../wire/dc-connection.ts';
import type { DcEnv } from '../env.ts';

/** How a connection is cut: by FIN, by RST, or so that nothing passes either way any more and nobody is told. */
export type Manner = 'fin' | 'rst' | 'stall';

/** The path of one connection; faults set it when the connection begins. */
export class Path implements Wire {
  /** Bytes that still pass to the DC (`up`) and to the client (`down`); then the connection is cut. */
  up = Infinity;
  down = Infinity;
  manner: Manner = 'fin';
  /** The next `slowFor` bytes to the client pass in pieces of `piece` bytes, `pieceMs` milliseconds apart. */
  piece = Infinity;
  pieceMs = 0;
  slowFor = 0;
  readonly #env: DcEnv;
  readonly #wire: Wire;
  readonly #connection: DcConnection;
  #isDead = false;
  #waiting: Buffer[] = [];
  #isDripping = false;

  constructor(connection: DcConnection, wire: Wire, env: DcEnv) {
    this.#connection = connection;
    this.#wire = wire;
    this.#env = env;
  }

  /** What arrives of bytes from the client. */
  arrive(chunk: Uint8Array): Uint8Array | undefined {
    if (this.#isDead) return undefined;
    if (chunk.length < this.up) {
      this.up -= chunk.length;
      return chunk;
    }
    const passing = chunk.subarray(0, this.up);
    this.up = 0;
    // The cut comes after this call, so that what has arrived is handled before it.
    queueMicrotask(() => this.cut());
    return passing;
  }

  /** Sends bytes to the client, as the path lets them pass. */
  write(bytes: Buffer): void {
    if (this.#isDead) return;
    if (this.#waiting.length > 0 || this.slowFor > 0) return this.#drip(bytes);
    this.#pass(bytes);
  }

  #pass(bytes: Buffer): void {
    if (this.#isDead) return;
    if (bytes.length < this.down) {
      this.down -= bytes.length;
      return this.#wire.write(bytes);
    }
    if (this.down > 0) this.#wire.write(Buffer.from(bytes.subarray(0, this.down)));
    this.down = 0;
    this.cut();
  }

  /** Cuts the connection now, in the path's manner. */
  cut(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#waiting = [];
    if (this.manner === 'stall') return;
    if (this.manner === 'rst') this.#connection.reset();
    else this.#connection.hangUp();
    if (this.manner === 'rst') this.#cut();
    else this.#wire.end();
  }

  /** Adds bytes to those that pass in pieces. */
  #drip(bytes: Buffer): void {
    this.#waiting.push(bytes);
    if (this.#isDripping) return;
    this.#isDripping = true;
    this.#env.after(this.pieceMs, () => this.#nextPiece());
  }

  /** Passes the next piece; all that waits, once the path is slow no more. */
  #nextPiece(): void {
    const first = this.#waiting[0];
    if (first === undefined || this.slowFor <= 0) {
      this.#isDripping = false;
      const rest = this.#waiting.splice(0);
      if (rest.length > 0) this.#pass(Buffer.concat(rest));
      return;
    }
    const piece = first.subarray(0, this.piece);
    if (piece.length === first.length) this.#waiting.shift();
    else this.#waiting[0] = first.subarray(piece.length);
    this.slowFor -= piece.length;
    this.#pass(Buffer.from(piece));
    this.#env.after(this.pieceMs, () => this.#nextPiece());
  }

  /** Ends the wire by RST where it can, else by FIN. */
  #cut(): void {
    if (this.#wire.reset === undefined) this.#wire.end();
    else this.#wire.reset();
  }

  end(): void {
    if (!this.#isDead) this.#wire.end();
  }

  reset(): void {
    if (!this.#isDead) this.#cut();
  }
}
