/**
 * Touched: whether a fault was at work on a client while a request of it was open.
 * In: the lives of the DC's connections, the faults, whose each was; the accounts that clients have learned.
 * Out: the fault that a request met, or none; the share of time in which any would have been missed.
 * Never: the benefit of the doubt for somebody whose connection stood untouched.
 *
 * A fault touches the user behind its connection: a cut, slow or silent path, a new session's clock and the like as long
 * as that lasts, others for their moment. One on a connection that never showed a key touches whoever had no other at
 * that moment: only they can have opened it. A request that was open then has met it.
 */

/** A fault is felt for so long after its end, by requests that were asked meanwhile. */
export const AFTERMATH_MS = 1_000;
/** A request on a connection that stands is answered in this time, or something has befallen it. */
export const DUE_MS = 3_000;
/** A client opens anew at once; the DC may hear of the new connection before the end of the old one, by so much at most. */
export const SLACK_MS = 1_000;

/** Times are Unix milliseconds; what has not ended lasts until the book was closed. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** A connection of the DC, from its first byte on. */
export interface Life extends Span {
  readonly user: string;
}

export interface FaultSpan extends Span {
  readonly name: string;
  /** Undefined if its connection never showed a key. */
  readonly user: string | undefined;
}

/** What the DC's book says. */
export interface Seen {
  readonly lives: readonly Life[];
  readonly faults: readonly FaultSpan[];
}

/** A request, or a time, of one client. */
export interface Stay extends Span {
  /** Undefined if the client never learned its account. */
  readonly user: string | undefined;
}

export class Touched {
  readonly #lives = new Map<string, Life[]>();
  readonly #byUser = new Map<string, FaultSpan[]>();
  /** Of users that no client knows itself to be. */
  readonly #strangers: FaultSpan[] = [];
  /** On connections without a key. */
  readonly #keyless: FaultSpan[] = [];

  /** @param learned the accounts that clients know themselves to be, or to have been */
  constructor({ lives, faults }: Seen, learned: ReadonlySet<string>) {
    for (const life of lives) gather(this.#lives, life.user, life);
    for (const fault of faults) {
      if (fault.user === undefined) this.#keyless.push(fault);
      else {
        gather(this.#byUser, fault.user, fault);
        if (!learned.has(fault.user)) this.#strangers.push(fault);
      }
    }
  }

  /** A fault that was at work on the client meanwhile; undefined if none was. */
  by(stay: Stay): FaultSpan | undefined {
    return this.#met(stay, stay.until);
  }

  /** As `by`, but not a fault that began when the answer was long due: that one is no reason for its absence. */
  inTimeBy(stay: Stay): FaultSpan | undefined {
    return this.#met(stay, Math.min(stay.until, this.#connectedAt(stay) + DUE_MS));
  }

  /** When the request could go: at once, or when the client had a connection next. */
  #connectedAt({ user, from, until }: Stay): number {
    let at = until;
    for (const life of this.#lives.get(user ?? '') ?? []) if (life.until >= from) at = Math.min(at, life.from);
    return Math.max(at, from);
  }

  /** A fault begun before `latest`. */
  #met(stay: Stay, latest: number): FaultSpan | undefined {
    const meets = (fault: FaultSpan): boolean => fault.from <= latest && stay.from <= end(fault);
    return this.#own(stay.user).find(meets) ?? this.#keyless.find((one) => meets(one) && this.#mayBe(one, stay.user));
  }

  /** The last faults begun before the end of `stay` that were the client's, or nobody's: for a reader to judge. */
  near(stay: Stay, most: number): FaultSpan[] {
    return [...this.#own(stay.user), ...this.#keyless]
      .filter((fault) => fault.from <= stay.until)
      .toSorted((a, b) => a.from - b.from)
      .slice(-most);
  }

  /** The user's connections at any time of `stay`. */
  livesIn(stay: Stay): Life[] {
    return (this.#lives.get(stay.user ?? '') ?? []).filter(
      ({ from, until }) => from <= stay.until && stay.from <= until,
    );
  }

  /** Of these times, the share in which no fault was at work: of an outcome there the measure can tell something. */
  freeShare(stays: readonly Stay[]): number {
    let all = 0;
    let free = 0;
    for (const stay of stays) {
      all += stay.until - stay.from;
      free += this.#freeOf(stay);
    }
    return all === 0 ? 1 : free / all;
  }

  #freeOf(stay: Stay): number {
    const keyless = this.#keyless.filter((fault) => this.#mayBe(fault, stay.user));
    let free = 0;
    let at = stay.from;
    for (const fault of [...this.#own(stay.user), ...keyless].toSorted((a, b) => a.from - b.from)) {
      if (fault.from > stay.until) break;
      free += Math.max(0, fault.from - at);
      at = Math.max(at, end(fault));
    }
    return free + Math.max(0, stay.until - at);
  }

  #own(user: string | undefined): readonly FaultSpan[] {
    return user === undefined ? this.#strangers : (this.#byUser.get(user) ?? []);
  }

  /** Whether the connection may have been this user's: they had no other that stood. */
  #mayBe({ from }: FaultSpan, user: string | undefined): boolean {
    if (user === undefined) return true;
    const stands = (life: Life): boolean => life.from <= from && life.until >= from + SLACK_MS;
    return !(this.#lives.get(user) ?? []).some(stands);
  }
}

function end({ until }: FaultSpan): number {
  return until + AFTERMATH_MS;
}

function gather<T>(lists: Map<string, T[]>, name: string, one: T): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [one]);
  else list.push(one);
}
