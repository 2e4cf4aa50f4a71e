/**
 * Ledger: the tickets of one client in one session that are not answered yet. Each message gets one, and one answer closes it.
 * In: the requests, ids and lines; where the lane says each of them stands. Out: whether a ticket is still owed an answer;
 * what is needed to run or ask for a request again when its lane is lost. Never: an answer twice.
 */
import type { RecordCursor } from '../../batch/batch.ts';
import { EntryFlag, entryTicket, saveEntry, type SavedEntry, writeAgain } from '../../batch/save-records.ts';
import type { MainEnv } from '../env.ts';
import type { IdText } from '../front.ts';

/** The last ticket of the process: a ticket names one request whatever its session. */
let last = 0;

/** One open request. */
export class Ticket implements SavedEntry {
  readonly number: number;
  readonly id: IdText;
  /** The client's message is `bytes[start..stop)`. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly stop: number;
  /** As of `batch/request-flags.ts`; `flags` are those of its entry. */
  readonly requestFlags: number;
  /** When the request came, `MainEnv.ticks`. */
  readonly at: number;
  /** Threads that died while the request was under way. */
  deaths: number;
  /** The lane has taken the request; the fields below are its entry of the last SAVE record. Plain fields: no block a request. */
  isTaken: boolean;
  flags: number;
  msgIdLow: number;
  msgIdHigh: number;
  seqNo: number;
  containerLow: number;
  containerHigh: number;
  deadlineLow: number;
  deadlineHigh: number;

  constructor(
    number: number,
    id: IdText,
    bytes: Buffer,
    start: number,
    stop: number,
    requestFlags: number,
    at: number,
  ) {
    this.number = number;
    this.id = id;
    this.bytes = bytes;
    this.start = start;
    this.stop = stop;
    this.requestFlags = requestFlags;
    this.at = at;
    this.deaths = 0;
    this.isTaken = false;
    this.flags = this.msgIdLow = this.msgIdHigh = this.seqNo = 0;
    this.containerLow = this.containerHigh = this.deadlineLow = this.deadlineHigh = 0;
  }

  /** Reads the entry of a SAVE record that begins `at` bytes behind the record's start. */
  took(record: RecordCursor, at: number): void {
    this.isTaken = true;
    saveEntry(this, record, at);
  }

  /** A data centre may have the request. */
  get isSent(): boolean {
    return (this.flags & EntryFlag.SENT) !== 0;
  }

  /** The bytes of an AGAIN record. */
  again(): Buffer {
    return writeAgain(this, this.bytes, this.start, this.stop);
  }
}

/** What all ledgers of one client have open together. */
export interface Tally {
  /** Requests that the client has no answer to yet. */
  open: number;
  /** Bytes of their messages, of which lanes hold copies until they are answered. */
  bytes: number;
  /** In how many sessions as many are open as one may have. */
  full: number;
  /** So many. */
  readonly most: number;
}

/** The open requests of one client in one session, by ticket, oldest first. */
export class Ledger {
  readonly #env: Pick<MainEnv, 'ticks'>;
  readonly #open = new Map<number, Ticket>();
  readonly #tally: Tally;

  /** @param env when each request came @param tally of the client, which may have other ledgers */
  constructor(env: Pick<MainEnv, 'ticks'>, tally: Tally = { open: 0, bytes: 0, full: 0, most: Infinity }) {
    this.#env = env;
    this.#tally = tally;
  }

  get size(): number {
    return this.#open.size;
  }

  /** A new ticket: 32 bits, never 0, never one that is still open here. The message's bytes must stay as they are. */
  open(id: IdText, bytes: Buffer, start: number, stop: number, requestFlags = 0): Ticket {
    do last = (last + 1) >>> 0 || 1;
    while (this.#open.has(last));
    const ticket = new Ticket(last, id, bytes, start, stop, requestFlags, this.#env.ticks());
    this.adopt(ticket);
    return ticket;
  }

  /** Takes a ticket of another ledger of the same client, which it has left. */
  adopt(ticket: Ticket): void {
    this.#open.set(ticket.number, ticket);
    this.#tally.open++;
    if (this.#open.size === this.#tally.most) this.#tally.full++;
    this.#tally.bytes += ticket.stop - ticket.start;
  }

  /** @returns the request; undefined if nothing is owed to this ticket */
  close(ticket: number): Ticket | undefined {
    const found = this.#open.get(ticket);
    if (found === undefined) return undefined;
    this.#tally.open--;
    if (this.#open.size === this.#tally.most) this.#tally.full--;
    this.#tally.bytes -= found.stop - found.start;
    this.#open.delete(ticket);
    return found;
  }

  /** Reads an entry of a SAVE record: where one of its requests stands. Skips one that was answered meanwhile. */
  took(record: RecordCursor, at: number): void {
    this.#open.get(entryTicket(record, at))?.took(record, at);
  }

  find(ticket: number): Ticket | undefined {
    return this.#open.get(ticket);
  }

  /** The open tickets, oldest first. */
  all(): IterableIterator<Ticket> {
    return this.#open.values();
  }

  /** Takes out the tickets that no lane has taken, oldest first. */
  takeUntaken(): Ticket[] {
    const tickets = [...this.#open.values()].filter(({ isTaken }) => !isTaken);
    for (const { number } of tickets) this.close(number);
    return tickets;
  }

  /** Gives up all open tickets, oldest first. */
  drain(): Ticket[] {
    const tickets = [...this.#open.values()];
    for (const { number } of tickets) this.close(number);
    return tickets;
  }
}
