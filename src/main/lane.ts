/**
 * Lane: one worker thread as the main thread sees it (design.md 4.7). A Piscina of one thread.
 * In: records, written straight into shared slots; gathered for one turn of the event loop. Out: blocks, in order.
 * Never: an object across the thread boundary, a third batch in flight, a result applied that belongs to a lost thread.
 */
import { performance } from 'node:perf_hooks';
import { Piscina } from 'piscina';
import { RecordCursor, blockHead, BLOCK_HEAD } from '../batch/batch.ts';
import type { LaneData, LaneTask } from '../batch/lane-task.ts';
import { In } from '../batch/records.ts';
import type { Limits } from './limits.ts';
import { Slot } from './slot.ts';

/** Two in flight hide the crossing, the third fills (design.md 4.3). */
const SLOTS = 3;
const IN_FLIGHT = 2;
const EMPTY = new Uint8Array(0);

/** Whom a lane tells. */
export interface LaneOwner {
  /** One record of a block; the cursor's bytes may be kept as views, the block is nobody else's. */
  record(lane: Lane, record: RecordCursor): void;
  /** All records of a block were told. */
  settle(lane: Lane): void;
  /** The lane takes more again, after `put` said it is over its mark. */
  clear(lane: Lane): void;
  /** The thread is gone with all its sessions. `unsent`: tickets that never reached it. */
  lost(lane: Lane, why: string, unsent: ReadonlySet<number>): void;
}

export interface LaneOptions {
  readonly number: number;
  /** The worker's built file. */
  readonly worker: URL;
  /** `LaneData.settings`, passed on unseen. */
  readonly settings: unknown;
  readonly limits: Limits;
}

interface Late {
  readonly put: Parameters<Slot['put']>;
}

export class Lane {
  readonly number: number;
  /** Sessions that live here; `Lanes` counts them. */
  sessions = 0;
  readonly #options: LaneOptions;
  readonly #owner: LaneOwner;
  readonly #slots = Array.from({ length: SLOTS }, () => new Slot());
  readonly #free: number[] = [2, 1];
  #open = 0;
  /** Slots under way, oldest first. */
  readonly #sent: number[] = [];
  /** Records that found the open slot grown to its end. */
  #late: Late[] = [];
  #pool: Piscina | undefined;
  #isUp = false;
  #isScheduled = false;
  #isOver = false;
  /** An empty batch is due: the lane's deadline has passed. */
  #isDue = false;
  #wakeAt = Infinity;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  /** Looks of the watchdog since the oldest batch left; counted, not timed, so that a suspended process loses no lane. */
  #age = 0;

  constructor(options: LaneOptions, owner: LaneOwner) {
    this.number = options.number;
    this.#options = options;
    this.#owner = owner;
  }

  /** Starts a thread and waits for its first, empty batch. Rejects if it cannot start, or not in time (K7). */
  async start(): Promise<void> {
    const pool = this.#makePool();
    this.#pool = pool;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const why = new Error(`worker of lane ${this.number} did not start in time`);
      timer = setTimeout(() => reject(why), this.#options.limits.startTimeout);
    });
    try {
      const slot = this.#free.at(-1)!;
      const block = await Promise.race([
        pool.run({ slot, length: 0, now: now() } satisfies LaneTask) as Promise<Uint8Array>,
        late,
      ]);
      if (this.#pool !== pool) throw new Error('stopped while starting');
      this.#isUp = true;
      pool.on('workerDestroy', () => this.#lose(pool, 'thread ended'));
      this.#apply(block);
    } catch (error) {
      if (this.#pool === pool) this.#pool = undefined;
      void pool.destroy().catch(() => undefined);
      throw error;
    } finally {
      clearTimeout(timer);
    }
    if (this.#slots[this.#open]!.length > 0) this.#schedule();
  }

  #makePool(): Piscina {
    const { number, settings, worker } = this.#options;
    const slots = this.#slots.map((slot) => slot.shared);
    const pool = new Piscina({
      filename: worker.href,
      minThreads: 1,
      maxThreads: 1,
      atomics: 'sync',
      stricterFIFO: true,
      recordTiming: false,
      idleTimeout: Infinity,
      concurrentTasksPerWorker: SLOTS,
      workerData: { lane: number, slots, settings } satisfies LaneData,
    });
    pool.on('error', (error: Error) => this.#lose(pool, error.message));
    return pool;
  }

  /**
   * Writes a record; it leaves at the end of this turn. Never refuses.
   * @returns true if the lane is over its mark: the feeder should wait for `clear`
   */
  put(
    kind: number,
    link: number,
    flags: number,
    session: number,
    ticket: number,
    bytes: Uint8Array = EMPTY,
    start = 0,
    stop = bytes.length,
  ): boolean {
    const slot = this.#slots[this.#open]!;
    // What comes behind a record that found no room waits with it: order holds.
    if (this.#late.length > 0 || !slot.put(kind, link, flags, session, ticket, bytes, start, stop)) {
      // A copy by hand: `slice` of a Buffer is a view.
      const copy = new Uint8Array(bytes.subarray(start, stop));
      this.#late.push({ put: [kind, link, flags, session, ticket, copy, 0, copy.length] });
    }
    this.#schedule();
    if (slot.length > this.#options.limits.laneMark) this.#isOver = true;
    return this.#isOver;
  }

  #schedule(): void {
    if (this.#isScheduled || !this.#isUp || this.#sent.length >= IN_FLIGHT) return;
    this.#isScheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isScheduled = false;
    if (!this.#isUp || this.#sent.length >= IN_FLIGHT) return;
    const slot = this.#slots[this.#open]!;
    if (slot.length === 0 && !this.#isDue) return;
    this.#isDue = false;
    this.#run({ slot: this.#open, length: slot.length, now: now() });
    this.#open = this.#free.pop()!;
    const wasOver = this.#isOver;
    this.#isOver = false;
    this.#takeLate();
    if (wasOver && !this.#isOver) this.#owner.clear(this);
  }

  #takeLate(): void {
    const late = this.#late;
    this.#late = [];
    for (const { put } of late) this.put(...put);
  }

  #run(task: LaneTask): void {
    const pool = this.#pool!;
    this.#sent.push(task.slot);
    (pool.run(task) as Promise<Uint8Array>).then(
      (block) => {
        if (this.#pool === pool) this.#returned(block);
      },
      (error: unknown) => this.#lose(pool, error instanceof Error ? error.message : String(error)),
    );
  }

  #returned(block: Uint8Array): void {
    const slot = this.#sent.shift()!;
    this.#slots[slot]!.length = 0;
    this.#free.push(slot);
    this.#age = 0;
    this.#apply(block);
    if (this.#isDue || this.#slots[this.#open]!.length > 0) this.#schedule();
  }

  #apply(moved: Uint8Array | ArrayBuffer): void {
    const block = ArrayBuffer.isView(moved)
      ? Buffer.from(moved.buffer, moved.byteOffset, moved.byteLength)
      : Buffer.from(moved);
    const { wakeAt, length } = blockHead(block);
    const record = new RecordCursor(block, BLOCK_HEAD, length);
    while (record.next()) this.#owner.record(this, record);
    this.#owner.settle(this);
    this.#wakeAt = wakeAt;
    // Work of its own that waits for the next batch (a step of a key exchange): no timer's millisecond for that.
    if (wakeAt <= now()) this.#isDue = true;
    else if (wakeAt < this.#timerAt) this.#setTimer();
  }

  /** One timer a lane. One that is too early is let fire and set again: deadlines mostly move later. */
  #setTimer(): void {
    clearTimeout(this.#timer);
    this.#timerAt = this.#wakeAt;
    if (this.#wakeAt === Infinity) return;
    const wait = Math.min(Math.max(1, Math.ceil(this.#wakeAt - now())), 0x7fffffff);
    this.#timer = setTimeout(() => this.#wake(), wait);
  }

  #wake(): void {
    this.#timerAt = Infinity;
    if (now() < this.#wakeAt) return this.#setTimer();
    this.#wakeAt = Infinity;
    this.#isDue = true;
    this.#schedule();
  }

  /** Looked at twice a second: a batch that does not come back means that the thread hangs. */
  watch(every: number): void {
    if (!this.#isUp || this.#sent.length === 0) return;
    if (++this.#age * every > this.#options.limits.batchTimeout) this.#lose(this.#pool!, 'batch not back in time');
  }

  /** Drops the thread and everything under way; the owner hears of it and may `start` again. */
  #lose(pool: Piscina, why: string): void {
    if (this.#pool !== pool || !this.#isUp) return;
    this.#reset();
    void pool.destroy().catch(() => undefined);
    const unsent = this.#dropUnsent();
    this.#owner.lost(this, why, unsent);
  }

  #reset(): void {
    this.#pool = undefined;
    this.#isUp = false;
    this.#isDue = false;
    this.#age = 0;
    this.#wakeAt = Infinity;
    this.#timerAt = Infinity;
    clearTimeout(this.#timer);
    for (const slot of this.#sent.splice(0)) {
      this.#slots[slot]!.length = 0;
      this.#free.push(slot);
    }
  }

  /** Empties the open slot. @returns the tickets of its requests */
  #dropUnsent(): Set<number> {
    const slot = this.#slots[this.#open]!;
    const tickets = new Set<number>();
    const record = new RecordCursor(slot.written, 0, slot.length);
    while (record.next()) if (record.kind === In.REQUEST) tickets.add(record.ticket);
    for (const { put } of this.#late) if (put[0] === In.REQUEST) tickets.add(put[4]);
    slot.length = 0;
    this.#late = [];
    if (this.#isOver) {
      this.#isOver = false;
      this.#owner.clear(this);
    }
    return tickets;
  }

  /** Ends the thread; nothing is told any more. */
  async stop(): Promise<void> {
    const pool = this.#pool;
    this.#reset();
    this.#late = [];
    await pool?.destroy();
  }
}

/** Unix time in milliseconds on a monotonic base: what the lanes are told as `now`. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
