/**
 * WaitingDials: wishes for connections that wait, by address, and whose turn is next.
 * In: wishes, how busy each address is. Out: the first wish of the least busy address. Never: at one address a wish before
 * an earlier one of its kind.
 */

/** What is told apart: a wish that makes a key may have to wait where another may go. */
export interface WaitingDial {
  readonly address: string;
  readonly makesKey: boolean;
}

export class WaitingDials<Dial extends WaitingDial = WaitingDial> {
  /** By address and kind; never empty ones. */
  readonly #lines = new Map<string, Set<Dial>>();
  size = 0;

  add(dial: Dial): void {
    const name = nameOf(dial);
    const line = this.#lines.get(name);
    if (line === undefined) this.#lines.set(name, new Set([dial]));
    else line.add(dial);
    this.size++;
  }

  /** @returns false if it does not wait here */
  delete(dial: Dial): boolean {
    const name = nameOf(dial);
    const line = this.#lines.get(name);
    if (line === undefined || !line.delete(dial)) return false;
    if (line.size === 0) this.#lines.delete(name);
    this.size--;
    return true;
  }

  /**
   * The first wish where least is under way; of addresses that are equally busy, the one that has waited for longest.
   * @param loadOf how busy its address is, undefined if it has to wait
   */
  lightest(loadOf: (dial: Dial) => number | undefined): Dial | undefined {
    let best: Dial | undefined;
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
