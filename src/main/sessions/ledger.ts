/**
 * Ledger: a session's tickets that are not answered yet. Each client message gets one, and one answer closes it.
 * In: the requests, ids and lines; where the lane says each of them stands. Out: whether a ticket is still owed an answer;
 * what is needed to run or ask for a request again when its lane is lost. Never: an answer twice.
 */
import type { RecordCursor } from '../../batch/batch.ts';
import {
  COUNTERS_LENGTH,
  ENTRY_LENGTH,
  EntryFlag,
  entryTicket,
  idsFrom,
  saveEntry,
  type SavedEntry,
  writeAgain,
} from '../../batch/save-records.ts';
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

/** The open requests of one session, by ticket, oldest first. */
export class Ledger {
  readonly #env: Pick<MainEnv, 'ticks'>;
  readonly #open = new Map<number, Ticket>();
  /** Bytes of all open messages. */
  bytes = 0;

  /** @param env when each request came */
  constructor(env: Pick<MainEnv, 'ticks'>) {
    this.#env = env;
  }

  get size(): number {
    return this.#open.size;
  }

  /** A new ticket: 32 bits, never 0, never one that is still open here. The message's bytes must stay as they are. */
  open(id: IdText, bytes: Buffer, start: number, stop: number, requestFlags = 0): Ticket {
    do last = (last + 1) >>> 0 || 1;
    while (this.#open.has(last));
    const ticket = new Ticket(last, id, bytes, start, stop, requestFlags, this.#env.ticks());
    this.#open.set(last, ticket);
    this.bytes += stop - start;
    return ticket;
  }

  /** @returns the request; undefined if nothing is owed to this ticket */
  close(ticket: number): Ticket | undefined {
    const found = this.#open.get(ticket);
    if (found === undefined) return undefined;
    this.bytes -= found.stop - found.start;
    this.#open.delete(ticket);
    return found;
  }

  /** Reads the entries of a SAVE record: where requests stand. Skips those answered meanwhile. */
  took(record: RecordCursor): void {
    const end = idsFrom(record);
    for (let at = COUNTERS_LENGTH; at < end; at += ENTRY_LENGTH)
      this.#open.get(entryTicket(record, at))?.took(record, at);
  }

  find(ticket: number): Ticket | undefined {
    return this.#open.get(ticket);
  }

  /** The open tickets, oldest first. */
  all(): IterableIterator<Ticket> {
    return this.#open.values();
  }

  /** Gives up all open tickets, oldest first. */
  drain(): Ticket[] {
    const tickets = [...this.#open.values()];
    this.#open.clear();
    this.bytes = 0;
    return tickets;
  }
}
