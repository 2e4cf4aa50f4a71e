/**
 * Lane: one worker thread as the main thread sees it (design.md 4.7). A Piscina of one thread.
 * In: records, written straight into shared slots; gathered for one turn of the event loop. Out: blocks, in order.
 * Never: an object across the thread boundary, a third batch in flight, a result applied that belongs to a lost thread.
 */
import { performance } from 'node:perf_hooks';
import { Piscina } from 'piscina';
import { RecordCursor, blockHead, BLOCK_HEAD, recordEnd } from '../batch/batch.ts';
import type { LaneData, LaneTask } from '../batch/lane-task.ts';
import { In } from '../batch/records.ts';
import { makeLean } from './lean-pool.ts';
import type { Limits } from './limits.ts';
import { Slot } from './slot.ts';

/** Two in flight hide the crossing, the third fills (design.md 4.3). */
const SLOTS = 3;
const IN_FLIGHT = 2;
/**
 * MB of a lane's young objects: two half spaces of 1 MB. What a batch makes is dead by the next collection whatever the
 * size, and V8 would let each half grow to 16.
 */
const YOUNG = 3;
const EMPTY = new Uint8Array(0);
/** Smaller blocks are not worth their way back: they cost the collector little. */
const WORTH_KEEPING = 16 * 1024;

/** How a thread was lost. */
export interface Loss {
  readonly why: string;
  /** Tickets of the requests that were under way: one of them may be what killed it. */
  readonly suspects: ReadonlySet<number>;
  /** The record that was alone in its batch. */
  readonly culprit: Culprit | undefined;
}

export interface Culprit {
  readonly kind: number;
  readonly session: number;
  readonly ticket: number;
}

/** Whom a lane tells. */
export interface LaneOwner {
  /** One record of a block; its bytes may be kept as views, and then `settle` answers false. */
  record(lane: Lane, record: RecordCursor): void;
  /** All records of a block were told. @returns whether nobody reads the block any more: it is written again then */
  settle(lane: Lane): boolean;
  /** The lane takes more again, after `put` said it is over its mark. */
  clear(lane: Lane): void;
  /**
   * The thread is gone with all its sessions, and so is everything that was put and not answered by a block. What is
   * put from here on waits for the next thread.
   * @returns whether what killed it was found and will not be put again
   */
  lost(lane: Lane, loss: Loss): boolean;
  /** The lost thread has ended for good: it holds nothing any more. */
  ended(lane: Lane): void;
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
  /** Batches sent, and threads lost, since the start. */
  batches = 0;
  restarts = 0;
  readonly #options: LaneOptions;
  readonly #owner: LaneOwner;
  readonly #slots = Array.from({ length: SLOTS }, () => new Slot());
  readonly #free: number[] = [2, 1];
  #open = 0;
  /** Slots under way, oldest first. */
  readonly #sent: number[] = [];
  /** The open slot was run up to here, and a part of it is under way up to there (0: none is). */
  #from = 0;
  #partTo = 0;
  /** Records of the open slot between these are run one a batch. */
  #aloneFrom = Infinity;
  #aloneTo = Infinity;
  /** Until then every record is: the last thread died soon after its start, and nobody knows of what. */
  #carefulUntil = 0;
  #upSince = 0;
  /** Resolves when the thread that runs has ended; the next one is not started before. */
  #exit: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  /** Records that found the open slot grown to its end. */
  #late: Late[] = [];
  #pool: Piscina | undefined;
  #isUp = false;
  /** Blocks to be written again: as many as batches in flight, or one of them is lost to the collector each time. */
  readonly #spares: ArrayBuffer[] = [];
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

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Starts a thread and waits for its first, empty batch. Rejects if it cannot start, or not in time (K7). */
  async start(): Promise<void> {
    if (this.#ending !== undefined) await this.#ending;
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
        pool.run({ slot, from: 0, to: 0, now: now() } satisfies LaneTask) as Promise<Uint8Array>,
        late,
      ]);
      if (this.#pool !== pool) throw new Error('stopped while starting');
      this.#isUp = true;
      this.#upSince = now();
      this.#exit = exitOf(pool);
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
    const { number, settings, worker, limits } = this.#options;
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
      resourceLimits: {
        maxYoungGenerationSizeMb: YOUNG,
        ...(limits.laneHeap > 0 && { maxOldGenerationSizeMb: limits.laneHeap }),
      },
      workerData: { lane: number, slots, settings } satisfies LaneData,
    });
    makeLean(pool);
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

  /** What is put until `alone` is called with false is run one record a batch: each may be what killed the last thread. */
  alone(isOn: boolean): void {
    const { length } = this.#slots[this.#open]!;
    if (isOn) this.#aloneFrom = length;
    else if (length > this.#aloneFrom) this.#aloneTo = length;
    else this.#aloneFrom = Infinity;
  }

  #schedule(): void {
    if (this.#isScheduled || !this.#mayRun()) return;
    this.#isScheduled = true;
    setImmediate(() => this.#flush());
  }

  /** One batch at a time while records run alone: whose fault it is must be certain. */
  #mayRun(): boolean {
    if (!this.#isUp || this.#partTo > 0) return false;
    return this.#sent.length < (this.#carefulUntil > 0 || this.#aloneFrom < Infinity ? 1 : IN_FLIGHT);
  }

  #flush(): void {
    this.#isScheduled = false;
    if (!this.#mayRun()) return;
    const slot = this.#slots[this.#open]!;
    if (slot.length === this.#from && !this.#isDue) return;
    this.#isDue = false;
    const at = now();
    if (at > this.#carefulUntil) this.#carefulUntil = 0;
    const to = this.#partEnd(slot);
    const task = { slot: this.#open, from: this.#from, to, now: at };
    if (to < slot.length || (this.#isAlone && to > this.#from)) {
      this.#partTo = to;
      return this.#run(task);
    }
    this.#sent.push(this.#open);
    this.#run(task);
    this.#openNext();
  }

  get #isAlone(): boolean {
    return this.#carefulUntil > 0 || this.#from >= this.#aloneFrom;
  }

  /** How much of the open slot goes in one batch. */
  #partEnd(slot: Slot): number {
    if (this.#from === slot.length) return slot.length;
    if (this.#isAlone) return recordEnd(slot.written, this.#from);
    return Math.min(slot.length, this.#aloneFrom);
  }

  #openNext(): void {
    this.#open = this.#free.pop()!;
    this.#from = 0;
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
    this.batches++;
    this.#post(pool, task).then(
      (block) => {
        if (this.#pool === pool) this.#returned(block);
      },
      (error: unknown) => this.#lose(pool, error instanceof Error ? error.message : String(error)),
    );
  }

  /** With a block to write again, if there is one: the collector has nothing to do with large answers then. */
  #post(pool: Piscina, task: LaneTask): Promise<Uint8Array> {
    const spare = this.#spares.pop();
    if (spare === undefined) return pool.run(task) as Promise<Uint8Array>;
    return pool.run({ ...task, spare }, { transferList: [spare] }) as Promise<Uint8Array>;
  }

  #returned(block: Uint8Array): void {
    if (this.#partTo > 0) this.#partReturned();
    else {
      const slot = this.#sent.shift()!;
      this.#slots[slot]!.clear();
      this.#free.push(slot);
    }
    this.#age = 0;
    this.#apply(block);
    if (this.#isDue || this.#slots[this.#open]!.length > this.#from) this.#schedule();
  }

  #partReturned(): void {
    const slot = this.#slots[this.#open]!;
    this.#from = this.#partTo;
    this.#partTo = 0;
    if (this.#from >= this.#aloneTo) this.#aloneFrom = this.#aloneTo = Infinity;
    if (this.#from < slot.length) return;
    slot.clear();
    this.#free.push(this.#open);
    this.#openNext();
  }

  #apply(moved: Uint8Array | ArrayBuffer): void {
    const block = ArrayBuffer.isView(moved)
      ? Buffer.from(moved.buffer, moved.byteOffset, moved.byteLength)
      : Buffer.from(moved);
    const { wakeAt, length } = blockHead(block);
    const record = new RecordCursor(block, BLOCK_HEAD, length);
    while (record.next()) this.#owner.record(this, record);
    const isFree = this.#owner.settle(this);
    const isWorth = block.length >= WORTH_KEEPING && this.#spares.length < IN_FLIGHT;
    if (isFree && isWorth) this.#spares.push(block.buffer as ArrayBuffer);
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
    if (!this.#isUp || (this.#sent.length === 0 && this.#partTo === 0)) return;
    if (++this.#age * every > this.#options.limits.batchTimeout) this.#lose(this.#pool!, 'batch not back in time');
  }

  /** Drops the thread and everything that was put; the owner hears of it and may put what it has, and `start` again. */
  #lose(pool: Piscina, why: string): void {
    if (this.#pool !== pool || !this.#isUp) return;
    this.restarts++;
    const loss = { why, suspects: this.#suspects(), culprit: this.#culprit() };
    const wasOver = this.#isOver;
    const { carefulFor } = this.#options.limits;
    const isSudden = now() - this.#upSince < carefulFor;
    this.#reset();
    this.#ending = this.#end(pool).then(() => this.#owner.ended(this));
    const isSolved = this.#owner.lost(this, loss);
    if (isSudden && !isSolved) this.#carefulUntil = now() + carefulFor;
    if (wasOver && !this.#isOver) this.#owner.clear(this);
  }

  /** Ends the thread, whatever it is doing. Resolves when it has ended, or took too long. */
  async #end(pool: Piscina): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, END_TIME)));
    void pool.destroy().catch(() => undefined);
    await Promise.race([this.#exit, late]);
    clearTimeout(timer);
  }

  /** Tickets of the requests the thread had when it died. */
  #suspects(): Set<number> {
    const tickets = new Set<number>();
    for (const slot of this.#sent) requestsOf(this.#slots[slot]!, 0, this.#slots[slot]!.length, tickets);
    requestsOf(this.#slots[this.#open]!, this.#from, this.#partTo, tickets);
    return tickets;
  }

  #culprit(): Culprit | undefined {
    if (this.#partTo === this.#from || this.#partTo === 0 || !this.#isAlone) return undefined;
    const record = new RecordCursor(this.#slots[this.#open]!.written, this.#from, this.#partTo);
    record.next();
    return { kind: record.kind, session: record.session, ticket: record.ticket };
  }

  #reset(): void {
    this.#pool = undefined;
    this.#isUp = false;
    this.#isDue = false;
    this.#isOver = false;
    this.#age = 0;
    this.#wakeAt = Infinity;
    this.#timerAt = Infinity;
    this.#from = 0;
    this.#partTo = 0;
    this.#aloneFrom = Infinity;
    this.#aloneTo = Infinity;
    this.#carefulUntil = 0;
    this.#late = [];
    clearTimeout(this.#timer);
    this.#slots[this.#open]!.clear();
    for (const slot of this.#sent.splice(0)) {
      this.#slots[slot]!.clear();
      this.#free.push(slot);
    }
  }

  /** Ends the thread; nothing is told any more. */
  async stop(): Promise<void> {
    const pool = this.#pool;
    this.#reset();
    await pool?.destroy();
  }
}

/** A thread that does not end in this time is left to itself. */
const END_TIME = 2_000;

/** When a pool's only thread has ended. The pool itself starts another then, and its `destroy` waits for that one too. */
function exitOf(pool: Piscina): Promise<void> {
  const [thread] = pool.threads;
  return new Promise((resolve) => {
    if (thread === undefined) resolve();
    else thread.once('exit', () => resolve());
  });
}

function requestsOf(slot: Slot, from: number, to: number, tickets: Set<number>): void {
  const record = new RecordCursor(slot.written, from, to);
  while (record.next()) if (record.kind === In.REQUEST || record.kind === In.AGAIN) tickets.add(record.ticket);
}

/** Unix time in milliseconds on a monotonic base: what the lanes are told as `now`. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
