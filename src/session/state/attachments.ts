/**
 * Attachments: the clients that speak in one session, and in which forms its updates are wanted.
 * In: clients that come, go, or change the form of their answers. Out: the same, by number; one listener for each form; the lines of a
 * client that wait, in common for all of its attachments. Never: an answer or an update.
 */
import type { AttachmentState, ClientLine } from './attachment.ts';
import type { WaitingLines } from './waiting-lines.ts';

/** Who speaks in a session. */
export class Attachments {
  readonly #all = new Map<number, AttachmentState>();
  /** One client for each form in which updates are heard: they are encoded once a form. */
  #listeners: readonly AttachmentState[] = [];
  /** Lines that wait, of each client that has any. */
  readonly waiting = new Set<WaitingLines<ClientLine>>();
  /** Where more than one attachment is: the waiting lines of each client, by its number. */
  #ofClients: Map<number, WaitingLines<ClientLine>> | undefined;

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
    // Most sessions have one attachment: nothing is allocated for those.
    if (this.#all.size > 0 || this.#ofClients !== undefined) this.#share(attachment);
    attachment.waitingLines.sharers++;
    this.#all.set(attachment.number, attachment);
    if (!this.#listeners.some(({ form }) => form === attachment.form)) this.listen();
  }

  /** A line of a client waits behind its earlier ones, also when it comes by another attachment. */
  #share(attachment: AttachmentState): void {
    this.#ofClients ??= new Map([...this.#all.values()].map((one) => [one.client, one.waitingLines]));
    const shared = this.#ofClients.get(attachment.client);
    if (shared === undefined) this.#ofClients.set(attachment.client, attachment.waitingLines);
    else attachment.waitingLines = shared;
  }

  remove(attachment: AttachmentState): void {
    if (!this.#all.delete(attachment.number)) return;
    this.dropWaiting(attachment);
    if (--attachment.waitingLines.sharers === 0) this.#ofClients?.delete(attachment.client);
    if (this.#listeners.includes(attachment)) this.listen();
  }

  /** Drops the lines that wait and came by this attachment. */
  dropWaiting(attachment: AttachmentState): void {
    const { waitingLines } = attachment;
    waitingLines.removeOf(attachment);
    if (waitingLines.isEmpty) this.waiting.delete(waitingLines);
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
