/**
 * ServerSalts: the salts of one key (protocol: Salts): a new one every half hour, the one before taken for as long again.
 * In: the time. Out: the salt in force, whether a message's salt is taken, the salts to come.
 * Never: a clock of its own.
 */
import type { DcEnv } from '../env.ts';
import { randomLong } from '../env.ts';

/** How long a salt is the current one, in milliseconds; it is taken for as long again after that. */
export const SALT_MS = 1_800_000;

/** `future_salt`: a salt and when it may be used. */
export interface FutureSalt {
  /** Server time, Unix seconds. */
  readonly since: number;
  /** Server time, Unix seconds. */
  readonly until: number;
  readonly salt: bigint;
}

/** One key's salts; salt 0 is the key exchange's. */
export class ServerSalts {
  readonly #env: DcEnv;
  /** Unix milliseconds at which salt 0 began; `rotate` moves it back. */
  #origin: number;
  /** Salts by number; a salt is drawn when it is first asked for. */
  readonly #drawn = new Map<number, bigint>();
  /** Number of the salt in `low` and `high`. */
  #turn = -1;
  /** The salt in force in halves, since every message is held against it. */
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

  /** Whether a message with this salt, in halves, is taken now. Brings `low` and `high` up to date. */
  accepts(low: number, high: number): boolean {
    const turn = this.#now();
    if (low === this.low && high === this.high) return true;
    return turn > 0 && this.#salt(turn - 1) === ((BigInt(high) << 32n) | BigInt(low >>> 0));
  }

  /** The salt in force and those after it, `count` in all. */
  future(count: number): FutureSalt[] {
    const turn = this.#now();
    return Array.from({ length: count }, (_, i) => {
      const since = Math.floor((this.#origin + (turn + i) * SALT_MS) / 1000);
      return { since, until: since + (2 * SALT_MS) / 1000, salt: this.#salt(turn + i) };
    });
  }

  /** Goes `turns` salts further at once, as if so many half hours had passed: for tests and faults. */
  rotate(turns = 1): void {
    this.#origin -= turns * SALT_MS;
  }

  /** Number of the salt in force; renews `low` and `high`, and forgets salts no longer taken. */
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
