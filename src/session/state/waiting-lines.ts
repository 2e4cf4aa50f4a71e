/**
 * Waiting lines: the lines of one client that wait for the vault, or for a key, in the order they came.
 * In: lines, what the first of them waits for. Out: the same, to go on with. Never: reads a line, or asks anybody.
 */
import type { NameAction } from '../../batch/name-records.ts';
import type { ClientLine } from './client-line.ts';

/** What a line waits for. `logOut` and `key` are the data centre's to answer, the others the main thread's. */
export type NameStep = NameAction | 'logOut' | 'key';

/** What waits, of one client: copies. */
export class WaitingLines {
  first: ClientLine | undefined;
  step: NameStep = 'list';
  readonly behind: ClientLine[] = [];

  /** Takes everything out. */
  clear(): ClientLine[] {
    const all = this.first === undefined ? [] : [this.first];
    this.first = undefined;
    return [...all, ...this.behind.splice(0)];
  }
}
