/**
 * Outlet: what is written to a socket while one block of a lane is applied, sent as one write.
 * In: views of the block. Out: one corked write a batch. Never: many blocks kept alive by one slow reader.
 */
import type { Socket } from 'node:net';

/** Collects the outlets that one block has touched. */
export class Batch {
  readonly #touched: Outlet[] = [];

  add(outlet: Outlet): void {
    this.#touched.push(outlet);
  }

  /** Lets everything go. */
  settle(): void {
    const touched = this.#touched;
    for (const outlet of touched) outlet.settle();
    touched.length = 0;
  }
}

export class Outlet {
  readonly #socket: Socket;
  readonly #batch: Batch;
  readonly #mark: number;
  readonly #onFull: () => void;
  #isCorked = false;
  #copies = false;

  /** @param mark unsent bytes from which on `onFull` is called, once a batch */
  constructor(socket: Socket, batch: Batch, mark: number, onFull: () => void) {
    this.#socket = socket;
    this.#batch = batch;
    this.#mark = mark;
    this.#onFull = onFull;
  }

  write(view: Buffer): void {
    if (!this.#isCorked) {
      this.#isCorked = true;
      // A write that has to wait keeps its whole block alive. One block a slow reader is bearable; from then on, copies.
      this.#copies = this.#socket.writableLength > 0;
      this.#socket.cork();
      this.#batch.add(this);
    }
    this.#socket.write(this.#copies ? Buffer.from(view) : view);
  }

  settle(): void {
    this.#isCorked = false;
    this.#socket.uncork();
    if (this.#socket.writableLength > this.#mark) this.#onFull();
  }
}
