/**
 * A lane that only notes what is put to it, for tests of one session of the main thread.
 * In: records. Out: each of them, its bytes copied, in order. Never: a thread.
 */
import type { PutRecord } from '../../src/batch/batch.ts';
import type { Lane } from '../../src/main/lanes/lane.ts';
import { LaneWriter } from '../../src/main/lanes/lane-writer.ts';

/** One record as it was put. */
export interface Put {
  readonly kind: number;
  readonly flags: number;
  /** Number of the session or the attachment. */
  readonly session: number;
  readonly ticket: number;
  readonly bytes: Buffer;
}

export class NotedLane extends LaneWriter {
  readonly number = 0;
  sessions = 0;
  /** Much waits of whatever is put from here on. */
  isOver = false;
  readonly puts: Put[] = [];
  /** The very bytes that were given, as long as they stay as they are. */
  readonly given: Uint8Array[] = [];
  #wake = (): void => undefined;

  protected readonly put: PutRecord = (kind, _link, flags, session, ticket, bytes, start, stop) => {
    this.puts.push({ kind, flags, session, ticket, bytes: Buffer.from(bytes.subarray(start, stop)) });
    this.given.push(bytes);
    this.#wake();
    return this.isOver;
  };

  /** For whoever wants a whole lane, and uses only its records. */
  get asLane(): Lane {
    return this as unknown as Lane;
  }

  get kinds(): number[] {
    return this.puts.map(({ kind }) => kind);
  }

  /** Resolves when a record of a kind was put. */
  async until(kind: number): Promise<void> {
    while (!this.puts.some((one) => one.kind === kind)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
