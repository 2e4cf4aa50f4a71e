/**
 * Waiting lines: the lines of one client that wait for the vault, or for a key, in the order they came.
 * In: lines, what the first of them waits for. Out: the same, to go on with. Never: reads a line, or asks anybody.
 */

/**
 * What a line waits for: the main thread's answer to a list, a removal, an explicit STORE; the data centre's to a log-out, or a key
 * that is made; others that leave the session to it; the main thread's word that a key is noted.
 */
export type WaitingStep = 'list' | 'forget' | 'store' | 'logOut' | 'key' | 'alone' | 'key noted';

/** What waits, of one client: copies. */
export class WaitingLines<Line> {
  first: Line | undefined;
  step: WaitingStep = 'list';
  /** Of a line that waits for its key to be noted: when it was taken, Unix ms. */
  since = 0;
  readonly behind: Line[] = [];

  /** Takes everything out. */
  clear(): Line[] {
    const all = this.first === undefined ? [] : [this.first];
    this.first = undefined;
    return [...all, ...this.behind.splice(0)];
  }
}
