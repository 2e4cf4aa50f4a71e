/**
 * Processes: what a process writes about itself, and whether it lives by that.
 * In: `/proc`, and an identity that a process wrote. Out: the identity of this process; whether another lives. Never: a signal that does
 * anything.
 *
 * In the same boot and PID namespace a PID and its start time tell. The PIDs of another container cannot be seen here: its process is
 * asked by its socket (`liveness.ts`), or must have written its row lately.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';

/** What identifies a process, or one of several open vaults in a process, to others. */
export interface Identity {
  /** A new one for each open vault. */
  readonly uuid: string;
  readonly pid: number;
  /** The PID namespace, `pid:[4026531836]`; empty where there is no `/proc`. */
  readonly namespace: string;
  /** The kernel's boot_id, new at each start of the machine; empty where there is no `/proc`. */
  readonly boot: string;
  /** Start time, clock ticks since the machine started: a PID that is used again has another. Empty where there is no `/proc`. */
  readonly started: string;
}

/** A process of another PID namespace counts as dead when its row is this old, ms. */
export const SILENCE = 15_000;

/** The identity of this process, with a new uuid. */
export function thisProcess(): Identity {
  return identityOf(process.pid);
}

/** The identity that the process of this PID would write about itself, with a new uuid. */
export function identityOf(pid: number): Identity {
  return { uuid: randomUUID(), pid, namespace: namespace(), boot: boot(), started: startOf(pid) ?? '' };
}

/** Whether a process lives, by its PID, or, in another PID namespace, by its row. @param writtenAt when it wrote its row, Unix ms @param now Unix ms */
export function isAlive(other: Identity, writtenAt: number, now: number): boolean {
  if (other.boot !== boot()) return false;
  if (other.namespace !== namespace()) return Math.abs(now - writtenAt) < SILENCE;
  if (other.started === '') return isRunning(other.pid);
  return startOf(other.pid) === other.started;
}

/** Whether a process runs on this kernel in another PID namespace, so that its PID tells nothing here. */
export function isInOtherNamespace(other: Identity): boolean {
  return other.boot === boot() && other.namespace !== namespace();
}

/** Start time of a running process: field 22 of `/proc/PID/stat`. Field 2 is the name in brackets, which may have brackets too. */
function startOf(pid: number): string | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie (Z) has ended; its parent has not waited for it.
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** Whether the PID is in use, where there is no `/proc`. */
function isRunning(pid: number): boolean {
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
