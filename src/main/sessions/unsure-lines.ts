/**
 * Unsure lines: lines of one client of which only the lane can tell which session they are for, and lines with `as` that came behind
 * them and go the same way, so that they do not pass them.
 * In: tickets, the ledger of the attachment that all these lines go to. Out: whether a line with `as` must go that way too; which of
 * those that do need not any longer. Never: a line, or its bytes.
 */
import type { Ledger } from './ledger.ts';

/** A line with `as` that went to the connection's own session, behind one that may be for the same session as it. */
export interface Follower {
  readonly ticket: number;
  readonly name: string;
}

/** Those of one client. Before its first line with `as` no more is noted than which one was the last: most clients never send one. */
export class UnsureLines {
  /** Tickets, oldest first. */
  #unsure: number[] = [];
  #followers: Follower[] = [];
  #isWatching = false;
  #last = 0;

  /** A line that may be for any session was put. */
  note(ticket: number, ledger: Ledger): void {
    this.#last = ticket;
    if (!this.#isWatching) return;
    dropSettled(this.#unsure, ledger, itself);
    this.#unsure.push(ticket);
  }

  /** It is known now where the line belongs, and so of all before it. */
  settled(ticket: number): void {
    if (this.#last === ticket) this.#last = 0;
    this.#unsure = this.#unsure.filter((one) => one !== ticket);
  }

  /** A line with `as` was put behind them. */
  follow(ticket: number, name: string, ledger: Ledger): void {
    dropSettled(this.#followers, ledger, (one) => one.ticket);
    this.#followers.push({ ticket, name });
  }

  /** Whether a line with `as` must go behind: the lane has one before it that may be for the same session. */
  areAhead(ledger: Ledger): boolean {
    if (this.#isWatching) dropSettled(this.#unsure, ledger, itself);
    else this.#watch(ledger);
    return this.#unsure.length > 0;
  }

  /** The first line with `as`: of those that are on their way any may be unsure, up to the last that is. */
  #watch(ledger: Ledger): void {
    this.#isWatching = true;
    for (const { number, isTaken } of ledger.all()) if (!isTaken && number <= this.#last) this.#unsure.push(number);
  }

  /** Takes out the lines with `as` that were put behind them, oldest first. */
  takeFollowers(): readonly Follower[] {
    if (this.#followers.length === 0) return NONE;
    const followers = this.#followers;
    this.#followers = [];
    return followers;
  }
}

const NONE: readonly Follower[] = [];

const itself = (ticket: number): number => ticket;

/** The lane takes the lines of an attachment in their order: behind one that is not settled none is. */
function dropSettled<One>(lines: One[], ledger: Ledger, ticketOf: (one: One) => number): void {
  let settled = 0;
  while (settled < lines.length && isSettled(ledger, ticketOf(lines[settled]!))) settled++;
  if (settled > 0) lines.splice(0, settled);
}

/** Whether the lane has answered it, taken it, or sent it elsewhere. */
function isSettled(ledger: Ledger, number: number): boolean {
  const ticket = ledger.find(number);
  return ticket === undefined || ticket.isTaken;
}
