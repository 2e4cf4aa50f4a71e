/**
 * Connections: all that the gateway has taken in, and how they end when it stops.
 * In: connections, their ends, how long open requests may take. Out: a promise that all have ended. Never: a connection that outlives
 * the drain.
 */
import type { MainEnv } from '../env.ts';
import type { Connection } from './gateway-services.ts';

/** How long sessions and sockets may take to close once everything is answered, ms. */
const CLOSING_TIME = 1_500;

/** One for the gateway, whatever the listeners. */
export class Connections {
  readonly #env: MainEnv;
  readonly #all = new Set<Connection>();
  #onEmpty: (() => void) | undefined;

  constructor(env: MainEnv) {
    this.#env = env;
  }

  get size(): number {
    return this.#all.size;
  }

  add(connection: Connection): void {
    this.#all.add(connection);
  }

  /** @returns false if it had ended before */
  delete(connection: Connection): boolean {
    if (!this.#all.delete(connection)) return false;
    if (this.#all.size === 0) this.#onEmpty?.();
    return true;
  }

  /**
   * Nothing more is read; what is open is answered within so many ms, or told that it is not; then all end.
   * @param late is called before anything is told so: what need not wait any longer is said
   */
  async drain(within: number, late: () => void): Promise<void> {
    const retryAfter = Math.max(1, Math.ceil(within / 1_000));
    for (const connection of this.#all) connection.stopping(retryAfter);
    await this.#empty(within);
    late();
    for (const connection of this.#all) connection.abandon(retryAfter);
    await this.#empty(CLOSING_TIME);
    for (const connection of this.#all) connection.destroy();
    await this.#empty(CLOSING_TIME);
  }

  /** Resolves when no connection is left, or after so many ms. */
  #empty(within: number): Promise<void> {
    if (this.#all.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#env.setTimer(resolve, within);
      this.#onEmpty = () => {
        this.#env.clearTimer(timer);
        resolve();
      };
    });
  }
}
