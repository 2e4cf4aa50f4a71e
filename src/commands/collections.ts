/**
 * Collections: how much V8 lets pile up before it collects, on this process's threads.
 * In: the size of the main thread's heap, now and then. Out: V8's flags. Never: a collection of its own.
 *
 * V8 begins a full collection when the heap has grown, bytes of Buffers counted, past a limit that it takes from the objects of
 * the heap alone: with the 17 MB of a gateway, each 20 to 30 MB. A client that sends messages of 1 MB made the main thread collect
 * 12 times a second, some 12 ms each, and all its neighbours waited: their p99 was 1.8 times what it is without it.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';

const MB = 1024 * 1024;
/** Bytes of Buffers that may come and go between two full collections of the main thread. */
const ROOM = 64 * MB;
/** With a heap larger than this, V8's own limit leaves enough room, and ours would let too many dead objects pile up. */
const SMALL_HEAP = 32 * MB;
/** MB that a lane's old objects and Buffers may come to before its first full collection, and before any later one. */
const LANE_HEAP = 96;
/** How often the heap is looked at, ms. It grows with the sessions. */
const EVERY = 5_000;

/**
 * What a heap may grow by until its next full collection, in hundredths of it (V8's `--heap-growing-percent`).
 * @param heap bytes of its objects @returns 0: as V8 sees fit
 */
export function growthOf(heap: number): number {
  return heap < SMALL_HEAP ? Math.round((100 * ROOM) / heap) : 0;
}

/** Sets V8's limits for the whole process, lanes that start later included, and adapts them until it ends. */
export function spareCollections(): void {
  // Read when a thread's heap is made; the main thread's is there already.
  setFlagsFromString(`--initial-old-space-size=${LANE_HEAP}`);
  keepYoungSpaceSmall();
  look();
  setInterval(look, EVERY).unref();
}

/**
 * The main thread's young space stays as large as it is, 4 MB twice, where V8 would let each half grow to 16. What the hot
 * path makes is dead by the next collection whatever the size. V8 reads this flag when it would grow a space, and forgets
 * it with each thread that starts: the lanes have limits of their own.
 */
export function keepYoungSpaceSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/**
 * Read at the end of each full collection, for the next one, and by every thread of the process: a lane whose heap is larger than the
 * main thread's may grow by the same part of it. That is bounded by `SMALL_HEAP`, as both grow with the sessions.
 */
function look(): void {
  setFlagsFromString(`--heap-growing-percent=${growthOf(getHeapStatistics().used_heap_size)}`);
}
