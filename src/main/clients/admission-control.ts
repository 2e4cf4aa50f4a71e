/**
 * Admission control: whether one more connection, request or wrong token is taken (threats: Bytes and lines; The process).
 * In: how many connections there are, addresses of peers, tokens they show; what the process holds. Out: yes or no, or the error.
 * Never: a socket.
 */
import { isLoopback } from '../../address/address.ts';
import type { Bearer, Tokens } from './tokens.ts';
import { Count, type Metrics } from '../../telemetry/metrics.ts';
import type { MainEnv, Timer } from '../env.ts';
import type { Descriptors } from '../limits/descriptors.ts';
import type { Limits } from '../limits/limits.ts';
import { MemoryPressure, MemoryStep } from '../limits/memory.ts';
import { AddressRates } from './address-rates.ts';
import type { NoticeFields } from '../front.ts';

/** Why a token is not taken. */
export interface TokenRefusal {
  readonly refused: 'AuthFailed' | 'RateLimited';
  readonly fields: NoticeFields;
}

/** What admission control stands on. */
export interface AdmissionControlOptions {
  readonly env: MainEnv;
  readonly limits: Limits;
  readonly descriptors: Descriptors;
  readonly metrics: Metrics;
  readonly tokens: Tokens;
}

/** One for all listeners of the gateway. */
export class AdmissionControl {
  readonly #options: AdmissionControlOptions;
  readonly #accepts: AddressRates;
  readonly #failures: AddressRates;
  readonly #memory: MemoryPressure;
  #timer: Timer | undefined;

  constructor(options: AdmissionControlOptions) {
    const { limits } = options;
    this.#options = options;
    this.#accepts = new AddressRates(limits.acceptsPerSecond, 1_000);
    this.#failures = new AddressRates(limits.tokenFailures, 60_000);
    this.#memory = new MemoryPressure(limits.memory);
  }

  /** Looks at the process's memory from now on. @param cut called at each look at which a client has to be cut off */
  start(cut: () => void): void {
    const { env, limits } = this.#options;
    this.#timer = env.setRepeated(() => {
      this.#memory.look();
      if (this.#memory.hasReached(MemoryStep.CUT)) cut();
    }, limits.memoryEvery);
  }

  stop(): void {
    this.#options.env.clearTimer(this.#timer);
  }

  /** Takes a descriptor for one more connection. @param connections those there are @returns false if there is no place */
  takePlace(connections: number): boolean {
    const { limits, descriptors, metrics } = this.#options;
    const isClosed = this.#memory.hasReached(MemoryStep.CLOSED) || connections >= limits.maxConnections;
    // One descriptor for the client, one to spare for its data centre.
    if (!isClosed && descriptors.take(1)) return true;
    metrics.counts[Count.REFUSED]!++;
    return false;
  }

  /** Whether connections from there are too many in this second. The machine's own users are trusted with it. */
  isRushed(address: string): boolean {
    const { limits, env } = this.#options;
    if (!limits.limitsLoopback && isLoopback(address)) return false;
    return !this.#accepts.take(address, env.now());
  }

  /**
   * Who shows a token, or why it is not taken. A right one always goes in: somebody else's wrong ones may come from the same address.
   * After too many wrong ones each costs a connection, and those are counted by address.
   */
  judgeToken(token: string, address: string): Bearer | TokenRefusal {
    const { tokens, env, limits } = this.#options;
    const bearer = tokens.judge(token);
    if (bearer !== undefined) return bearer;
    if (this.#failures.take(address, env.now())) return { refused: 'AuthFailed', fields: {} };
    const fields = { limit: limits.tokenFailures, retry_after: 60, msg: 'too many wrong tokens from there' };
    return { refused: 'RateLimited', fields };
  }

  /** Under memory pressure new requests are refused. */
  get isOverloaded(): boolean {
    return this.#memory.hasReached(MemoryStep.REFUSE);
  }
}
