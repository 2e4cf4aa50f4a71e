/**
 * Turns: records of a lane that wait, by session or client, and whose turn is next (deficit round robin).
 * In: records of sessions, and of clients that speak in them, that have had their share of a batch.
 * Out: so much of them as one batch takes, each session and each client in turn, by what its records cost. That is
 * known, and paid, before a record goes; in `workers/rotation.ts` it is known only when the work is done, and paid
 * afterwards: so there are two.
 * Never: a record before an earlier one of the same session or client; a client in a session before what that begins
 * with.
 */
import type { LaneRecord, PutRecord } from '../../batch/batch.ts';
import { In } from '../../batch/records.ts';
import { hasIsolated } from '../../batch/request-flags.ts';

/** What a record costs beside its bytes: a small call takes a lane as long as half a KiB of a long one. */
const RECORD_COST = 512;
/** Cost of one session's turn. A record that costs more takes as many turns as it is worth. */
const QUANTUM = 64 * 1024;
/** Places of records that have gone before the others move up. */
const MANY = 256;
/** Bytes of a session that wait at which its feeders stop. */
const MARK = 512 * 1024;

/** The work a record of so many bytes is for a lane, about: its bytes and what is the same for all. */
export function costOf(length: number): number {
  return length + RECORD_COST;
}

/** Whether a record crosses in a batch of its own. */
export function isIsolated(kind: number, flags: number): boolean {
  return kind === In.REQUEST && hasIsolated(flags);
}

/** First records of a session: what is put for it and for who speaks in it must find it there. */
export const BEGINS: ReadonlySet<number> = new Set<number>([In.OPEN, In.RESUME]);

/** Records of one session, or of one client in one, that wait. */
class Line {
  readonly session: number;
  /** What else has put records: other attachments of the client. */
  others: Set<number> | undefined;
  /** So much waited that its feeders stopped. */
  wasOver = false;
  /** Records that wait, from `#next` on; those before it have gone. */
  #records: LaneRecord[] = [];
  #next = 0;
  bytes = 0;
  credit = 0;

  constructor(session: number) {
    this.session = session;
  }

  get head(): LaneRecord | undefined {
    return this.#records[this.#next];
  }

  add(record: LaneRecord): void {
    this.#records.push(record);
    this.bytes += lengthOf(record);
    if (record[3] !== this.session) (this.others ??= new Set()).add(record[3]);
    if (this.bytes >= MARK) this.wasOver = true;
  }

  /** The first one has gone: nothing of it stays here, and what was copied for it alone is zeroed. */
  shift(): void {
    const record = this.#records[this.#next]!;
    this.#records[this.#next++] = GONE;
    this.bytes -= lengthOf(record);
    if (isCopied(record[0])) record[5].fill(0);
    if (this.#next < MANY) return;
    this.#records = this.#records.slice(this.#next);
    this.#next = 0;
  }

  /** Whoever has put records may go on. @returns their numbers */
  clear(): number[] {
    this.wasOver = false;
    return [this.session, ...(this.others ?? [])];
  }

  /** Drops all records; zeroes what was copied, which may be a session's key. */
  wipe(): void {
    while (this.head !== undefined) this.shift();
  }

  /**
   * Drops what would be work for nobody, as the session or the client has gone. Records that must run alone stay: the
   * lane queue counts them. @param number whose they are
   */
  dropWork(number: number): void {
    const left = this.#records.slice(this.#next);
    this.#records = left.filter(
      ([kind, , flags, session]) => session !== number || !WORK.has(kind) || isIsolated(kind, flags),
    );
    this.#next = 0;
    this.bytes = this.#records.reduce((sum, record) => sum + lengthOf(record), 0);
  }
}

const GONE: LaneRecord = [0, 0, 0, 0, 0, new Uint8Array(0), 0, 0];
const WORK = new Set<number>([In.REQUEST, In.AGAIN, In.LINK_BYTES]);

/** The records of one lane that wait, handed out in turns that are equal in cost. */
export class Turns {
  /** Sessions with records that wait, in the order of their turns. */
  readonly #lines = new Map<number, Line>();

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  /** Whether something of this session waits: what comes then waits behind it. */
  has(session: number): boolean {
    return this.#lines.size > 0 && this.#lines.has(session);
  }

  /** Whether so much of it waits that its feeders should. */
  isOver(session: number): boolean {
    const line = this.#lines.size > 0 ? this.#lines.get(session) : undefined;
    return line !== undefined && line.bytes >= MARK;
  }

  /** A message's bytes stay as they are until it is answered, and are not copied; all others are. @param turn whose line it waits in */
  add(record: LaneRecord, turn = record[3]): void {
    const [kind, link, flags, session, ticket, bytes, start, stop] = record;
    let line = this.#lines.get(turn);
    if (line === undefined) this.#lines.set(turn, (line = new Line(turn)));
    if (kind === In.CLOSE || kind === In.DETACH) line.dropWork(session);
    if (!isCopied(kind)) return line.add(record);
    // A copy by hand: `slice` of a Buffer is a view.
    const copy = new Uint8Array(bytes.subarray(start, stop));
    line.add([kind, link, flags, session, ticket, copy, 0, copy.length]);
  }

  /**
   * Gives out records that cost `most` in all; the first one whatever it costs.
   * @param put takes a record, or says that there is no room for it now
   * @returns sessions, and attachments, of which so little waits now that their feeders may go on
   */
  take(most: number, put: PutRecord): number[] {
    const over = new Set<Line>();
    let left = most;
    for (let line = this.#first(); line !== undefined; line = this.#first()) {
      if (this.#isBeforeItsSession(line)) {
        this.#toTheEnd(line);
        continue;
      }
      const cost = costOf(lengthOf(line.head!));
      if (cost > line.credit) {
        line.credit += QUANTUM;
        this.#toTheEnd(line);
        continue;
      }
      if ((cost > left && left < most) || !put(...line.head!)) break;
      if (line.wasOver) over.add(line);
      line.credit -= cost;
      left -= cost;
      line.shift();
      if (line.head === undefined) this.#lines.delete(line.session);
    }
    return [...over].flatMap((line) => (this.isOver(line.session) ? [] : line.clear()));
  }

  #first(): Line | undefined {
    for (const line of this.#lines.values()) return line;
    return undefined;
  }

  /** A client comes to speak in a session of which the beginning waits, for that may take several turns. */
  #isBeforeItsSession({ head }: Line): boolean {
    const [kind, , , , session] = head!;
    if (kind !== In.ATTACH) return false;
    const first = this.#lines.get(session)?.head;
    return first !== undefined && BEGINS.has(first[0]);
  }

  #toTheEnd(line: Line): void {
    this.#lines.delete(line.session);
    this.#lines.set(line.session, line);
  }

  /** Drops all: the thread they wait for is gone. */
  clear(): void {
    for (const line of this.#lines.values()) line.wipe();
    this.#lines.clear();
  }
}

function lengthOf(record: LaneRecord): number {
  return record[7] - record[6];
}

function isCopied(kind: number): boolean {
  return kind !== In.REQUEST && kind !== In.AGAIN;
}
