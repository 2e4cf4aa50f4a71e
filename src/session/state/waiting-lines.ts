/**
 * Waiting lines: the lines of one client that wait for the vault, or for a key, in the order they came.
 * In: lines, what the first of them waits for. Out: the same, to go on with. Never: reads a line, or asks anybody.
 */
import type { NameAction } from '../../batch/name-records.ts';

/** What a line waits for. `logOut` and `key` are the data centre's to answer, the others the main thread's. */
export type NameStep = NameAction | 'logOut' | 'key';

/** A line that waits: a copy. */
export interface WaitingLine {
  readonly ticket: number;
  readonly line: Uint8Array;
  /** Its client may be shown keys of stored sessions. */
  readonly mayExport: boolean;
}

/** What waits, of one client. */
export class WaitingLines {
  first: WaitingLine | undefined;
  step: NameStep = 'list';
  readonly behind: WaitingLine[] = [];

  /** Takes everything out. */
  clear(): WaitingLine[] {
    const all = this.first === undefined ? [] : [this.first];
    this.first = undefined;
    return [...all, ...this.behind.splice(0)];
  }
}
