/**
 * Socket writer: what is written to a socket while one block of a lane is applied, sent as one write.
 * In: views of the block. Out: one corked write a batch. Never: many blocks kept alive by one slow reader.
 */
import type { Socket } from 'node:net';

/** Collects the writers that one block has touched, and knows whether anybody still reads the block. */
export class WriteBatch {
  readonly #touched: SocketWriter[] = [];
  #block: ArrayBufferLike | undefined;
  /** Views of the block that were given out and that no writer has taken. */
  #owed = 0;

  add(writer: SocketWriter): void {
    this.#touched.push(writer);
  }

  /** Counts a view of a block that somebody was given. */
  gave(view: Buffer): void {
    this.#block = view.buffer;
    this.#owed++;
  }

  /** Counts a view as written, or copied, by its writer. */
  took(view: Buffer): void {
    if (view.buffer === this.#block) this.#owed--;
  }

  /** Sends what all writers were given. @returns whether nobody reads the block any more: all of it is with the system */
  settle(): boolean {
    const touched = this.#touched;
    let isFree = this.#owed === 0;
    for (const writer of touched) if (!writer.settle()) isFree = false;
    touched.length = 0;
    this.#block = undefined;
    this.#owed = 0;
    return isFree;
  }
}

/** Writes to one socket: corked while a block is applied, uncorked by `settle`. */
export class SocketWriter {
  readonly #socket: Socket;
  readonly #batch: WriteBatch;
  readonly #mark: number;
  readonly #onFull: () => void;
  #isCorked = false;
  #mustCopy = false;

  /** @param mark unsent bytes from which on `onFull` is called, once a batch */
  constructor(socket: Socket, batch: WriteBatch, mark: number, onFull: () => void) {
    this.#socket = socket;
    this.#batch = batch;
    this.#mark = mark;
    this.#onFull = onFull;
  }

  write(view: Buffer): void {
    if (!this.#isCorked) {
      this.#isCorked = true;
      // A write that has to wait keeps its whole block alive: one block for a slow reader is bearable, further writes are copied.
      this.#mustCopy = this.#socket.writableLength > 0;
      this.#socket.cork();
      this.#batch.add(this);
    }
    this.#socket.write(this.#mustCopy ? Buffer.from(view) : view);
    this.#batch.took(view);
  }

  /** Sends what was written. @returns whether all of it, and all before it, has left */
  settle(): boolean {
    this.#isCorked = false;
    this.#socket.uncork();
    const unsent = this.#socket.writableLength;
    if (unsent > this.#mark) this.#onFull();
    return unsent === 0;
  }
}
