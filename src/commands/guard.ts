/**
 * Guard: what keeps a process's memory to itself (threats: Secrets).
 * In: nothing. Out: a process that no signal makes inspectable, whose core dump holds none of its data, and which
 * ends without a word once nobody reads its output.
 * Never: a wait, or an end of the process because a system has no such switch.
 */
import { writeFileSync } from 'node:fs';

/** Whether the process goes on when nobody reads its output. */
let isServing = false;

/** From this call on a closed or full output no longer ends the process: clients are being served. */
export function serveOn(): void {
  isServing = true;
}

/** `… | head` has read enough: that is no error (EPIPE). A full disk is one. */
function outputFailed(error: NodeJS.ErrnoException): void {
  if (isServing) return;
  if (error.code === 'EPIPE') process.exit();
  process.exitCode = 1;
  process.stderr.write(`mtproto2json: the output cannot be written (${error.code ?? error.message})\n`);
}

/** Keeps the process's memory to itself. Called before any command runs, as each may hold keys. */
export function guard(): void {
  // Without a handler Node opens its inspector on this signal, and with it all memory, to every local user.
  process.on('SIGUSR1', () => undefined);
  for (const output of [process.stdout, process.stderr]) output.on('error', outputFailed);
  try {
    // Linux: a dump of the process, should the system's limits allow one, has no mapping in it (core(5)).
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // Elsewhere `ulimit -c 0` is the operator's.
  }
}
