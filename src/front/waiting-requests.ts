/**
 * Waiting requests: those of one HTTP connection that came while its gate was shut, and how far it is read meanwhile.
 * In: requests, pieces of bodies; that the gate is shut or open. Out: the requests, in order, while the gate is open; a socket that is
 * paused. Never: more of them than may be read ahead (`read-ahead.ts`).
 */
import type { Socket } from 'node:net';
import type { Gate } from '../main/flow/gate.ts';
import { ReadAhead } from '../main/clients/read-ahead.ts';
import type { Reaper } from '../main/clients/reaper.ts';
import type { Exchange } from './http-exchange.ts';

/** What a request that waits counts beside its body, bytes. */
const REQUEST_BYTES = 1024;

/** One for each connection. */
export class WaitingRequests {
  readonly #ahead: ReadAhead;
  readonly #waiting: Exchange[] = [];
  /** What the requests that wait count towards what is read ahead. */
  #bytes = 0;

  constructor(socket: Socket, reaper: Reaper) {
    this.#ahead = new ReadAhead(socket, reaper);
  }

  /** The gate is shut. */
  begin(): void {
    this.#ahead.begin();
  }

  /** A request has begun while the gate was shut. */
  began(): void {
    this.#ahead.add(REQUEST_BYTES);
  }

  /** Bytes of a body have come while the gate was shut. */
  came(bytes: number): void {
    this.#ahead.add(bytes);
  }

  /** A request that is whole waits for the gate. */
  add(exchange: Exchange): void {
    this.#waiting.push(exchange);
    this.#bytes += REQUEST_BYTES + exchange.length;
  }

  /** The gate is open: hands out what waits until it is shut again. */
  goOn(gate: Gate, ask: (exchange: Exchange) => void): void {
    while (gate.isOpen && this.#waiting.length > 0) {
      const exchange = this.#waiting.shift()!;
      this.#bytes -= REQUEST_BYTES + exchange.length;
      ask(exchange);
    }
    // Those that wait for another opening count on: else each opening would let as many more be read.
    this.#ahead.clear();
    this.#ahead.add(this.#bytes);
    if (gate.isOpen) this.#ahead.end();
  }

  /** All that wait; they wait no longer. */
  takeAll(): Exchange[] {
    this.#bytes = 0;
    return this.#waiting.splice(0);
  }

  /** The connection is gone. */
  close(): void {
    this.#ahead.close();
    this.#waiting.length = 0;
  }
}
