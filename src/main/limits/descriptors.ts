/**
 * Descriptors: how many sockets this process may still open (threats: The process).
 * In: sockets that come and go. Out: yes or no, before the system says EMFILE. Never: uses the reserve.
 *
 * At EMFILE Node accepts and drops connections without a byte (measured), so the limit has to be met before it.
 */
import { readFileSync } from 'node:fs';

export class Descriptors {
  #used = 0;
  readonly #most: number;

  constructor(limit: number, reserve: number) {
    this.#most = limit - reserve;
  }

  /** Takes one if `spare` more would still be left after it. */
  take(spare = 0): boolean {
    if (this.#used + 1 + spare > this.#most) return false;
    this.#used++;
    return true;
  }

  give(): void {
    this.#used--;
  }
}

/** The process's own limit; where it cannot be read, a number that every system of today allows. */
export function descriptorLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1');
    const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return soft === undefined ? 1024 : Number(soft);
  } catch {
    return 1024;
  }
}
