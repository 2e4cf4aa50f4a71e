/**
 * What Linux says of a process: CPU time, threads, memory.
 * In: a pid; texts of /proc. Out: seconds and bytes. Never: changes anything.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** `USER_HZ`: the unit of times in /proc/PID/stat; 100 on every Linux that Node runs on. */
const TICKS = 100;
const PAGE = 4096;

/** CPU time in seconds. */
export interface Cpu {
  readonly user: number;
  readonly system: number;
}

export interface Stat extends Cpu {
  readonly pid: number;
  readonly name: string;
  readonly threads: number;
}

export interface ThreadCpu {
  readonly tid: number;
  /** CPU time in seconds. */
  readonly seconds: number;
}

/** Memory in bytes. `own` is what no other process shares: what goes away when this one does. */
export interface Memory {
  readonly resident: number;
  readonly own: number;
}

/** Parses /proc/PID/stat. The name stands in parentheses and may hold both blanks and parentheses. */
export function parseStat(text: string): Stat {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open === -1 || close === -1) throw new Error(`no stat line: ${text.slice(0, 80)}`);
  // Fields are numbered from 1 in proc(5); state, the first behind the name, is number 3.
  const fields = text
    .slice(close + 2)
    .trim()
    .split(' ')
    .map(Number);
  return {
    pid: Number(text.slice(0, open)),
    name: text.slice(open + 1, close),
    user: fields[14 - 3]! / TICKS,
    system: fields[15 - 3]! / TICKS,
    threads: fields[20 - 3]!,
  };
}

/** Parses /proc/PID/smaps_rollup. */
export function parseRollup(text: string): Memory {
  const kilobytes = (key: string): number => {
    const found = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text);
    if (found === null) throw new Error(`no ${key} in smaps_rollup`);
    return Number(found[1]) * 1024;
  };
  return { resident: kilobytes('Rss'), own: kilobytes('Private_Clean') + kilobytes('Private_Dirty') };
}

/** Parses /proc/PID/task/TID/schedstat: nanoseconds on a CPU, waiting for one, and how often. */
export function parseSchedstat(text: string): number {
  const [ran] = text.split(' ');
  if (!/^\d+$/.test(ran!)) throw new Error(`no schedstat line: ${text.slice(0, 80)}`);
  return Number(ran) / 1e9;
}

/** CPU time of each thread that lives. To the nanosecond where the kernel keeps schedstat, else to the tick. */
export function threadsOf(pid: number): ThreadCpu[] {
  return readdirSync(`/proc/${pid}/task`).map((tid) => ({
    tid: Number(tid),
    seconds: threadSeconds(`/proc/${pid}/task/${tid}`),
  }));
}

function threadSeconds(folder: string): number {
  try {
    const ran = parseSchedstat(readFileSync(`${folder}/schedstat`, 'utf8'));
    if (ran > 0) return ran;
  } catch {
    // A kernel without it.
  }
  const { user, system } = parseStat(readFileSync(`${folder}/stat`, 'utf8'));
  return user + system;
}

/** CPU time of a process so far, all threads, ended ones too; to the tick. */
export function cpuOf(pid: number): Cpu {
  const { user, system } = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return { user, system };
}

/** CPU seconds of a process whose threads all still live. */
export function secondsOf(pid: number): number {
  return threadsOf(pid).reduce((sum, thread) => sum + thread.seconds, 0);
}

/** Memory of a process; without smaps_rollup (old kernels, sandboxes) resident stands for both. */
export function memoryOf(pid: number): Memory {
  try {
    return parseRollup(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  } catch {
    const resident = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE;
    return { resident, own: resident };
  }
}
