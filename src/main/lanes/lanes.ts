/**
 * Lanes: the keyed pool (decisions: lanes). A session is given to the lane with the fewest, and stays.
 * In: how many, and the worker's file. Out: lanes that run, are watched, and come back when their thread is lost.
 * Never: moves a session, or gives up silently: a worker that will not start again is told to the owner.
 */
import type { RecordCursor } from '../../batch/batch.ts';
import type { MainEnv, Timer } from '../env.ts';
import { Lane, type LaneOwner, type Loss } from './lane.ts';
import type { Limits } from '../limits/limits.ts';
import type { LaneOptions } from './thread.ts';

const WATCH_EVERY = 500;
/** Waits between attempts to start a lost lane again, ms; after the last one it counts as broken. */
const RETRY_AFTER = [0, 50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000];

/** Whom the pool tells: what each lane tells, and what becomes of lost lanes. */
export interface LanesOwner extends Omit<LaneOwner, 'lost'> {
  /**
   * As `LaneOwner.lost`.
   * @param isHopeless it is lost again and again (decisions: lanes): nothing of it should be put again
   */
  lost(lane: Lane, loss: Loss, isHopeless: boolean): boolean;
  /** A lane does not start any more. */
  broken(lane: Lane, error: unknown): void;
  /** A lost lane runs again. */
  revived(lane: Lane): void;
}

/** The pool: a fixed number of lanes, numbered from 0. */
export class Lanes implements LaneOwner {
  readonly all: readonly Lane[];
  readonly #owner: LanesOwner;
  #watch: Timer | undefined;
  #isStopped = false;
  readonly #waits = new Set<Timer>();
  readonly #limits: Limits;
  readonly #env: MainEnv;
  /** When each lane was lost with nobody found at fault, Unix ms; older losses than `laneDeathsWithin` are forgotten. */
  readonly #deaths = new Map<Lane, number[]>();

  constructor(count: number, options: Omit<LaneOptions, 'number'>, owner: LanesOwner) {
    this.#owner = owner;
    this.#limits = options.limits;
    this.#env = options.env;
    this.all = Array.from({ length: count }, (_, number) => new Lane({ ...options, number }, this));
  }

  /** Starts all threads, or none. Rejects with the first error. */
  async start(): Promise<void> {
    try {
      await Promise.all(this.all.map((lane) => lane.start()));
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#watch = this.#env.setRepeated(() => {
      for (const lane of this.all) lane.watch(WATCH_EVERY);
    }, WATCH_EVERY);
  }

  /** The lane for a new session. */
  pick(): Lane {
    let fewest = this.all[0]!;
    for (const lane of this.all) if (lane.sessions < fewest.sessions) fewest = lane;
    return fewest;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#env.clearTimer(this.#watch);
    for (const wait of this.#waits) this.#env.clearTimer(wait);
    await Promise.all(this.all.map((lane) => lane.stop()));
  }

  record(lane: Lane, record: RecordCursor): void {
    this.#owner.record(lane, record);
  }

  settle(lane: Lane): boolean {
    return this.#owner.settle(lane);
  }

  clear(lane: Lane, session: number): void {
    this.#owner.clear(lane, session);
  }

  /** A lane has no thread that runs. */
  get isDegraded(): boolean {
    return this.all.some((lane) => !lane.isUp);
  }

  ended(lane: Lane): void {
    this.#owner.ended(lane);
  }

  lost(lane: Lane, loss: Loss): boolean {
    const deaths = this.#countDeath(lane);
    const isHopeless = deaths.length >= this.#limits.laneDeaths;
    const isSolved = this.#owner.lost(lane, loss, isHopeless) || isHopeless;
    if (isSolved) deaths.length = 0;
    this.#revive(lane, 0);
    return isSolved;
  }

  #countDeath(lane: Lane): number[] {
    const at = this.#env.now();
    const recent = (this.#deaths.get(lane) ?? []).filter((one) => at - one < this.#limits.laneDeathsWithin);
    recent.push(at);
    this.#deaths.set(lane, recent);
    return recent;
  }

  #revive(lane: Lane, attempt: number): void {
    if (this.#isStopped) return;
    const wait = this.#env.setTimer(() => {
      this.#waits.delete(wait);
      lane.start().then(
        () => this.#owner.revived(lane),
        (error: unknown) => {
          if (this.#isStopped) return;
          if (attempt + 1 < RETRY_AFTER.length) this.#revive(lane, attempt + 1);
          else this.#owner.broken(lane, error);
        },
      );
    }, RETRY_AFTER[attempt]!);
    this.#waits.add(wait);
  }
}
