/**
 * Lane queue: the shared blocks of one lane, and which of their records cross in which batch.
 * In: records; batches that leave, come back, or are lost. Out: the next batch; what the lost ones had in them.
 * Never: a record before one of its session that was put earlier; a third batch in flight; more of one session in a
 * batch than its share, or more of all that have waited than one turn.
 */
import { type PutRecord, RecordCursor, recordEnd } from '../../batch/batch.ts';
import type { LaneTask } from '../../batch/lane-task.ts';
import { In } from '../../batch/records.ts';
import { SHARE, Shares } from './shares.ts';
import { Slot } from './slot.ts';
import { SharedTurns } from './shared-turns.ts';
import { BEGINS, isIsolated, Turns } from './turns.ts';

/** Two slots in flight hide the crossing, the third fills (decisions: crossing). */
const SLOTS = 3;
export const IN_FLIGHT = 2;
/**
 * Cost of the waiting records that go in one batch: 2 to 4 ms of a lane's work. One batch at a time has any of them, so the sessions of
 * a lane wait for no more than that, or for one message that is longer.
 */
const TURN = SHARE;

/** A record that was alone in its batch when the thread was lost. */
export interface Culprit {
  readonly kind: number;
  readonly session: number;
  readonly ticket: number;
}

/** What one lane's thread is given: three slots in turn, two of them under way, and records that wait for their session's turn. */
export class LaneQueue {
  readonly #all = Array.from({ length: SLOTS }, () => new Slot());
  readonly #free: number[] = [2, 1];
  /** Slots under way, oldest first. */
  readonly #sent: number[] = [];
  #number = 0;
  /** The slot that is written into. */
  #open = this.#all[0]!;
  /** It had no room for a record: those put later must not pass that one. */
  #isFull = false;
  /** What each session, and each client that speaks in one, has in the open slot. */
  readonly #shares: Shares;
  /** Records that found their session's share used up. */
  readonly #turns = new Turns();
  readonly #shared = new SharedTurns();
  /** The open slot was run up to `#from`; a part of it is under way up to `#partTo` (0: none is). */
  #from = 0;
  #partTo = 0;
  /** Records that must run one a batch and have not been run. */
  #isolatedCount = 0;
  /** Until then, Unix ms, every record runs alone: the last thread died soon after its start, and nobody knows of what. */
  #carefulUntil = 0;

  /** @param mark what one batch may cost before all that comes waits for its turn; see `costOf` */
  constructor(mark: number) {
    this.#shares = new Shares(mark);
  }

  /** The shared blocks, for the thread. */
  get shared(): SharedArrayBuffer[] {
    return this.#all.map((slot) => slot.shared);
  }

  /** Writes a record, or has it wait for its session's turn. @returns whether so much of the session waits that its feeder should */
  readonly put: PutRecord = (kind, link, flags, session, ticket, bytes, start, stop) => {
    if (isIsolated(kind, flags)) this.#isolatedCount++;
    const open = this.#open;
    const turn = this.#shared.turnOf(kind, session);
    if (this.#mayGo(kind, turn, ticket, stop - start)) {
      if (open.put(kind, link, flags, session, ticket, bytes, start, stop)) return false;
      this.#isFull = true;
    }
    this.#turns.add([kind, link, flags, session, ticket, bytes, start, stop], turn);
    return this.#turns.isOver(turn);
  };

  /** What is put for an attachment never passes what was put for another one of its client in that session. @param turn that one's number */
  shareTurn(attachment: number, turn: number, session: number): void {
    this.#shared.add(attachment, turn, session);
  }

  /** Whether a record goes into the open slot: nothing waits that must go before it, and its session or client has not had its share. */
  #mayGo(kind: number, number: number, ticket: number, length: number): boolean {
    if (this.#isFull || this.#turns.has(number)) return false;
    if (kind === In.ATTACH) return !this.#turns.has(ticket);
    return BEGINS.has(kind) || this.#shares.take(this.#open, number, length);
  }

  /** Every record runs alone in its batch. @param until Unix ms */
  careful(until: number): void {
    this.#carefulUntil = until;
  }

  /** A record has not left and may. */
  get hasMore(): boolean {
    return this.#open.length > this.#from || this.#mayTakeTurn;
  }

  /** Records that wait may be taken: no batch under way has any. */
  get #mayTakeTurn(): boolean {
    return !this.#turns.isEmpty && !this.#all.some((slot) => slot.hasTurn);
  }

  get areUnderWay(): boolean {
    return this.#sent.length > 0 || this.#partTo > 0;
  }

  /** One batch at a time while records run alone: whose fault it is must be certain. */
  get mayLeave(): boolean {
    if (this.#partTo > 0) return false;
    return this.#sent.length < (this.#carefulUntil > 0 || this.#isolatedCount > 0 ? 1 : IN_FLIGHT);
  }

  /** Puts a turn of the waiting records behind what is in the open slot. @returns sessions whose feeders may go on; to be told after `leave` */
  takeTurn(): readonly number[] {
    if (!this.#mayTakeTurn) return NONE;
    const open = this.#open;
    const cleared = this.#turns.take(TURN, open.put);
    open.hasTurn = true;
    return cleared;
  }

  /** The open slot holds records that have waited. */
  get hasTurn(): boolean {
    return this.#open.hasTurn;
  }

  /** The next batch, which is under way from here on; empty if no record is there. @param now Unix ms */
  leave(now: number): LaneTask {
    if (now > this.#carefulUntil) this.#carefulUntil = 0;
    const from = this.#from;
    const to = this.#partEnd();
    if (to < this.#open.length || (this.#runsAlone && to > from)) this.#partTo = to;
    else this.#sent.push(this.#number);
    return { slot: this.#number, from, to, now };
  }

  /** A part of the open slot is under way: what is put still goes behind it. */
  get isInParts(): boolean {
    return this.#partTo > 0;
  }

  get #runsAlone(): boolean {
    return this.#carefulUntil > 0 || (this.#isolatedCount > 0 && this.#firstIsolated() === this.#from);
  }

  /** Where the next batch ends in the open slot. */
  #partEnd(): number {
    const { length } = this.#open;
    if (this.#from === length) return length;
    if (this.#runsAlone) return recordEnd(this.#open.written, this.#from);
    return this.#isolatedCount > 0 ? this.#firstIsolated() : length;
  }

  /** Where the first record that must run alone begins, or the open slot's end. */
  #firstIsolated(): number {
    const { written } = this.#open;
    for (let at = this.#from; at < written.length; at = recordEnd(written, at)) {
      const record = new RecordCursor(written, at, written.length);
      record.next();
      if (isIsolated(record.kind, record.flags)) return at;
    }
    return written.length;
  }

  /** Opens a free slot: the open one has left, or all its parts are back. */
  openNext(): void {
    this.#number = this.#free.pop()!;
    this.#open = this.#all[this.#number]!;
    this.#from = 0;
    this.#isFull = false;
    this.#shares.clear();
  }

  /** The oldest batch is back. @returns whether the open slot is done with, part by part */
  returned(): boolean {
    if (this.#partTo === 0) {
      this.#empty(this.#sent.shift()!);
      return false;
    }
    if (this.#isolatedCount > 0 && this.#firstIsolated() === this.#from) this.#isolatedCount--;
    this.#from = this.#partTo;
    this.#partTo = 0;
    if (this.#from < this.#open.length) return false;
    this.#empty(this.#number);
    return true;
  }

  #empty(number: number): void {
    this.#all[number]!.clear();
    this.#free.push(number);
  }

  /** Tickets of the requests that are under way. */
  suspects(): Set<number> {
    const tickets = new Set<number>();
    for (const number of this.#sent) {
      const slot = this.#all[number]!;
      requestsOf(slot, 0, slot.length, tickets);
    }
    requestsOf(this.#open, this.#from, this.#partTo, tickets);
    return tickets;
  }

  /** The record that is under way alone. */
  culprit(): Culprit | undefined {
    if (this.#partTo === this.#from || this.#partTo === 0 || !this.#runsAlone) return undefined;
    const record = new RecordCursor(this.#open.written, this.#from, this.#partTo);
    record.next();
    return { kind: record.kind, session: record.session, ticket: record.ticket };
  }

  /** Drops all records, those under way too. */
  reset(): void {
    this.#from = 0;
    this.#isFull = false;
    this.#partTo = 0;
    this.#isolatedCount = 0;
    this.#carefulUntil = 0;
    this.#turns.clear();
    this.#shared.clear();
    this.#shares.clear();
    this.#open.clear();
    for (const number of this.#sent.splice(0)) this.#empty(number);
  }
}

const NONE: readonly number[] = [];

function requestsOf(slot: Slot, from: number, to: number, tickets: Set<number>): void {
  const record = new RecordCursor(slot.written, from, to);
  while (record.next()) if (record.kind === In.REQUEST || record.kind === In.AGAIN) tickets.add(record.ticket);
}
