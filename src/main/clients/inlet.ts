/**
 * Inlet: what a client sends while its gate is shut, as far as it is read (`read-ahead.ts`).
 * In: a socket's chunks and its FIN. Out: the chunks in their order while the gate is open, then the end.
 * Never: looks into a chunk.
 */
import type { Socket } from 'node:net';
import { Gate } from '../flow/gate.ts';
import { ReadAhead } from './read-ahead.ts';
import type { Reaper } from './reaper.ts';

/** Whom an inlet tells. */
export interface InletOwner {
  take(chunk: Buffer): void;
  /** The gate is open: what was kept back of the last chunk is due. */
  goesOn(): void;
  /** The FIN, once everything before it was taken. */
  inputEnded(): void;
}

/** What one client sends, in order, and only while its gate is open. */
export class Inlet {
  readonly gate: Gate;
  readonly #ahead: ReadAhead;
  readonly #owner: InletOwner;
  #waiting: Buffer[] = [];
  #hasEnded = false;
  #isDone = false;

  constructor(socket: Socket, reaper: Reaper, owner: InletOwner) {
    this.#ahead = new ReadAhead(socket, reaper);
    this.#owner = owner;
    this.gate = new Gate(
      () => this.#ahead.begin(),
      () => this.#opened(),
    );
    socket.on('data', (chunk: Buffer) => this.#came(chunk));
    socket.on('end', () => this.#ended());
  }

  #came(chunk: Buffer): void {
    if (this.#isDone || this.gate.isOpen) return this.#owner.take(chunk);
    this.#waiting.push(chunk);
    this.#ahead.add(chunk.length);
  }

  #opened(): void {
    this.#owner.goesOn();
    while (this.gate.isOpen && this.#waiting.length > 0) {
      const chunk = this.#waiting.shift()!;
      this.#ahead.add(-chunk.length);
      this.#owner.take(chunk);
    }
    if (!this.gate.isOpen) return;
    if (this.#hasEnded) return this.#owner.inputEnded();
    this.#ahead.end();
  }

  #ended(): void {
    this.#hasEnded = true;
    if (this.gate.isOpen) this.#owner.inputEnded();
  }

  /** Drops what waits; what still comes is handed on, for the owner to drop. */
  discard(): void {
    this.#isDone = true;
    this.#waiting = [];
    this.#ahead.release();
  }

  /** The connection is gone. */
  close(): void {
    this.discard();
    this.#ahead.close();
  }
}
