/**
 * Pending table: the requests of one connection that await their answers (protocol: Delivery).
 * In: requests, msg_ids, the time (Unix ms). Out: the request an answer belongs to; those that ran out of time.
 * Never: writes an answer, or decides whether a request goes again.
 */
import type { AttachmentState } from './attachment.ts';
import { type AnswerBy, type Pending, Stage } from './pending.ts';

/**
 * The table. Sent requests are found by the low half of their msg_id (a plain number: no BigInt, no text);
 * `place` makes sure no two of them share it.
 */
export class PendingTable {
  readonly #sent = new Map<number, Pending>();
  /** In the order the client sent them. */
  queue: Pending[] = [];
  #delayed: Pending[] = [];
  /** Requests whose stage or msg_id has changed since they were saved; answered ones among them are passed over. */
  readonly moved: Pending[] = [];
  /** No open request runs out before this, Unix ms; may be too early, never too late. */
  #firstDeadline = Infinity;

  get size(): number {
    return this.#sent.size + this.queue.length + this.#delayed.length;
  }

  /** Requests the server may be working on. */
  get sentCount(): number {
    return this.#sent.size;
  }

  get firstDeadline(): number {
    return this.#firstDeadline;
  }

  add(pending: Pending): void {
    this.queue.push(pending);
    this.note(pending);
    if (pending.deadline < this.#firstDeadline) this.#firstDeadline = pending.deadline;
  }

  /** A request that must wait before it goes for the first time. */
  addDelayed(pending: Pending, notBefore: number): void {
    if (pending.deadline < this.#firstDeadline) this.#firstDeadline = pending.deadline;
    this.delay(pending, notBefore);
  }

  /** Takes out a request that waits for something else than time. @returns false if it ran out of time, or was given up */
  takeDelayed(pending: Pending): boolean {
    const at = this.#delayed.indexOf(pending);
    if (at < 0) return false;
    this.#delayed.splice(at, 1);
    return true;
  }

  /** Whether the low half of an id is free. */
  isFree(low: number): boolean {
    return !this.#sent.has(low);
  }

  /** A request has left under its id. */
  place(pending: Pending): void {
    pending.stage = Stage.SENT;
    pending.wasSent = true;
    this.#sent.set(pending.msgIdLow, pending);
    this.note(pending);
  }

  /** A request that had left before its lane's thread was lost: the next connection asks about it. */
  placeAgain(pending: Pending): void {
    this.place(pending);
    pending.stage = Stage.ASKED;
    if (pending.deadline < this.#firstDeadline) this.#firstDeadline = pending.deadline;
  }

  /** Whether a request is in the table. */
  has(ticket: number): boolean {
    return this.#all().some((pending) => pending.ticket === ticket);
  }

  /** Where a request stands, in the table or not, is saved with the batch. */
  note(pending: Pending): void {
    if (pending.hasMoved) return;
    pending.hasMoved = true;
    this.moved.push(pending);
  }

  find(low: number, high: number): Pending | undefined {
    const pending = this.#sent.get(low);
    return pending?.msgIdHigh === high ? pending : undefined;
  }

  /** The requests a notification about `low, high` concerns: the message itself or all of that container. */
  namedBy(low: number, high: number): Pending[] {
    const one = this.find(low, high);
    if (one !== undefined) return [one];
    return this.sent().filter(({ containerLow, containerHigh }) => containerLow === low && containerHigh === high);
  }

  /** The oldest open request of a kind that is answered without naming it. */
  oldest(answerBy: AnswerBy): Pending | undefined {
    for (const pending of this.#sent.values()) if (pending.answerBy === answerBy) return pending;
    return undefined;
  }

  /** Takes a sent request out: it is answered, or given up. */
  remove(pending: Pending): void {
    this.#forget(pending);
    if (this.size === 0) this.#firstDeadline = Infinity;
  }

  sent(): Pending[] {
    return [...this.#sent.values()];
  }

  /** Takes out a sent request that goes over another connection of the same client. */
  leave(pending: Pending): void {
    this.#forget(pending);
    pending.stage = Stage.QUEUED;
    pending.wasSent = false;
    this.note(pending);
  }

  /** Back to the queue, each at its place in the client's order: tickets rise. */
  reissue(again: readonly Pending[]): void {
    if (again.length === 0) return;
    for (const pending of again) {
      this.#forget(pending);
      pending.stage = Stage.QUEUED;
      this.note(pending);
    }
    this.queue = [...again, ...this.queue].sort((a, b) => a.ticket - b.ticket);
  }

  /** Delays a request until `notBefore`, Unix ms. */
  delay(pending: Pending, notBefore: number): void {
    this.#forget(pending);
    pending.stage = Stage.DELAYED;
    pending.notBefore = notBefore;
    this.#delayed.push(pending);
    this.note(pending);
  }

  #forget(pending: Pending): void {
    if (this.#sent.get(pending.msgIdLow) === pending) this.#sent.delete(pending.msgIdLow);
  }

  /** The earliest `notBefore` of the delayed requests, Unix ms; Infinity if there are none. */
  get firstRelease(): number {
    let first = Infinity;
    for (const pending of this.#delayed) if (pending.notBefore < first) first = pending.notBefore;
    return first;
  }

  /** Moves those whose wait is over to the queue. */
  release(now: number): void {
    if (this.#delayed.length === 0) return;
    const due = this.#delayed.filter((pending) => pending.notBefore <= now);
    if (due.length === 0) return;
    this.#delayed = this.#delayed.filter((pending) => pending.notBefore > now);
    this.reissue(due);
  }

  /** Takes out and returns all that ran out of time. */
  expire(now: number): Pending[] {
    if (now < this.#firstDeadline) return [];
    const late: Pending[] = [];
    this.#firstDeadline = Infinity;
    const keep = (pending: Pending): boolean => {
      if (pending.deadline <= now) late.push(pending);
      else if (pending.deadline < this.#firstDeadline) this.#firstDeadline = pending.deadline;
      return pending.deadline > now;
    };
    for (const pending of this.#sent.values()) if (!keep(pending)) this.#sent.delete(pending.msgIdLow);
    this.queue = this.queue.filter(keep);
    this.#delayed = this.#delayed.filter(keep);
    return late;
  }

  /** Takes out the requests of a client that has gone which no server has seen; those that were sent may be carried out. @returns what was taken out */
  dropUnsent(of: AttachmentState): Pending[] {
    // One that waits out a pause was refused by the server; of a key that is not enough to free it.
    const mayCount = ({ wasSent, stage, hasKey }: Pending): boolean => wasSent && (stage !== Stage.DELAYED || hasKey);
    const stays = (one: Pending): boolean => one.attachment !== of || mayCount(one);
    const dropped = [...this.queue, ...this.#delayed].filter((pending) => !stays(pending));
    this.queue = this.queue.filter(stays);
    this.#delayed = this.#delayed.filter(stays);
    return dropped;
  }

  /** How many requests one client has open: counted where that is asked, with nothing made for it. */
  countOf(of: AttachmentState): number {
    let count = 0;
    for (const { attachment } of this.#sent.values()) if (attachment === of) count++;
    for (const { attachment } of this.#delayed) if (attachment === of) count++;
    for (const { attachment } of this.queue) if (attachment === of) count++;
    return count;
  }

  /** Takes out requests of clients that have gone, the oldest first, but for the newest `most` and those with a key. */
  forgetGone(most: number): void {
    const gone = this.#all().filter(({ attachment, hasKey }) => attachment?.isGone === true && !hasKey);
    if (gone.length <= most) return;
    const forgotten = new Set(gone.sort((one, other) => one.ticket - other.ticket).slice(0, gone.length - most));
    for (const pending of forgotten) this.remove(pending);
    this.queue = this.queue.filter((pending) => !forgotten.has(pending));
  }

  /** Takes out and returns the open requests of one client. */
  takeOf(attachment: AttachmentState): Pending[] {
    const taken = this.#all().filter((pending) => pending.attachment === attachment);
    for (const pending of taken) this.#forget(pending);
    this.#delayed = this.#delayed.filter((pending) => pending.attachment !== attachment);
    this.queue = this.queue.filter((pending) => pending.attachment !== attachment);
    return taken;
  }

  #all(): Pending[] {
    return [...this.#sent.values(), ...this.#delayed, ...this.queue];
  }

  /** Takes out and returns all open requests. */
  clear(): Pending[] {
    const all = this.#all();
    this.#sent.clear();
    this.#delayed = [];
    this.queue = [];
    this.#firstDeadline = Infinity;
    return all;
  }
}
