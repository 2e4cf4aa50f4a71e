/**
 * ServerIds: makes msg_ids of the server (protocol: Message ids).
 * In: the time through `env`. Out: ids in halves, strictly increasing. Never: one id twice.
 */
import type { DcEnv } from '../env.ts';
import { random } from '../env.ts';

/** Low two bits of a server's msg_id: an answer to a client's message, or any other. */
export type ServerIdKind = 1 | 3;

/** Compares two msg_ids in halves, unsigned: below, equal to or above zero as a is to b. */
export function compareIds(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  return aHigh === bHigh ? (aLow >>> 0) - (bLow >>> 0) : (aHigh >>> 0) - (bHigh >>> 0);
}

/** One row of msg_ids: a session's, or a connection's for unencrypted messages. */
export class ServerIds {
  readonly #env: DcEnv;
  /** Random low bits, a millisecond's worth: ids of two sessions, or of one forgotten and begun again, differ by them. */
  readonly #blur: number;
  /** The msg_id that `next` made last. */
  low = 0;
  high = 0;

  constructor(env: DcEnv) {
    this.#env = env;
    this.#blur = random(env, 4).readInt32LE() & 0x3f_fff8;
  }

  /** Makes the next id: Unix seconds and their fraction, above the last id, with the low bits of its kind. */
  next(kind: ServerIdKind): void {
    const seconds = this.#env.now() / 1000;
    let high = Math.floor(seconds) | 0;
    let low = (Math.floor((seconds - high) * 0x1_0000_0000) & ~3) | kind;
    low ^= this.#blur;
    if (compareIds(low, high, this.low, this.high) <= 0) {
      high = this.high;
      low = ((this.low & ~3) + 4) | kind;
      if ((low & ~3) === 0) high++;
    }
    this.low = low;
    this.high = high;
  }
}
