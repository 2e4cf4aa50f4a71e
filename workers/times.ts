/**
 * Times: how long the requests of a lane take.
 * In: requests as they are taken and answered, the time. Out: milliseconds. Never: a clock of its own; the time of a
 * request that was answered in a batch before.
 */

/** When open requests were taken, by session and ticket. An answer may be shown until its batch ends, and is timed so long. */
export class Times {
  readonly #taken = new Map<number, Map<number, number>>();
  /** Session and ticket of each answer of this batch, one behind the other. */
  readonly #answered: number[] = [];
  #now = 0;

  /** How many requests are timed. */
  get size(): number {
    let size = 0;
    for (const taken of this.#taken.values()) size += taken.size;
    return size;
  }

  /** A batch begins. @param now Unix ms */
  begin(now: number): void {
    this.#now = now;
  }

  taken(session: number, ticket: number): void {
    let taken = this.#taken.get(session);
    if (taken === undefined) this.#taken.set(session, (taken = new Map<number, number>()));
    taken.set(ticket, this.#now);
  }

  answered(session: number, ticket: number): void {
    this.#answered.push(session, ticket);
  }

  /** How long ago a request was taken, in tenths of ms; undefined of one that is not open. */
  msOf(session: number, ticket: number): number | undefined {
    const taken = this.#taken.get(session)?.get(ticket);
    return taken === undefined ? undefined : Math.round((this.#now - taken) * 10) / 10;
  }

  /** The session is gone. */
  forget(session: number): void {
    this.#taken.delete(session);
  }

  /** The batch is over: what was answered in it is nobody's any more. */
  end(): void {
    for (let at = 0; at < this.#answered.length; at += 2)
      this.#taken.get(this.#answered[at]!)?.delete(this.#answered[at + 1]!);
    this.#answered.length = 0;
  }
}
