/**
 * Outcomes: what became of requests with an idempotency key, by the session's name and the key: a table beside the records.
 * In: names, keys, bodies as bytes (`main/names/key-row.ts` says what is in them). Out: the same bytes, for a day.
 * Never: a body that was acknowledged and is lost within the day, unless there are more than the bounds allow: then the oldest go.
 */
import { createHash } from 'node:crypto';

/** How long an outcome is kept, ms. */
export const OUTCOME_LIFE = 24 * 3_600_000;
/** How many outcomes are kept, and how many bytes of them: of one name, and of all. */
export const OUTCOME_BOUNDS = {
  ofName: { count: 10_000, bytes: 16 << 20 },
  ofAll: { count: 100_000, bytes: 128 << 20 },
} as const;

/** The outcomes that a vault keeps. */
export interface Outcomes {
  /** The body that was written last; undefined if there is none. @throws VaultError `VaultRecordBroken` */
  read(name: string, key: string): Uint8Array | undefined;
  /**
   * Writes the body of a key, for a name that this process has; it is on the disk when the promise resolves.
   * @throws VaultError `VaultWriteFailed`
   */
  write(name: string, key: string, body: Uint8Array): Promise<void>;
  /** Removes a key of a name that this process has. @throws VaultError `VaultWriteFailed` */
  remove(name: string, key: string): Promise<void>;
  /** Removes what is older than a day, and the oldest beyond the bounds. Runs by itself too, in the background. @param now Unix ms */
  prune(now: number): Promise<void>;
}

/** One outcome, as the bounds see it. */
export interface OutcomeEntry {
  /** `outcomeRowName`. */
  readonly name: string;
  /** When it was written, Unix ms. */
  readonly at: number;
  /** Bytes. */
  readonly length: number;
}

/** Under what an outcome stands: the session's name, a zero, and the key's hash, whatever the key's length. */
export function outcomeRowName(name: string, key: string): string {
  return `${name}\0${createHash('sha256').update(key).digest('base64url')}`;
}

/** The name of the session in `outcomeRowName`. */
function sessionNameIn(rowName: string): string {
  return rowName.slice(0, rowName.indexOf('\0'));
}

interface Sum {
  count: number;
  bytes: number;
}

/** Names of the outcomes that are to be removed: those whose day is over, and the oldest beyond the bounds. @param now Unix ms */
export function surplusOutcomes(entries: readonly OutcomeEntry[], now: number): string[] {
  const all: Sum = { count: 0, bytes: 0 };
  const byName = new Map<string, Sum>();
  const surplus: string[] = [];
  for (const { name, at, length } of entries.toSorted((a, b) => b.at - a.at)) {
    const sessionName = sessionNameIn(name);
    const ofName = byName.get(sessionName) ?? { count: 0, bytes: 0 };
    const isKept =
      now - at < OUTCOME_LIFE &&
      hasRoom(ofName, length, OUTCOME_BOUNDS.ofName) &&
      hasRoom(all, length, OUTCOME_BOUNDS.ofAll);
    if (!isKept) surplus.push(name);
    else for (const sum of [all, ofName]) add(sum, length);
    byName.set(sessionName, ofName);
  }
  return surplus;
}

function hasRoom(sum: Sum, length: number, bounds: Readonly<Sum>): boolean {
  return sum.count < bounds.count && sum.bytes + length <= bounds.bytes;
}

function add(sum: Sum, length: number): void {
  sum.count++;
  sum.bytes += length;
}
