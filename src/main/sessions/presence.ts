/**
 * Presence: how many clients speak in a session, and its end when nobody does.
 * In: clients that come and go; how long the session stays with nobody there. Out: its end. Never: who the clients are; a timer a call.
 */
import type { MainEnv, Timer } from '../env.ts';

/** The session whose clients are counted. */
export interface Peopled {
  readonly env: MainEnv;
  readonly isClosing: boolean;
  /** For how long it stays with nobody there, ms. */
  readonly linger: number;
  close(): void;
}

/** One session's. */
export class Presence {
  readonly #of: Peopled;
  #count = 0;
  /** When the last of them went, `MainEnv.ticks`. */
  #since = 0;
  #timer: Timer | undefined;
  /** What the timer was begun with, ms; Infinity: none runs. */
  #wait = Infinity;

  constructor(of: Peopled) {
    this.#of = of;
  }

  /** Nobody is there. */
  get isNone(): boolean {
    return this.#count === 0;
  }

  /** One is there. */
  came(): void {
    this.#count++;
  }

  /** One is there no longer. */
  went(): void {
    this.#count--;
    this.settle();
  }

  /** The time with nobody there begins anew. */
  settle(): void {
    this.#since = this.#of.env.ticks();
    this.endIfDue();
  }

  /** Ends the session, if its time is over, or will when it is. The timer of one call serves those that come until it is due. */
  endIfDue(): void {
    const of = this.#of;
    if (!this.isNone || of.isClosing) return;
    const wait = of.linger - ((of.env.ticks() - this.#since) | 0);
    if (wait <= 0) return of.close();
    if (wait === Infinity || wait >= this.#wait) return;
    this.stop();
    this.#wait = wait;
    this.#timer = of.env.setIdleTimer(() => {
      this.#wait = Infinity;
      this.endIfDue();
    }, wait);
  }

  /** Nothing comes of it any more, until somebody goes again. */
  stop(): void {
    this.#of.env.clearTimer(this.#timer);
    this.#wait = Infinity;
  }
}
