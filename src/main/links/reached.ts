/**
 * Reached: addresses of data centres that have answered, so that of several the one that does is tried first.
 * In: addresses (`host port`) that answered, or did not. Out: an order to try them in. Never: grows without end.
 */
import type { ServerAddress } from '../../batch/link-records.ts';

/** The most addresses remembered. */
const MOST = 1_000;

/** Remembers which addresses answered last; `MOST` of them, then it begins anew. */
export class Reached {
  readonly #addresses = new Set<string>();

  /** Addresses in the order they are tried: one that was reached goes before those that were not. */
  inTurn(targets: readonly ServerAddress[]): readonly ServerAddress[] {
    const at = targets.findIndex(({ host, port }) => this.#addresses.has(`${host} ${port}`));
    return at <= 0 ? targets : [targets[at]!, ...targets.slice(0, at), ...targets.slice(at + 1)];
  }

  /** An address (`host port`) has answered. */
  add(address: string): void {
    if (this.#addresses.has(address)) return;
    if (this.#addresses.size >= MOST) this.#addresses.clear();
    this.#addresses.add(address);
  }

  /** An address did not answer. */
  delete(address: string): void {
    this.#addresses.delete(address);
  }
}
