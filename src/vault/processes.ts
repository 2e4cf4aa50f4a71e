/**
 * Processes: who has a name, in words that another process can check.
 * In: `/proc`, and what a process wrote about itself. Out: is it alive? Never: kills or signals anything.
 *
 * In the same boot and the same PID namespace the PID and its start time say. Another container's PIDs say nothing here;
 * its process is seen by its socket (`signs-of-life.ts`), or must have been heard lately.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';

export interface Identity {
  /** One for each open vault: two of one process are two. */
  readonly uuid: string;
  readonly pid: number;
  /** `pid:[4026531836]`; empty where there is no `/proc`. */
  readonly namespace: string;
  /** Changes at each start of the machine. */
  readonly boot: string;
  /** Clock ticks from the start of the machine to that of the process: a PID used again has another. */
  readonly started: string;
}

/** A process that is not asked by PID is taken for dead after this silence, milliseconds. */
export const SILENCE = 15_000;

export function thisProcess(): Identity {
  return identityOf(process.pid);
}

/** What another process of this machine would write about itself. */
export function identityOf(pid: number): Identity {
  return { uuid: randomUUID(), pid, namespace: namespace(), boot: boot(), started: startOf(pid) ?? '' };
}

/** @param heard when it said so last, milliseconds since 1970 */
export function isAlive(other: Identity, heard: number, now: number): boolean {
  if (other.boot !== boot()) return false;
  if (other.namespace !== namespace()) return Math.abs(now - heard) < SILENCE;
  if (other.started === '') return exists(other.pid);
  return startOf(other.pid) === other.started;
}

/** Its PID says nothing here, though the kernel is the same. */
export function isInOtherNamespace(other: Identity): boolean {
  return other.boot === boot() && other.namespace !== namespace();
}

/** Field 22 of `/proc/PID/stat`; field 2 is the name in brackets, and may hold anything. */
function startOf(pid: number): string | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended; it is still there because nobody has asked how.
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** Where there is no `/proc`. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

function namespace(): string {
  return attempt(() => readlinkSync('/proc/self/ns/pid')) ?? '';
}

function boot(): string {
  return attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()) ?? '';
}

function attempt<T>(what: () => T): T | undefined {
  try {
    return what();
  } catch {
    return undefined;
  }
}
