/**
 * Read ahead: how far a client's socket is read while its gate is shut: up to a mark, so that a FIN is noticed, which comes behind the
 * bytes before it.
 * In: that the gate is shut or open, how many bytes wait. Out: a socket that is paused, or goes on; one that is looked at.
 * Never: holds the bytes; reads more than the mark and one chunk, or than all connections together may have.
 */
import type { Socket } from 'node:net';
import type { Reaper } from './reaper.ts';

/** Bytes read ahead at which reading stops. */
const MARK = 16 * 1024;

/** How far one connection is read while its gate is shut: `MARK` bytes and the chunk that passes it. */
export class ReadAhead {
  readonly #socket: Socket;
  readonly #reaper: Reaper;
  #bytes = 0;
  #isStopped = false;

  constructor(socket: Socket, reaper: Reaper) {
    this.#socket = socket;
    this.#reaper = reaper;
    socket.on('end', () => reaper.ends.add(socket));
    socket.on('resume', () => this.#goesOn());
  }

  /**
   * Node's HTTP goes on with the socket behind each request that it has read. It is told so later, by an event, and that
   * may come when the socket is paused once more: it begins to read all the same, and must hear of the pause again.
   */
  #goesOn(): void {
    if (!this.#isStopped) return;
    if (this.#socket.isPaused()) this.#socket.emit('pause');
    else this.#socket.pause();
  }

  /** The gate is shut. */
  begin(): void {
    this.#reaper.ends.add(this.#socket);
    if (!this.#reaper.mayReadAhead) this.#stop();
  }

  #stop(): void {
    this.#isStopped = true;
    this.#socket.pause();
  }

  /** Counts bytes that wait for the gate. @param by how many more; negative: fewer */
  add(by: number): void {
    this.#bytes += by;
    this.#reaper.readAhead(by);
    if (by > 0 && (this.#bytes >= MARK || !this.#reaper.mayReadAhead)) this.#stop();
  }

  /** The gate is open, and no byte waits. A socket whose input has ended is still looked at for a reset. */
  end(): void {
    if (!this.#socket.readableEnded) this.#reaper.ends.delete(this.#socket);
    this.#isStopped = false;
    this.#socket.resume();
  }

  /** Reading goes on for nobody: the owner drops what comes. */
  release(): void {
    this.#isStopped = false;
    this.clear();
  }

  /** No byte waits any more. */
  clear(): void {
    this.add(-this.#bytes);
  }

  /** The connection is gone. */
  close(): void {
    this.release();
    this.#reaper.ends.delete(this.#socket);
  }
}
