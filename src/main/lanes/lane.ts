/**
 * Lane: one worker thread as the main thread sees it (decisions: lanes): always there, whichever thread runs it.
 * In: records, written straight into `lane-queue.ts`; gathered for one turn of the event loop. Out: blocks, in order.
 * Never: an object across the thread boundary, a result applied that belongs to a lost thread.
 */
import { errorText } from '../../error-text.ts';
import { type PutRecord, RecordCursor, blockHead, BLOCK_HEAD } from '../../batch/batch.ts';
import type { LaneTask } from '../../batch/lane-task.ts';
import { WakeTimer } from './wake-timer.ts';
import { type Culprit, IN_FLIGHT, LaneQueue } from './lane-queue.ts';
import { LaneWriter } from './lane-writer.ts';
import { type LaneOptions, Thread } from './thread.ts';

const NONE: readonly number[] = [];
/** Bytes from which on a block goes back to its thread to be written again; smaller ones cost the collector little. */
const WORTH_KEEPING = 16 * 1024;

/** How a thread was lost. */
export interface Loss {
  readonly why: string;
  /** Tickets of the requests that were under way: one of them may be what killed it. */
  readonly suspects: ReadonlySet<number>;
  /** The record that was alone in its batch. */
  readonly culprit: Culprit | undefined;
}

/** Whom a lane tells. */
export interface LaneOwner {
  /** One record of a block; its bytes may be kept as views, and then `settle` answers false. */
  record(lane: Lane, record: RecordCursor): void;
  /** All records of a block were told. @returns whether nobody reads the block any more: it is written again then */
  settle(lane: Lane): boolean;
  /** The lane takes more of this session again, after `request` or `linkBytes` said that too much of it waits. */
  clear(lane: Lane, session: number): void;
  /**
   * The thread is gone with all its sessions, and so is everything that was put and not answered by a block. What is
   * put from here on waits for the next thread.
   * @returns whether what killed it was found and will not be put again
   */
  lost(lane: Lane, loss: Loss): boolean;
  /** The lost thread has ended for good: it holds nothing any more. */
  ended(lane: Lane): void;
}

/** One lane: `start` gives it a thread, again after each loss; records that are put meanwhile wait. */
export class Lane extends LaneWriter {
  readonly number: number;
  /** Sessions that live on this lane; the router counts them. */
  sessions = 0;
  /** Batches sent, and threads lost, since the start. */
  batches = 0;
  restarts = 0;
  readonly #options: LaneOptions;
  readonly #owner: LaneOwner;
  readonly #queue: LaneQueue;
  #thread: Thread | undefined;
  #isUp = false;
  #upSince = 0;
  /** Resolves when the lost thread has ended; the next one is not started before. */
  #ending: Promise<void> | undefined;
  /** Blocks to be written again, as many as batches in flight: with fewer, the collector gets one each time. */
  readonly #spares: ArrayBuffer[] = [];
  #isScheduled = false;
  /** An empty batch is due: the lane's deadline has passed. */
  #isDue = false;
  /** The last batch had records that had waited for their turn. */
  #hadTurn = false;
  readonly #wakeTimer: WakeTimer;
  /** Looks of the watchdog since the oldest batch left; counted, not timed, so that a suspended process loses no lane. */
  #age = 0;

  constructor(options: LaneOptions, owner: LaneOwner) {
    super();
    this.number = options.number;
    this.#options = options;
    this.#owner = owner;
    this.#queue = new LaneQueue(options.limits.laneMark);
    this.#wakeTimer = new WakeTimer(options.env, () => this.#wake());
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Starts a thread and waits for its first, empty batch. Rejects if it cannot start, or not in time. */
  async start(): Promise<void> {
    if (this.#ending !== undefined) await this.#ending;
    const thread: Thread = new Thread(this.#options, this.#queue.shared, (why) => this.#lose(thread, why));
    this.#thread = thread;
    try {
      const block = await thread.start({ slot: 0, from: 0, to: 0, now: this.#options.env.now() });
      if (this.#thread !== thread) throw new Error('stopped while starting');
      this.#isUp = true;
      this.#upSince = this.#options.env.now();
      this.#apply(block);
    } catch (error) {
      if (this.#thread === thread) this.#thread = undefined;
      thread.abandon();
      throw error;
    }
    if (this.#queue.hasMore) this.#schedule();
  }

  // --- to the thread ---------------------------------------------------------------------------------------------------

  /** The record leaves at the end of this turn of the event loop, or when its session has its turn. Never refuses. */
  protected readonly put: PutRecord = (kind, link, flags, session, ticket, bytes, start, stop) => {
    const isOver = this.#queue.put(kind, link, flags, session, ticket, bytes, start, stop);
    this.#schedule();
    return isOver;
  };

  protected override shareTurn(attachment: number, turn: number, session: number): void {
    this.#queue.shareTurn(attachment, turn, session);
  }

  #schedule(): void {
    if (this.#isScheduled || !this.#mayRun()) return;
    this.#isScheduled = true;
    setImmediate(() => this.#flush());
  }

  #mayRun(): boolean {
    return this.#isUp && this.#queue.mayLeave;
  }

  #flush(): void {
    this.#isScheduled = false;
    if (!this.#mayRun() || !(this.#queue.hasMore || this.#isDue)) return;
    // A turn may take the lane two batches: the next session's turn does not begin between them.
    const cleared = this.#isDue && this.#hadTurn ? NONE : this.#queue.takeTurn();
    this.#hadTurn = this.#queue.hasTurn;
    this.#isDue = false;
    this.#run(this.#queue.leave(this.#options.env.now()));
    if (!this.#queue.isInParts) this.#openNext();
    for (const session of cleared) this.#owner.clear(this, session);
  }

  #run(task: LaneTask): void {
    const thread = this.#thread!;
    this.batches++;
    thread.run(task, this.#spares.pop()).then(
      (block) => {
        if (this.#thread === thread) this.#returned(block);
      },
      (error: unknown) => this.#lose(thread, errorText(error)),
    );
  }

  #openNext(): void {
    this.#queue.openNext();
    if (this.#queue.hasMore) this.#schedule();
  }

  #wake(): void {
    this.#isDue = true;
    this.#schedule();
  }

  // --- back from it ----------------------------------------------------------------------------------------------------

  #returned(block: Uint8Array): void {
    if (this.#queue.returned()) this.#openNext();
    this.#age = 0;
    this.#apply(block);
    if (this.#isDue || this.#queue.hasMore) this.#schedule();
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
    // The lane's own work (a step of a key exchange) waits for the next batch: that leaves at once, without a timer's millisecond.
    if (this.#wakeTimer.set(wakeAt)) this.#isDue = true;
  }

  // --- its loss --------------------------------------------------------------------------------------------------------

  /** Loses a thread whose oldest batch has not come back within `batchTimeout`. @param every ms between two calls */
  watch(every: number): void {
    if (!this.#isUp || !this.#queue.areUnderWay) return;
    if (++this.#age * every > this.#options.limits.batchTimeout) this.#lose(this.#thread!, 'batch not back in time');
  }

  /** Drops the thread and everything that was put; the owner hears of it and may put what it has, and `start` again. */
  #lose(thread: Thread, why: string): void {
    if (this.#thread !== thread || !this.#isUp) return;
    this.restarts++;
    const loss = { why, suspects: this.#queue.suspects(), culprit: this.#queue.culprit() };
    const { carefulFor } = this.#options.limits;
    const isSudden = this.#options.env.now() - this.#upSince < carefulFor;
    this.#reset();
    this.#ending = thread.end().then(() => this.#owner.ended(this));
    const isSolved = this.#owner.lost(this, loss);
    if (isSudden && !isSolved) this.#queue.careful(this.#options.env.now() + carefulFor);
  }

  #reset(): void {
    this.#thread = undefined;
    this.#isUp = false;
    this.#isDue = false;
    this.#age = 0;
    this.#wakeTimer.clear();
    this.#queue.reset();
  }

  /** Ends the thread; the owner is told nothing from here on. */
  async stop(): Promise<void> {
    const thread = this.#thread;
    this.#reset();
    await thread?.stop();
  }
}
