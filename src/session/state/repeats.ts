/**
 * Repeats: requests whose idempotency key belongs to one that is still open: its outcome will be theirs (wire: Idempotency keys).
 * In: requests, the time (Unix ms). Out: the same, when the outcome is known, or their time or their client is gone. Never: sends one.
 */
import type { AttachmentState } from './attachment.ts';
import { Stage, type Pending } from './pending.ts';

/** What all sessions share that have none, nearly all: 200 bytes a session. */
const NONE = new Map<number, Pending>();

/** The repeats of one session, by ticket. */
export class Repeats {
  #all = NONE;

  /** When the first of them runs out of time, Unix ms; Infinity if there are none. */
  get firstDeadline(): number {
    if (this.#all.size === 0) return Infinity;
    let first = Infinity;
    for (const { deadline } of this.#all.values()) if (deadline < first) first = deadline;
    return first;
  }

  add(pending: Pending): void {
    pending.stage = Stage.REPEAT;
    if (this.#all === NONE) this.#all = new Map();
    this.#all.set(pending.ticket, pending);
  }

  /** Takes one out; undefined if it waits no longer. */
  take(ticket: number): Pending | undefined {
    const pending = this.#all.get(ticket);
    this.#all.delete(ticket);
    return pending;
  }

  /** Takes out and returns those that ran out of time. */
  expire(now: number): Pending[] {
    return this.#takeWhere(({ deadline }) => deadline <= now);
  }

  /** Whether one client has some. */
  hasOf(attachment: AttachmentState): boolean {
    return [...this.#all.values()].some((pending) => pending.attachment === attachment);
  }

  /** Takes out and returns those of one client. */
  takeOf(attachment: AttachmentState): Pending[] {
    return this.#takeWhere((pending) => pending.attachment === attachment);
  }

  /** Takes out and returns all. */
  clear(): Pending[] {
    return this.#takeWhere(() => true);
  }

  #takeWhere(isTaken: (pending: Pending) => boolean): Pending[] {
    const taken = [...this.#all.values()].filter(isTaken);
    for (const { ticket } of taken) this.#all.delete(ticket);
    return taken;
  }
}
