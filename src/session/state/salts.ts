/**
 * Salts: which server salt counts now, and when to ask for more (protocol: Salts).
 * In: salts with their times (server seconds). Out: the salt of the moment as halves. Never: a clock, a message.
 */

/** Salts asked for at once: about eight hours of half an hour each. */
export const SALTS_ASKED = 16;
/** How long a salt whose end the server has not said is taken to hold, seconds; TDLib's number. */
const UNKNOWN_LIFE = 600;
/** More salts are asked for when none is known to hold for so much longer, seconds; at most once in so long, ms. */
const ASK_BEFORE = 60;
const ASK_EVERY_MS = 60_000;

/** The server salt in force and the later ones known; times are server seconds, `now` is Unix ms. */
export class Salts {
  low = 0;
  high = 0;
  /** Server seconds; the current salt is sure until then. */
  until = 0;
  /** since, until, low, high of each known later salt, in order. */
  future: number[] = [];
  /** Rises with each entry of `future_salts`: `snapshot.ts` and `stored/record.ts` compare it to see whether `future` is to be saved. */
  changes = 0;
  #askedAt = -Infinity;

  /** Takes a salt for now: from the handshake, `bad_server_salt`, `new_session_created`, a stored session. */
  set(low: number, high: number, serverSeconds: number): void {
    this.low = low;
    this.high = high;
    this.until = serverSeconds + UNKNOWN_LIFE;
    this.future = [];
  }

  /** Takes one entry of `future_salts`. */
  add(since: number, until: number, low: number, high: number): void {
    this.future.push(since, until, low, high);
    this.changes++;
  }

  /** `future_salts` begins: what was known is replaced. */
  clearFuture(): void {
    this.future = [];
  }

  /** Moves on to the salt that is valid at the time given. */
  advance(serverSeconds: number): void {
    while (this.future.length > 0 && this.future[0]! <= serverSeconds) {
      this.until = this.future[1]!;
      this.low = this.future[2]!;
      this.high = this.future[3]!;
      this.future.splice(0, 4);
    }
  }

  /** Whether `get_future_salts` should go out now: nothing sure for the next minute, and not asked within one. */
  shouldAsk(serverSeconds: number, now: number): boolean {
    if (now - this.#askedAt < ASK_EVERY_MS) return false;
    const sure = this.future.length > 0 ? this.future[this.future.length - 3]! : this.until;
    return sure - serverSeconds < ASK_BEFORE;
  }

  /** `get_future_salts` was sent. */
  noteAsked(now: number): void {
    this.#askedAt = now;
  }
}
