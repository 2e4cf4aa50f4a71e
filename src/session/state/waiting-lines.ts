/**
 * Waiting lines: the lines of one client in one session that wait for the vault, or for a key, in the order they came, whichever of its
 * attachments they came by.
 * In: lines, what the first of them waits for. Out: the same, to go on with. Never: reads a line, or asks anybody.
 */

/**
 * What a line waits for: the main thread's answer to a list, a removal, an explicit STORE of a session that is handed in or of who keeps it open; the data centre's to a log-out, or a key
 * that is made; others that leave the session to it; the main thread's word that a key is noted.
 */
export type WaitingStep = 'list' | 'forget' | 'store' | 'residence' | 'logOut' | 'key' | 'alone' | 'key noted';

/** What waits, of one client: copies. @typeParam Line a line, with the attachment it came by */
export class WaitingLines<Line extends { readonly attachment: unknown }> {
  first: Line | undefined;
  step: WaitingStep = 'list';
  /** Of a line that waits for its key to be noted: when it was taken, Unix ms. */
  since = 0;
  behind: Line[] = [];
  /** Attachments of the client that have them in common. */
  sharers = 0;

  /** Takes everything out. */
  clear(): Line[] {
    const all = this.first === undefined ? [] : [this.first];
    this.first = undefined;
    return [...all, ...this.behind.splice(0)];
  }

  /** Takes out what came by one attachment; the others' lines keep their places. */
  removeOf(attachment: Line['attachment']): void {
    if (this.first?.attachment === attachment) this.first = undefined;
    this.behind = this.behind.filter((line) => line.attachment !== attachment);
  }

  get isEmpty(): boolean {
    return this.first === undefined && this.behind.length === 0;
  }
}
