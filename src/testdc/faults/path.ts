/**
 * Path: the way of bytes between a client and the DC, and what can befall it.
 * In: the wire of a connection. Out: a wire that cuts at byte n, stalls, is slow, or splits. Never: looks at a byte.
 */
import type { DcConnection, Wire } from '../wire/dc-connection.ts';
import type { DcEnv } from '../env.ts';

/** How a connection ends. After a stall nothing passes either way, and nobody is told. */
export type Manner = 'fin' | 'rst' | 'stall';

export class Path implements Wire {
  /** Bytes that still pass in each direction. */
  up = Infinity;
  down = Infinity;
  manner: Manner = 'fin';
  /** Pieces of so many bytes, so many ms apart; for the next `slowFor` bytes. */
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

  /** Bytes from the client: what of them arrives. */
  arrive(chunk: Uint8Array): Uint8Array | undefined {
    if (this.#isDead) return undefined;
    if (chunk.length < this.up) {
      this.up -= chunk.length;
      return chunk;
    }
    const passing = chunk.subarray(0, this.up);
    this.up = 0;
    // What has arrived is handled before the end is noticed.
    queueMicrotask(() => this.cut());
    return passing;
  }

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

  /** Ends here and now, in the path's manner. */
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

  #drip(bytes: Buffer): void {
    this.#waiting.push(bytes);
    if (this.#isDripping) return;
    this.#isDripping = true;
    this.#env.after(this.pieceMs, () => this.#nextPiece());
  }

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

  /** RST where the wire can, else FIN. */
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
