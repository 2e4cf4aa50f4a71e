/**
 * Exchanges: which key exchanges with data centres are under way, and whether another may begin.
 * In: connections on which a key will be made, what becomes of them, the time in ms. Out: yes or no.
 * Never: more than its share for one address; most of the places for addresses that have not shown that they make keys.
 *
 * An exchange takes a data centre a few round trips and a lane milliseconds, so only so many run at once. A server that
 * takes connections and never answers would hold all places, each for as long as an exchange may take: an address from
 * which no key has come yet gets an eighth of them, all such addresses together a quarter, and any other three quarters.
 */

/** The longest that a key exchange takes, ms (protocol: Key exchange); one whose end nobody reported has ended by then. */
const EXCHANGE_TIME = 10_000;
/** An address that made no key in this time, ms, before the connection ended is mute; one that ended earlier may have been left by its client. */
const MUTE_AFTER = 4_000;
/** Addresses remembered as making keys. */
const MOST_PROVEN = 1_024;

/** The connection that an exchange runs on; exchanges are told apart by it. */
export interface ExchangeOn {
  /** `host port`. */
  readonly address: string;
}

/** Shares out the places for key exchanges among addresses. Times are Unix ms (`MainEnv.now`). */
export class Exchanges {
  readonly #most: number;
  /** When each exchange began, Unix ms, the oldest first. */
  readonly #since = new Map<ExchangeOn, number>();
  readonly #byAddress = new Map<string, number>();
  /** Addresses that made a key when one was last asked for. */
  readonly #proven = new Set<string>();
  /** Exchanges with addresses that are not proven. */
  #unproven = 0;

  /** @param most places in all */
  constructor(most: number) {
    this.#most = most;
  }

  /** Exchanges under way with an address. */
  countOf(address: string): number {
    return this.#byAddress.get(address) ?? 0;
  }

  mayBegin(address: string, at: number): boolean {
    this.#expire(at);
    if (this.#since.size >= this.#most) return false;
    const count = this.countOf(address);
    if (this.#proven.has(address)) return count < this.#part(3 / 4);
    return count < this.#part(1 / 8) && this.#unproven < this.#part(1 / 4);
  }

  #part(share: number): number {
    return Math.max(1, Math.floor(this.#most * share));
  }

  begin(dial: ExchangeOn, at: number): void {
    this.#since.set(dial, at);
    this.#count(dial.address, 1);
  }

  /** The exchange has made a key: its address makes keys. */
  made(dial: ExchangeOn): void {
    if (this.#remove(dial)) this.#prove(dial.address);
  }

  /** The connection of an exchange is gone. */
  ended(dial: ExchangeOn, at: number): void {
    const since = this.#since.get(dial);
    if (since === undefined) return;
    this.#remove(dial);
    const took = at - since;
    // An exchange past its time may have ended well, and nobody said so.
    if (took >= MUTE_AFTER && took < EXCHANGE_TIME) this.#doubt(dial.address);
  }

  /** Remembers an address that makes keys; forgets the one whose last key is oldest where there are too many. */
  #prove(address: string): void {
    this.#doubt(address);
    const [oldest] = this.#proven;
    if (this.#proven.size >= MOST_PROVEN) this.#doubt(oldest!);
    this.#move(address, () => this.#proven.add(address));
  }

  #doubt(address: string): void {
    this.#move(address, () => this.#proven.delete(address));
  }

  #expire(at: number): void {
    for (const [dial, since] of this.#since) {
      if (since + EXCHANGE_TIME > at) return;
      this.#remove(dial);
    }
  }

  #remove(dial: ExchangeOn): boolean {
    if (!this.#since.delete(dial)) return false;
    this.#count(dial.address, -1);
    return true;
  }

  #count(address: string, by: number): void {
    const count = this.countOf(address) + by;
    if (count === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, count);
    if (!this.#proven.has(address)) this.#unproven += by;
  }

  /** Counts what is under way with an address on the other side, proven or not, after `change`. */
  #move(address: string, change: () => void): void {
    const count = this.countOf(address);
    if (!this.#proven.has(address)) this.#unproven -= count;
    change();
    if (!this.#proven.has(address)) this.#unproven += count;
  }
}
