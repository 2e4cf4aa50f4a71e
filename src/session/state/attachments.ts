/**
 * Attachments: the clients that speak in one session, and in which forms its updates are wanted.
 * In: clients that come, go, or change the form of their answers. Out: the same, by number; one listener for each form.
 * Never: an answer or an update.
 */
import type { AttachmentState } from './attachment.ts';

/** Who speaks in a session. */
export class Attachments {
  readonly #all = new Map<number, AttachmentState>();
  /** One client for each form in which updates are heard: they are encoded once a form. */
  #listeners: readonly AttachmentState[] = [];
  /** Those with lines that wait. */
  readonly waiting = new Set<AttachmentState>();

  get size(): number {
    return this.#all.size;
  }

  get listeners(): readonly AttachmentState[] {
    return this.#listeners;
  }

  all(): IterableIterator<AttachmentState> {
    return this.#all.values();
  }

  add(attachment: AttachmentState): void {
    this.#all.set(attachment.number, attachment);
    if (!this.#listeners.some(({ form }) => form === attachment.form)) this.listen();
  }

  remove(attachment: AttachmentState): void {
    this.#all.delete(attachment.number);
    this.waiting.delete(attachment);
    if (this.#listeners.includes(attachment)) this.listen();
  }

  /** Finds the forms in which updates are heard anew: a client has come or gone, moves, or wants another form. */
  listen(): void {
    const byForm = new Map<number, AttachmentState>();
    for (const one of this.#all.values())
      if (!one.isMute && !one.isMoving && !byForm.has(one.form)) byForm.set(one.form, one);
    this.#listeners = [...byForm.values()];
  }

  /** Who has the session alone, or will once others have left it. */
  get exclusive(): AttachmentState | undefined {
    for (const one of this.#all.values()) if ((one.isExclusive || one.takesAlone) && !one.isMoving) return one;
    return undefined;
  }

  /** The attachments of other clients than this one's that were let in. */
  rivals({ client }: AttachmentState): AttachmentState[] {
    return [...this.#all.values()].filter((one) => one.client !== client && one.isSettled && !one.isMoving);
  }
}
