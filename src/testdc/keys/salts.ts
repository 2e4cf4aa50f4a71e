/**
 * Salts of one key (protocol: Salts): a new one every half hour, the one before honoured as long again.
 * In: the time. Out: which salt is in force, whether one is taken, the ones to come.
 * Never: a clock of its own.
 */
import type { DcEnv } from '../env.ts';
import { randomLong } from '../env.ts';

/** How long a salt is the current one, in milliseconds. It is honoured once as long after that. */
export const SALT_MS = 1_800_000;

export interface FutureSalt {
  /** Unix seconds. */
  readonly since: number;
  readonly until: number;
  readonly salt: bigint;
}

export class ServerSalts {
  readonly #env: DcEnv;
  /** Unix milliseconds at which salt 0 began; moved back by `rotate`. */
  #origin: number;
  /** By turn. A salt is drawn when it is first asked for. */
  readonly #drawn = new Map<number, bigint>();
  // The salt in force as halves, looked up for every message.
  #turn = -1;
  low = 0;
  high = 0;

  constructor(first: bigint, env: DcEnv) {
    this.#env = env;
    this.#origin = env.now();
    this.#drawn.set(0, first);
  }

  /** The salt in force. */
  get current(): bigint {
    return this.#salt(this.#now());
  }

  /** Whether a message may carry this salt now. */
  accepts(low: number, high: number): boolean {
    const turn = this.#now();
    if (low === this.low && high === this.high) return true;
    return turn > 0 && this.#salt(turn - 1) === ((BigInt(high) << 32n) | BigInt(low >>> 0));
  }

  /** The current salt and the next ones, `count` in all. */
  future(count: number): FutureSalt[] {
    const turn = this.#now();
    return Array.from({ length: count }, (_, i) => {
      const since = Math.floor((this.#origin + (turn + i) * SALT_MS) / 1000);
      return { since, until: since + (2 * SALT_MS) / 1000, salt: this.#salt(turn + i) };
    });
  }

  /** Goes `turns` further at once, as if half hours had passed: for tests. */
  rotate(turns = 1): void {
    this.#origin -= turns * SALT_MS;
  }

  #now(): number {
    const turn = Math.floor((this.#env.now() - this.#origin) / SALT_MS);
    if (turn !== this.#turn) {
      this.#turn = turn;
      const salt = this.#salt(turn);
      this.low = Number(BigInt.asIntN(32, salt));
      this.high = Number(BigInt.asIntN(32, salt >> 32n));
      for (const old of this.#drawn.keys()) if (old < turn - 1) this.#drawn.delete(old);
    }
    return turn;
  }

  #salt(turn: number): bigint {
    let salt = this.#drawn.get(turn);
    if (salt === undefined) this.#drawn.set(turn, (salt = randomLong(this.#env)));
    return salt;
  }
}
