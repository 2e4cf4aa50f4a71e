/**
 * WaitingDials: requests for connections that wait, by address, and whose turn is next.
 * In: requests, how busy each address is. Out: the first request of the least busy address. Never: at one address a request before
 * an earlier one of its kind.
 */

/** What a line is chosen by: a request that makes a key may have to wait where another may go. */
export interface WaitingDial {
  readonly address: string;
  readonly makesKey: boolean;
}

/** Requests for connections in lines by address and kind, each line first in, first out. */
export class WaitingDials<DialRequest extends WaitingDial = WaitingDial> {
  /** Lines by address and kind; an empty line is deleted. */
  readonly #lines = new Map<string, Set<DialRequest>>();
  size = 0;

  add(dial: DialRequest): void {
    const name = nameOf(dial);
    const line = this.#lines.get(name);
    if (line === undefined) this.#lines.set(name, new Set([dial]));
    else line.add(dial);
    this.size++;
  }

  /** Takes a request out. @returns false if it does not wait here */
  delete(dial: DialRequest): boolean {
    const name = nameOf(dial);
    const line = this.#lines.get(name);
    if (line === undefined || !line.delete(dial)) return false;
    if (line.size === 0) this.#lines.delete(name);
    this.size--;
    return true;
  }

  /**
   * The first request where least is under way; of addresses that are equally busy, the one that has waited for longest.
   * @param loadOf how busy its address is, undefined if it has to wait
   */
  lightest(loadOf: (dial: DialRequest) => number | undefined): DialRequest | undefined {
    let best: DialRequest | undefined;
    let least = Infinity;
    for (const line of this.#lines.values()) {
      const [first] = line;
      const load = loadOf(first!);
      if (load === undefined || load >= least) continue;
      best = first;
      least = load;
    }
    return best;
  }

  clear(): void {
    this.#lines.clear();
    this.size = 0;
  }
}

function nameOf({ address, makesKey }: WaitingDial): string {
  return makesKey ? `${address} key` : address;
}
