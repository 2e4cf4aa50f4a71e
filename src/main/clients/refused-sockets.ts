/**
 * Refused sockets: connections that get one error line and the end.
 * In: a socket that is not taken in, and the error. Out: its line, in JSON or msgpack as the peer's first bytes ask. Never: more than
 * `MOST` of them at once: the next ones are dropped without a line.
 */
import type { Socket } from 'node:net';
import type { ErrorName } from '../../errors.ts';
import type { MainEnv } from '../env.ts';
import type { NoticeFields } from '../front.ts';

/** Refused connections that may wait for their line to leave. */
const MOST = 32;
/** How long a refused connection may take to take its line and end, ms. */
const LINGER = 1_000;
/** How long a refused connection may take to send the byte that tells whether to answer in JSON or msgpack, ms. */
const HEARS = 50;

/** Writes the line of an error. @param heard what the peer has said so far, if anything */
export type RefusalLine = (id: number, name: ErrorName, fields: NoticeFields, heard: Buffer | undefined) => Buffer;

/** One for the port for lines. */
export class RefusedSockets {
  readonly #env: MainEnv;
  readonly #line: RefusalLine;
  #count = 0;

  constructor(env: MainEnv, line: RefusalLine) {
    this.#env = env;
    this.#line = line;
  }

  /** Tells a peer why it is not taken in, and ends the connection. @param limit the limit that was met */
  refuse(socket: Socket, name: ErrorName, limit: number): void {
    socket.on('error', () => undefined);
    if (this.#count >= MOST) {
      socket.destroy();
      return;
    }
    this.#count++;
    // Who says nothing gets a line all the same.
    const answer = (heard?: Buffer): void => {
      if (socket.writable) socket.end(this.#line(-1, name, { limit, retry_after: 1, closing: true }, heard));
    };
    const unheard = this.#env.setTimer(answer, HEARS);
    const timer = this.#env.setTimer(() => socket.destroy(), LINGER);
    socket.on('close', () => {
      this.#count--;
      this.#env.clearTimer(unheard);
      this.#env.clearTimer(timer);
    });
    socket.once('data', answer);
    socket.resume();
  }
}
