/**
 * Piscina patch: what Piscina 5.3.2 makes anew for every task is made once a worker.
 * In: a pool just made. Out: the same pool. Never: another order, another answer; a Piscina that looks otherwise is left
 * as it is.
 *
 * For each task it makes an object of six accessors to show its balancer, and a Map of the tasks under way that is built
 * anew whenever it has become empty. Each table of a Map that was given up points to the next, so once one has grown old
 * the scavenger keeps all that follow, with their tasks: 0.7 KB a batch became old garbage, and the main thread's full
 * collections came every few seconds.
 */
/** The parts of Piscina's WorkerInfo that are replaced. */
interface Worker {
  taskInfos: ReadonlyMap<number, unknown>;
  readonly interface: object;
}

/** As much of a Piscina as is needed here. */
interface Pool {
  on(event: 'workerCreate', listener: (shown: object) => void): unknown;
}

/** To be called before the pool's first microtask. */
export function patchPiscina(pool: Pool): void {
  pool.on('workerCreate', (shown) => {
    const worker = workerOf(shown);
    if (worker === undefined) return;
    const tasks = new Tasks();
    for (const [id, task] of worker.taskInfos) tasks.set(id, task);
    worker.taskInfos = tasks as unknown as ReadonlyMap<number, unknown>;
    Object.defineProperty(worker, 'interface', { value: shown });
  });
}

function workerOf(shown: object): Worker | undefined {
  const symbol = Object.getOwnPropertySymbols(shown).find((one) => one.description === 'Piscina.kWorkerData');
  if (symbol === undefined) return undefined;
  const worker = (shown as Record<symbol, Partial<Worker> | undefined>)[symbol];
  return worker?.taskInfos instanceof Map && typeof worker.interface === 'object' ? (worker as Worker) : undefined;
}

/** As much of a Map as Piscina uses, for the two or three tasks a lane has under way. */
export class Tasks {
  readonly #ids: number[] = [];
  readonly #tasks: unknown[] = [];

  get size(): number {
    return this.#ids.length;
  }

  has(id: number): boolean {
    return this.#ids.includes(id);
  }

  get(id: number): unknown {
    const at = this.#ids.indexOf(id);
    return at < 0 ? undefined : this.#tasks[at];
  }

  set(id: number, task: unknown): this {
    this.delete(id);
    this.#ids.push(id);
    this.#tasks.push(task);
    return this;
  }

  delete(id: number): boolean {
    const at = this.#ids.indexOf(id);
    if (at < 0) return false;
    this.#ids.splice(at, 1);
    this.#tasks.splice(at, 1);
    return true;
  }

  clear(): void {
    this.#ids.length = 0;
    this.#tasks.length = 0;
  }

  values(): IterableIterator<unknown> {
    return this.#tasks.values();
  }

  [Symbol.iterator](): IterableIterator<[number, unknown]> {
    return this.#ids.map((id, at): [number, unknown] => [id, this.#tasks[at]]).values();
  }
}
