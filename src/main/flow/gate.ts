/**
 * Gate: why a socket is not read from just now (decisions: crossing).
 * In: reasons that come and go. Out: one call to stop reading, one to go on. Never: a queue; the peer's TCP window is it.
 */

/** The reasons, as bits. A client's socket and a DC's socket each have a gate of their own. */
export const Why = {
  /** Much of the session waits for its turn on its lane. */
  LANE: 1,
  /** As many requests are open as one connection may have. */
  REQUESTS: 2,
  /** The client leaves its answers unread. */
  UNREAD: 4,
  /** A DC connection of the session does not take what is written to it. */
  LINK: 8,
  /** The gateway is stopping, or this connection is. */
  CLOSING: 16,
} as const;

/** Open while it has no reason to be shut; `stop` and `go` are called when that changes. */
export class Gate {
  #why = 0;
  /** By reason, how many hold the gate shut for it. */
  readonly #holders = new Map<number, number>();
  readonly #stop: () => void;
  readonly #go: () => void;

  constructor(stop: () => void, go: () => void) {
    this.#stop = stop;
    this.#go = go;
  }

  get isOpen(): boolean {
    return this.#why === 0;
  }

  shut(why: number): void {
    const was = this.#why;
    this.#why = was | why;
    if (was === 0) this.#stop();
  }

  open(why: number): void {
    const was = this.#why;
    this.#why = was & ~why;
    if (was !== 0 && this.#why === 0) this.#go();
  }

  /** Shuts it for one of several that may have the same reason: each session that a client speaks in. `release` follows. */
  hold(why: number): void {
    this.#holders.set(why, (this.#holders.get(why) ?? 0) + 1);
    this.shut(why);
  }

  /** One of them has its reason no more; the last one opens it. */
  release(why: number): void {
    const left = (this.#holders.get(why) ?? 0) - 1;
    if (left > 0) return void this.#holders.set(why, left);
    this.#holders.delete(why);
    this.open(why);
  }
}
