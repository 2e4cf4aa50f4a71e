/**
 * Dialler: when a connection to a data centre may be begun (threats: The network): so many a second, so many under way to one
 * address, so many key exchanges at once. The address with the least under way goes first, at one address whoever asked first.
 * In: requests, what becomes of their connections. Out: `start` of a request, at once or later. Never: two connections for one
 * request, or a socket.
 */
import type { MainEnv, Timer } from '../env.ts';
import { Exchanges } from './exchanges.ts';
import type { Limits } from '../limits/limits.ts';
import { WaitingDials } from './waiting-dials.ts';

/** A connection that somebody wants. */
export interface DialRequest {
  /** `host port`: limits of an address go by it. */
  readonly address: string;
  /** A key will be made on it. */
  readonly makesKey: boolean;
  /** A client's request waits for the connection: others let it pass, but for every eighth. */
  readonly isUrgent: boolean;
  /** Begins the connection; called once. */
  start(): void;
}

/** Called when somebody else has reached the address that a request failed at. */
export type Waiter = () => void;

/** How often to look whether key exchanges have ended of which nobody reported the end, while requests wait, ms. */
const LOOK_EVERY = 1_000;
const IDLE_EVERY = 8;

/** Connections that may begin at once: a twentieth of a second's; the rest go evenly, so that a server that counts late counts no more. */
function burstOf({ dialsPerSecond }: Limits): number {
  return Math.max(1, dialsPerSecond / 20);
}

function rateOf({ dialsPerSecond }: Limits): number {
  return Math.max(1, dialsPerSecond * 0.9);
}

interface Address {
  /** Attempts that have not connected yet. */
  underWay: number;
  /** Who failed at this address, and wants to hear when somebody reaches it. */
  readonly failed: Map<object, Waiter>;
}

/** One for the process: the requests for connections that wait, and what holds them up. */
export class Dialler {
  readonly #limits: Limits;
  readonly #env: MainEnv;
  /** Connections that may be begun at once; time brings more, up to `burstOf`. */
  #tokens: number;
  #countedAt = 0;
  readonly #urgent = new WaitingDials<DialRequest>();
  readonly #idle = new WaitingDials<DialRequest>();
  #turns = 0;
  readonly #addresses = new Map<string, Address>();
  readonly #exchanges: Exchanges;
  #timer: Timer | undefined;

  constructor(limits: Limits, env: MainEnv) {
    this.#limits = limits;
    this.#env = env;
    this.#tokens = burstOf(limits);
    this.#exchanges = new Exchanges(limits.handshakesAtOnce);
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#urgent.size + this.#idle.size;
  }

  ask(dial: DialRequest): void {
    (dial.isUrgent ? this.#urgent : this.#idle).add(dial);
    this.#go();
  }

  /** The request is taken back before it was begun. @returns false if it had been */
  cancel(dial: DialRequest): boolean {
    return this.#urgent.delete(dial) || this.#idle.delete(dial);
  }

  /** The connection stands: whoever failed at its address may try again. */
  connected(dial: DialRequest): void {
    const { failed } = this.#ended(dial.address);
    const waiters = [...failed.values()];
    failed.clear();
    for (const waiter of waiters) waiter();
    this.#tidy(dial.address);
    this.#go();
  }

  /** The connection could not be made. `waiter` is told, once, when somebody else reaches the address. */
  failed(dial: DialRequest, who: object, waiter: Waiter): void {
    this.#ended(dial.address).failed.set(who, waiter);
    this.closed(dial);
  }

  /** Whoever wanted the connection has given the attempt up. */
  abandoned(dial: DialRequest): void {
    this.#ended(dial.address);
    this.#tidy(dial.address);
    this.closed(dial);
  }

  /** The key of an exchange is made: another exchange may begin. */
  keyMade(dial: DialRequest): void {
    this.#exchanges.made(dial);
    this.#go();
  }

  /** The connection is gone. */
  closed(dial: DialRequest): void {
    this.#exchanges.ended(dial, this.#env.now());
    this.#go();
  }

  /** Drops what `who` waits for. */
  forget(who: object): void {
    for (const [name, address] of this.#addresses) {
      address.failed.delete(who);
      this.#tidy(name);
    }
  }

  stop(): void {
    this.#env.clearTimer(this.#timer);
    this.#urgent.clear();
    this.#idle.clear();
  }

  #ended(name: string): Address {
    const address = this.#address(name);
    address.underWay = Math.max(0, address.underWay - 1);
    return address;
  }

  #tidy(name: string): void {
    const address = this.#address(name);
    if (address.underWay === 0 && address.failed.size === 0) this.#addresses.delete(name);
  }

  #address(name: string): Address {
    let address = this.#addresses.get(name);
    if (address === undefined) {
      address = { underWay: 0, failed: new Map() };
      this.#addresses.set(name, address);
    }
    return address;
  }

  /** Begins what may begin, and comes back when more may. */
  #go(): void {
    this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
    const at = this.#env.now();
    while (this.waiting > 0) {
      if (!this.#mayBegin(at)) return this.#later(1_000 / rateOf(this.#limits));
      const dial = this.#pick(at);
      if (dial === undefined) return this.#later(LOOK_EVERY);
      this.#begin(dial, at);
    }
  }

  #later(ms: number): void {
    this.#timer ??= this.#env.setTimer(() => this.#go(), Math.ceil(ms));
  }

  #mayBegin(at: number): boolean {
    const back = ((at - this.#countedAt) * rateOf(this.#limits)) / 1_000;
    this.#tokens = Math.min(burstOf(this.#limits), this.#tokens + back);
    this.#countedAt = at;
    return this.#tokens >= 1;
  }

  #begin(dial: DialRequest, at: number): void {
    this.cancel(dial);
    this.#tokens--;
    this.#address(dial.address).underWay++;
    if (dial.makesKey) this.#exchanges.begin(dial, at);
    dial.start();
  }

  /** The next request that may go: of the urgent ones, every eighth time of the others. */
  #pick(at: number): DialRequest | undefined {
    const isIdleTurn = ++this.#turns % IDLE_EVERY === 0;
    const [first, second] = isIdleTurn ? [this.#idle, this.#urgent] : [this.#urgent, this.#idle];
    const load = (one: DialRequest): number | undefined => this.#loadOf(one, at);
    return first.lightest(load) ?? second.lightest(load);
  }

  /** How busy the address of a request is with such as it; undefined if the request has to wait. */
  #loadOf({ address, makesKey }: DialRequest, at: number): number | undefined {
    const underWay = this.#addresses.get(address)?.underWay ?? 0;
    if (underWay >= this.#limits.dialsPerAddress) return undefined;
    if (!makesKey) return underWay;
    return this.#exchanges.mayBegin(address, at) ? this.#exchanges.countOf(address) : undefined;
  }
}
