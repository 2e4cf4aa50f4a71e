/**
 * Inlet: what a client sends while its gate is shut. Reading goes on up to a mark, so that a FIN is noticed: it comes behind
 * the bytes before it, and who does not read these does not see it.
 * In: a socket's chunks and its FIN. Out: the chunks in their order while the gate is open, then the end.
 * Never: looks into a chunk; holds more than the mark and one chunk, or more than all connections together may.
 */
import type { Socket } from 'node:net';
import { Gate } from './gate.ts';
import type { Sweep } from './sweep.ts';

/** Bytes read ahead at which reading stops. */
const MARK = 16 * 1024;

/** Whom an inlet tells. */
export interface InletOwner {
  take(chunk: Buffer): void;
  /** The gate is open: what was kept back of a chunk goes on. */
  goesOn(): void;
  /** The FIN, once everything before it was taken. */
  inputEnded(): void;
}

export class Inlet {
  readonly gate: Gate;
  readonly #socket: Socket;
  readonly #sweep: Sweep;
  readonly #owner: InletOwner;
  #waiting: Buffer[] = [];
  #held = 0;
  #hasEnded = false;
  #isDone = false;

  constructor(socket: Socket, sweep: Sweep, owner: InletOwner) {
    this.#socket = socket;
    this.#sweep = sweep;
    this.#owner = owner;
    this.gate = new Gate(
      () => this.#shut(),
      () => this.#opened(),
    );
    socket.on('data', (chunk: Buffer) => this.#came(chunk));
    socket.on('end', () => this.#ended());
  }

  #came(chunk: Buffer): void {
    if (this.#isDone || this.gate.isOpen) return this.#owner.take(chunk);
    this.#waiting.push(chunk);
    this.#holds(chunk.length);
    if (this.#held >= MARK || !this.#sweep.mayReadAhead) this.#socket.pause();
  }

  #shut(): void {
    this.#sweep.ends.add(this.#socket);
    if (!this.#sweep.mayReadAhead) this.#socket.pause();
  }

  #opened(): void {
    this.#owner.goesOn();
    while (this.gate.isOpen && this.#waiting.length > 0) {
      const chunk = this.#waiting.shift()!;
      this.#holds(-chunk.length);
      this.#owner.take(chunk);
    }
    if (!this.gate.isOpen) return;
    if (this.#hasEnded) return this.#owner.inputEnded();
    this.#sweep.ends.delete(this.#socket);
    this.#socket.resume();
  }

  #ended(): void {
    this.#hasEnded = true;
    this.#sweep.ends.add(this.#socket);
    if (this.gate.isOpen) this.#owner.inputEnded();
  }

  #holds(by: number): void {
    this.#held += by;
    this.#sweep.readAhead(by);
  }

  /** Nothing is wanted any more: what waits is dropped, and what still comes is handed on to be dropped. */
  discard(): void {
    this.#isDone = true;
    this.#waiting = [];
    this.#holds(-this.#held);
  }

  /** The connection is gone. */
  close(): void {
    this.discard();
    this.#sweep.ends.delete(this.#socket);
  }
}
