/**
 * Read ahead: how far a client's socket is read while its gate is shut. It is, up to a mark, so that a FIN is noticed: it
 * comes behind the bytes before it, and who does not read these does not see it.
 * In: that the gate is shut or open, how many bytes wait. Out: a socket that is paused, or goes on; one that is looked at.
 * Never: holds the bytes; more of them than the mark and one chunk, or than all connections together may have.
 */
import type { Socket } from 'node:net';
import type { Reaper } from './reaper.ts';

/** Bytes read ahead at which reading stops. */
const MARK = 16 * 1024;

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

  /** So many bytes more wait, or fewer. */
  add(by: number): void {
    this.#bytes += by;
    this.#reaper.readAhead(by);
    if (by > 0 && (this.#bytes >= MARK || !this.#reaper.mayReadAhead)) this.#stop();
  }

  /** The gate is open, and nothing waits. One whose input has ended is still looked at. */
  end(): void {
    if (!this.#socket.readableEnded) this.#reaper.ends.delete(this.#socket);
    this.#isStopped = false;
    this.#socket.resume();
  }

  /** Nothing is wanted any more: whoever goes on with the socket drops what comes. */
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
