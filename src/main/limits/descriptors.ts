/**
 * Descriptors: how many sockets this process may still open (threats: The process).
 * In: sockets that come and go. Out: yes or no, before the system says EMFILE. Never: uses the reserve.
 *
 * At EMFILE Node accepts and drops connections without a byte (measured), so the limit has to be met before it.
 */
import { readFileSync } from 'node:fs';

/** Counts the descriptors of client and data-centre connections against the process's limit less a reserve. */
export class Descriptors {
  #used = 0;
  readonly #most: number;

  constructor(limit: number, reserve: number) {
    this.#most = limit - reserve;
  }

  /** Takes a descriptor if `spare` more would still be left. @returns false if not */
  take(spare = 0): boolean {
    if (this.#used + 1 + spare > this.#most) return false;
    this.#used++;
    return true;
  }

  give(): void {
    this.#used--;
  }
}

/** The most descriptors that the system lets this process have; 1024, which every system allows, where that cannot be read. */
export function descriptorLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1');
    const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return soft === undefined ? 1024 : Number(soft);
  } catch {
    return 1024;
  }
}
