/**
 * What a lane's Piscina is given: once at start (`LaneData`, as workerData) and a batch at a time (`LaneTask`).
 * In and out: numbers and shared blocks. Never: records as objects.
 */

/** One batch to run: the records in `slots[slot]`, bytes `from..to`. The task's result is one moved block. */
export interface LaneTask {
  readonly slot: number;
  readonly from: number;
  readonly to: number;
  /** Unix time in milliseconds on a monotonic base: `performance.timeOrigin + performance.now()`. */
  readonly now: number;
  /** A block of an earlier result that nobody reads any more, moved back to be written again. */
  readonly spare?: ArrayBuffer;
}

/** What a lane's thread starts with. */
export interface LaneData {
  readonly lane: number;
  /** Growable shared blocks; the lane's main-thread half writes records into them. */
  readonly slots: readonly SharedArrayBuffer[];
  /** Made by `index.ts` for `workers/session-worker.ts`; the main thread does not look into it. */
  readonly settings: unknown;
}
