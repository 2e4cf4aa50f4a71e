/**
 * What it costs to cross to a lane's thread and back, by records in a batch (decisions: crossing).
 * In: nothing. Out: tasks a second, time of the main thread and of all threads a record. Never: work in the lane.
 *
 * Three ways: a pool of one thread a lane, as the gateway has it; one pool keyed by its load balancer; a bare port.
 */
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Bench, Context } from './bench.ts';
import { rowOf, type Report } from './report.ts';

const LANES = 2;
/** Batches under way to each lane. */
const IN_FLIGHT = 2;
const RECORD = 256;
const BATCHES = [1, 8, 64];
const SCRIPT = new URL('./crossing-worker.js', import.meta.url);

/** A way to cross: runs one batch on a lane. */
interface Way {
  readonly name: string;
  run(lane: number, slot: number, length: number): Promise<unknown>;
  stop(): Promise<unknown>;
}

function slots(): SharedArrayBuffer[] {
  return Array.from({ length: IN_FLIGHT }, () => new SharedArrayBuffer(RECORD * Math.max(...BATCHES)));
}

function poolOptions(): ConstructorParameters<typeof Piscina>[0] {
  return {
    filename: SCRIPT.href,
    atomics: 'sync',
    stricterFIFO: true,
    recordTiming: false,
    idleTimeout: Infinity,
    concurrentTasksPerWorker: IN_FLIGHT + 1,
    workerData: { slots: slots() },
  };
}

function poolsOfOne(): Way {
  const pools = Array.from({ length: LANES }, () => new Piscina({ ...poolOptions(), minThreads: 1, maxThreads: 1 }));
  return {
    name: 'pools of one',
    run: (lane, slot, length) => pools[lane]!.run({ slot, length }),
    stop: () => Promise.all(pools.map((pool) => pool.destroy())),
  };
}

/** One pool; the balancer takes the worker of the task's lane, known by the order in which they started. */
function keyedPool(): Way {
  const pool = new Piscina({
    ...poolOptions(),
    minThreads: LANES,
    maxThreads: LANES,
    loadBalancer: (task, workers) => {
      const { key } = task as unknown as { key?: number };
      return workers.toSorted((a, b) => a.id - b.id)[key ?? 0] ?? workers[0]!;
    },
  });
  return {
    name: 'one keyed pool',
    run: (lane, slot, length) => pool.run({ slot, length, [Piscina.queueOptionsSymbol]: { key: lane } }),
    stop: () => pool.destroy(),
  };
}

function barePort(): Way {
  const lanes = Array.from({ length: LANES }, () => {
    const worker = new Worker(fileURLToPath(SCRIPT), { workerData: { slots: slots(), isBare: true } });
    const waiting: ((value: unknown) => void)[] = [];
    worker.on('message', (block) => waiting.shift()!(block));
    return { worker, waiting };
  });
  return {
    name: 'bare port',
    run(lane, slot, length) {
      const { worker, waiting } = lanes[lane]!;
      worker.postMessage({ slot, length });
      return new Promise((resolve) => waiting.push(resolve));
    },
    stop: () => Promise.all(lanes.map(({ worker }) => worker.terminate())),
  };
}

/** Both lanes busy for a time. */
async function measure(way: Way, batch: number, milliseconds: number): Promise<Record<string, number>> {
  const [cpu, loop, from] = [process.cpuUsage(), performance.eventLoopUtilization(), performance.now()];
  let tasks = 0;
  const feed = async (lane: number, slot: number): Promise<void> => {
    for (; performance.now() - from < milliseconds; tasks++) await way.run(lane, slot, batch * RECORD);
  };
  const feeds = Array.from({ length: LANES * IN_FLIGHT }, (_, i) => feed(i % LANES, Math.floor(i / LANES)));
  await Promise.all(feeds);
  const took = performance.now() - from;
  const { user, system } = process.cpuUsage(cpu);
  const records = tasks * batch;
  return {
    tasks: (tasks / took) * 1000,
    records: (records / took) * 1000,
    main: (performance.eventLoopUtilization(loop).active * 1000) / records,
    cpu: (user + system) / records,
  };
}

/** One small batch at a time, nothing else under way. */
async function roundTrip(way: Way, milliseconds: number): Promise<number> {
  const from = performance.now();
  let tasks = 0;
  for (; performance.now() - from < milliseconds; tasks++) await way.run(0, 0, RECORD);
  return ((performance.now() - from) * 1000) / tasks;
}

async function run(context: Context): Promise<Report> {
  const ways = [poolsOfOne(), keyedPool(), barePort()];
  const runs = new Map<string, Record<string, number>[]>();
  const milliseconds = context.seconds * 250;
  try {
    for (let i = 0; i <= context.runs; i++) {
      context.progress(i === 0 ? 'warm-up' : `run ${i}`);
      for (const batch of BATCHES) {
        for (const way of ways) {
          const figures = await measure(way, batch, milliseconds);
          if (batch === 1) figures['trip'] = await roundTrip(way, milliseconds / 2);
          const name = `${way.name}, batches of ${batch}`;
          if (i > 0) runs.set(name, [...(runs.get(name) ?? []), figures]);
        }
      }
    }
  } finally {
    await Promise.all(ways.map((way) => way.stop()));
  }
  return report([...runs].map(([name, figures]) => rowOf(name, figures)));
}

function report(rows: Report['rows']): Report {
  return {
    bench: 'crossing',
    about: `records of ${RECORD} B to ${LANES} lanes and back, ${IN_FLIGHT} batches in flight each`,
    columns: [
      { key: 'tasks', title: 'batches/s', better: 'more' },
      { key: 'records', title: 'records/s', better: 'more' },
      { key: 'main', title: 'main us/record', better: 'less' },
      { key: 'cpu', title: 'all threads us/record', better: 'less' },
      { key: 'trip', title: 'alone us', better: 'less' },
    ],
    rows,
    notes: ['alone: one batch of one record there and back, nothing else under way.'],
  };
}

export const crossing: Bench = { name: 'crossing', about: 'records to a lane and back, by batch size', run };
