/**
 * Thread: one worker thread from its start to its end. A Piscina of one thread (decisions: lanes).
 * In: batches. Out: what they gave, in order; once it is up, that it was lost. Never: an object across the thread boundary
 * that is no batch; a second thread: when the first is lost, this one is over.
 */
import { Piscina } from 'piscina';
import type { LaneData, LaneTask } from '../../batch/lane-task.ts';
import { patchPiscina } from './piscina-patch.ts';
import type { MainEnv, Timer } from '../env.ts';
import type { Limits } from '../limits/limits.ts';

/**
 * MB of a lane's young objects: two half spaces of 1 MB. What a batch makes is dead by the next collection whatever the
 * size, and V8 would let each half grow to 16.
 */
const YOUNG = 3;
/** How long a thread may take to end before nobody waits for it, ms. */
const END_TIME = 2_000;

/** What a lane and its threads are made of. */
export interface LaneOptions {
  readonly number: number;
  /** The worker's built file. */
  readonly worker: URL;
  /** `LaneData.settings`, passed on unseen. */
  readonly settings: unknown;
  readonly limits: Limits;
  readonly env: MainEnv;
}

/** One worker thread. When it is lost, another `Thread` takes its place. */
export class Thread {
  readonly #options: LaneOptions;
  readonly #pool: Piscina;
  readonly #lost: (why: string) => void;
  /** Resolves when the thread has ended. */
  #exit: Promise<void> | undefined;

  /**
   * @param slots what the batches are written into
   * @param lost may be called more than once, and after `end`
   */
  constructor(options: LaneOptions, slots: readonly SharedArrayBuffer[], lost: (why: string) => void) {
    this.#options = options;
    this.#lost = lost;
    const { number, settings, worker, limits } = options;
    this.#pool = new Piscina({
      filename: worker.href,
      minThreads: 1,
      maxThreads: 1,
      atomics: 'sync',
      stricterFIFO: true,
      recordTiming: false,
      idleTimeout: Infinity,
      concurrentTasksPerWorker: slots.length,
      resourceLimits: {
        maxYoungGenerationSizeMb: YOUNG,
        ...(limits.laneHeap > 0 && { maxOldGenerationSizeMb: limits.laneHeap }),
      },
      workerData: { lane: number, slots, settings } satisfies LaneData,
    });
    patchPiscina(this.#pool);
    this.#pool.on('error', (error: Error) => lost(error.message));
  }

  /** Runs the first batch. Rejects if the thread cannot start, or not within `startTimeout`. */
  async start(task: LaneTask): Promise<Uint8Array> {
    const { number, limits, env } = this.#options;
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      const why = new Error(`worker of lane ${number} did not start in time`);
      timer = env.setTimer(() => reject(why), limits.startTimeout);
    });
    try {
      const block = await Promise.race([this.run(task, undefined), late]);
      this.#exit = exitOf(this.#pool);
      this.#pool.on('workerDestroy', () => this.#lost('thread ended'));
      return block;
    } finally {
      env.clearTimer(timer);
    }
  }

  /** @param spare a block to write again, if there is one: the collector has nothing to do with large answers then */
  run(task: LaneTask, spare: ArrayBuffer | undefined): Promise<Uint8Array> {
    if (spare === undefined) return this.#pool.run(task) as Promise<Uint8Array>;
    return this.#pool.run({ ...task, spare }, { transferList: [spare] }) as Promise<Uint8Array>;
  }

  /** Ends the thread, whatever it is doing. Resolves when it has ended, or after `END_TIME`. */
  async end(): Promise<void> {
    const { env } = this.#options;
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => (timer = env.setTimer(resolve, END_TIME)));
    this.abandon();
    await Promise.race([this.#exit, late]);
    env.clearTimer(timer);
  }

  /** Ends the thread; nobody waits for that. */
  abandon(): void {
    void this.#pool.destroy().catch(() => undefined);
  }

  /** Ends the thread with the process: waits however long that takes. */
  async stop(): Promise<void> {
    await this.#pool.destroy();
  }
}

/** When a pool's only thread has ended. The pool itself starts another then, and its `destroy` waits for that one too. */
function exitOf(pool: Piscina): Promise<void> {
  const [thread] = pool.threads;
  return new Promise((resolve) => {
    if (thread === undefined) resolve();
    else thread.once('exit', () => resolve());
  });
}
