/**
 * Watchdog: ends a process whose main thread no longer turns, from a thread that needs no turn of it.
 * In: a beat that the main thread counts up. Out: one line on stderr, and the end by SIGKILL, which kept sessions and clients
 * survive as they survive a crash. Never: judges by the clock (a process that was suspended has missed no look), or while
 * an inspector is open.
 */
import inspector from 'node:inspector';
import { Worker } from 'node:worker_threads';
import type { LogEvent } from '../telemetry/events.ts';

/** How often the beat is counted and looked at, ms. */
const EVERY = 1_000;
/** Looks without a beat after which the process is killed: more than the slowest start (a vault that is checked) and every drain take. */
const LOOKS = 30;

/** What the watching thread runs. Plain JavaScript: it loads nothing, and blocks between two looks. */
const WATCHING = `
const { workerData: { beat, every, looks, pid } } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const still = new Int32Array(new SharedArrayBuffer(4));
let last = -1;
let missed = 0;
while (Atomics.load(beat, 1) === 0) {
  Atomics.wait(still, 0, 0, every);
  const now = Atomics.load(beat, 0);
  missed = now === last ? missed + 1 : 0;
  last = now;
  if (missed < looks) continue;
  try {
    writeSync(2, JSON.stringify({ level: 60, event: '${'stuck' satisfies LogEvent}', pid, reason: 'the main thread has not turned for ' + Math.round((looks * every) / 1000) + ' s: the process ends itself' }) + '\\n');
  } catch {}
  process.kill(pid, 'SIGKILL');
}
`;

/**
 * Starts watching the thread that calls this; for the rest of the process's life.
 * @param every ms between two looks; @param looks without a beat until the end
 */
export function watch(every = EVERY, looks = LOOKS): void {
  const beat = new Int32Array(new SharedArrayBuffer(8));
  const workerData = { beat, every, looks, pid: process.pid };
  const worker = new Worker(WATCHING, { eval: true, workerData, resourceLimits: { maxOldGenerationSizeMb: 8 } });
  worker.unref();
  worker.on('error', () => undefined);
  setInterval(() => beatOnce(beat), every).unref();
  process.on('exit', () => Atomics.store(beat, 1, 1));
}

/** Counts a beat. An open inspector may halt the main thread on purpose, so it ends the watching for good. */
function beatOnce(beat: Int32Array): void {
  Atomics.add(beat, 0, 1);
  if (inspector.url() !== undefined) Atomics.store(beat, 1, 1);
}
