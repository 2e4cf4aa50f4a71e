/**
 * Guard: what keeps a process's memory to itself (failures.md S3).
 * In: nothing. Out: a process that no signal makes inspectable, and whose core dump holds none of its data.
 * Never: a wait, or an end of the process because a system has no such switch.
 */
import { writeFileSync } from 'node:fs';

/** First thing in every command: they all may hold keys. */
export function guard(): void {
  // Without a handler Node opens its inspector on this signal, and with it all memory, to every local user.
  process.on('SIGUSR1', () => undefined);
  try {
    // Linux: a dump of the process, should the system's limits allow one, has no mapping in it (core(5)).
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // Elsewhere `ulimit -c 0` is the operator's.
  }
}
