/**
 * ServerIds: msg_ids as the server makes them (protocol: Message ids).
 * In: the time through `env`. Out: ids in halves, strictly increasing. Never: one id twice.
 */
import type { DcEnv } from '../env.ts';
import { random } from '../env.ts';

/** Low two bits of a server's msg_id: an answer to a client's message, or any other. */
export type ServerIdKind = 1 | 3;

/** Compares ids given in halves: below, equal or above zero. */
export function compareIds(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  return aHigh === bHigh ? (aLow >>> 0) - (bLow >>> 0) : (aHigh >>> 0) - (bHigh >>> 0);
}

export class ServerIds {
  readonly #env: DcEnv;
  /** A millisecond's worth of bits: two sessions, or one that was forgotten and begun again, have other ids. */
  readonly #blur: number;
  /** The id made last. */
  low = 0;
  high = 0;

  constructor(env: DcEnv) {
    this.#env = env;
    this.#blur = random(env, 4).readInt32LE() & 0x3f_fff8;
  }

  /** Seconds and their fraction, above the last id, with the low bits of its kind. */
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
