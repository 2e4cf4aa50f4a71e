/**
 * Read ahead: how far a client's socket is read while its gate is shut. It is, up to a mark, so that a FIN is noticed: it
 * comes behind the bytes before it, and who does not read these does not see it.
 * In: that the gate is shut or open, how many bytes wait. Out: a socket that is paused, or goes on; one that is looked at.
 * Never: holds the bytes; more of them than the mark and one chunk, or than all connections together may have.
 */
import type { Socket } from 'node:net';
import type { Sweep } from './sweep.ts';

/** Bytes read ahead at which reading stops. */
const MARK = 16 * 1024;

export class ReadAhead {
  readonly #socket: Socket;
  readonly #sweep: Sweep;
  #bytes = 0;

  constructor(socket: Socket, sweep: Sweep) {
    this.#socket = socket;
    this.#sweep = sweep;
    socket.on('end', () => sweep.ends.add(socket));
  }

  /** The gate is shut. */
  begin(): void {
    this.#sweep.ends.add(this.#socket);
    if (!this.#sweep.mayReadAhead) this.#socket.pause();
  }

  /** So many bytes more wait, or fewer. */
  add(by: number): void {
    this.#bytes += by;
    this.#sweep.readAhead(by);
    if (by > 0 && (this.#bytes >= MARK || !this.#sweep.mayReadAhead)) this.#socket.pause();
  }

  /** The gate is open, and nothing waits. One whose input has ended is still looked at. */
  end(): void {
    if (!this.#socket.readableEnded) this.#sweep.ends.delete(this.#socket);
    this.#socket.resume();
  }

  /** No byte waits any more. */
  clear(): void {
    this.add(-this.#bytes);
  }

  /** The connection is gone. */
  close(): void {
    this.clear();
    this.#sweep.ends.delete(this.#socket);
  }
}
