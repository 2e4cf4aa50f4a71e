/**
 * Slots: the shared blocks of one lane, and which of their records cross in which batch.
 * In: records; batches that leave, come back, or are lost. Out: the next batch; what the lost ones had in them.
 * Never: a record before one that was put earlier; a third batch in flight.
 */
import { RecordCursor, recordEnd } from '../batch/batch.ts';
import type { LaneTask } from '../batch/lane-task.ts';
import { In } from '../batch/records.ts';
import { Slot } from './slot.ts';

/** Two in flight hide the crossing, the third fills (design.md 4.3). */
const SLOTS = 3;
export const IN_FLIGHT = 2;

/** A record that was alone in its batch when the thread was lost. */
export interface Culprit {
  readonly kind: number;
  readonly session: number;
  readonly ticket: number;
}

export class Slots {
  readonly #all = Array.from({ length: SLOTS }, () => new Slot());
  readonly #free: number[] = [2, 1];
  /** Slots under way, oldest first. */
  readonly #sent: number[] = [];
  #number = 0;
  /** The one that is written into. */
  open = this.#all[0]!;
  /** The open slot was run up to here, and a part of it is under way up to there (0: none is). */
  #from = 0;
  #partTo = 0;
  /** Records of the open slot between these are run one a batch. */
  #aloneFrom = Infinity;
  #aloneTo = Infinity;
  /** Until then every record is: the last thread died soon after its start, and nobody knows of what. */
  #carefulUntil = 0;
  /** Records that found the open slot grown to its end. */
  #late: Parameters<Slot['put']>[] = [];
  /** There are some. What comes behind one that found no room waits with it: order holds. */
  hasLate = false;

  /** What the thread sees of them. */
  get shared(): SharedArrayBuffer[] {
    return this.#all.map((slot) => slot.shared);
  }

  /** The open slot has no room for this: it is written when the next one is opened. */
  putLate(...[kind, link, flags, session, ticket, bytes, start, stop]: Parameters<Slot['put']>): void {
    // A copy by hand: `slice` of a Buffer is a view.
    const copy = new Uint8Array(bytes.subarray(start, stop));
    this.#late.push([kind, link, flags, session, ticket, copy, 0, copy.length]);
    this.hasLate = true;
  }

  /** What is put until this is called with false is run one record a batch: each may be what killed the last thread. */
  alone(isOn: boolean): void {
    const { length } = this.open;
    if (isOn) this.#aloneFrom = length;
    else if (length > this.#aloneFrom) this.#aloneTo = length;
    else this.#aloneFrom = Infinity;
  }

  /** All are, until then. */
  careful(until: number): void {
    this.#carefulUntil = until;
  }

  /** Something of the open slot has not left yet. */
  get hasMore(): boolean {
    return this.open.length > this.#from;
  }

  get areUnderWay(): boolean {
    return this.#sent.length > 0 || this.#partTo > 0;
  }

  /** One batch at a time while records run alone: whose fault it is must be certain. */
  get mayLeave(): boolean {
    if (this.#partTo > 0) return false;
    return this.#sent.length < (this.#carefulUntil > 0 || this.#aloneFrom < Infinity ? 1 : IN_FLIGHT);
  }

  /** The next batch: it is under way from here on. Empty if there is nothing. */
  leave(now: number): LaneTask {
    if (now > this.#carefulUntil) this.#carefulUntil = 0;
    const from = this.#from;
    const to = this.#partEnd();
    if (to < this.open.length || (this.#isAlone && to > from)) this.#partTo = to;
    else this.#sent.push(this.#number);
    return { slot: this.#number, from, to, now };
  }

  /** A part of the open slot is under way: what is put still goes behind it. */
  get isInParts(): boolean {
    return this.#partTo > 0;
  }

  get #isAlone(): boolean {
    return this.#carefulUntil > 0 || this.#from >= this.#aloneFrom;
  }

  /** How much of the open slot goes in one batch. */
  #partEnd(): number {
    const { length } = this.open;
    if (this.#from === length) return length;
    if (this.#isAlone) return recordEnd(this.open.written, this.#from);
    return Math.min(length, this.#aloneFrom);
  }

  /** The open slot has left, or is done with. */
  openNext(): void {
    this.#number = this.#free.pop()!;
    this.open = this.#all[this.#number]!;
    this.#from = 0;
    if (this.hasLate) this.#takeLate();
  }

  #takeLate(): void {
    const late = this.#late;
    let fit = 0;
    while (fit < late.length && this.open.put(...late[fit]!)) fit++;
    this.#late = late.slice(fit);
    this.hasLate = fit < late.length;
  }

  /** The oldest batch is back. @returns whether the open slot is done with, part by part */
  returned(): boolean {
    if (this.#partTo === 0) {
      this.#empty(this.#sent.shift()!);
      return false;
    }
    this.#from = this.#partTo;
    this.#partTo = 0;
    if (this.#from >= this.#aloneTo) this.#aloneFrom = this.#aloneTo = Infinity;
    if (this.#from < this.open.length) return false;
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
    requestsOf(this.open, this.#from, this.#partTo, tickets);
    return tickets;
  }

  /** The record that is under way alone. */
  culprit(): Culprit | undefined {
    if (this.#partTo === this.#from || this.#partTo === 0 || !this.#isAlone) return undefined;
    const record = new RecordCursor(this.open.written, this.#from, this.#partTo);
    record.next();
    return { kind: record.kind, session: record.session, ticket: record.ticket };
  }

  /** Drops everything, what is under way too. */
  reset(): void {
    this.#from = 0;
    this.#partTo = 0;
    this.#aloneFrom = Infinity;
    this.#aloneTo = Infinity;
    this.#carefulUntil = 0;
    this.#late = [];
    this.hasLate = false;
    this.open.clear();
    for (const number of this.#sent.splice(0)) this.#empty(number);
  }
}

function requestsOf(slot: Slot, from: number, to: number, tickets: Set<number>): void {
  const record = new RecordCursor(slot.written, from, to);
  while (record.next()) if (record.kind === In.REQUEST || record.kind === In.AGAIN) tickets.add(record.ticket);
}
