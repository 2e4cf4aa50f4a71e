/**
 * The memory of a test DC in a file: one line of JSON for each entry, appended and synced before `keep` returns.
 * In: a path. Out: a `DcMemory`. Never: a file that others may read; an entry lost that was kept, wherever the process was
 * killed: opening the file cuts off a line that was torn.
 *
 * Opening a file that has grown replaces it by one with the entries that still count. A second process that has the old
 * file open notices that the name now is another file's, and appends to that one too.
 */
import {
  appendFileSync,
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../make-folder.ts';
import { fold } from './memory.ts';
import type { MemoryEntry, DcMemory } from './memory.ts';

/** Opening a file of at least this many bytes replaces it by one with the entries that still count. */
const COMPACT_FROM = 1024 * 1024;

/**
 * Opens a file, or makes it with mode 0600, and its folder with 0700. `now` is in Unix milliseconds.
 * @throws Error that names file and line, if it is no memory; the system's, if it cannot be opened
 */
export function openMemory(file: string, { compactFrom = COMPACT_FROM, now = Date.now() } = {}): DcMemory {
  makeFolder(dirname(file));
  let fd = openOwn(file);
  syncFolder(dirname(file));
  const whole = readFileSync(file);
  const end = whole.lastIndexOf(0x0a) + 1;
  if (end < whole.length) ftruncateSync(fd, end);
  const recalled = fold(parse(file, whole.toString('utf8', 0, end)), now);
  if (end >= compactFrom) fd = compact(file, fd, end, recalled);
  return {
    recalled,
    keep(entry) {
      const line = `${write(entry)}\n`;
      append(fd, line);
      while (!isStill(file, fd)) {
        closeSync(fd);
        append((fd = openOwn(file)), line);
      }
    },
  };
}

/** Opens a file to append to, for the owner alone. */
function openOwn(file: string): number {
  const fd = openSync(file, 'a', 0o600);
  fchmodSync(fd, 0o600);
  return fd;
}

/** Appends and syncs text; if that fails, cuts off what of it was written, so that the next line begins a line. */
function append(fd: number, line: string): void {
  const { size } = fstatSync(fd);
  try {
    appendFileSync(fd, line);
    fsyncSync(fd);
  } catch (error) {
    ftruncateSync(fd, size);
    throw error;
  }
}

/** Whether the file of that name is the one that is open. */
function isStill(file: string, fd: number): boolean {
  const [there, here] = [statSync(file, { throwIfNoEntry: false }), fstatSync(fd)];
  return there?.ino === here.ino && there.dev === here.dev;
}

/** Replaces a file, of which `end` bytes have been read, by one of these entries, and returns the new one, open. */
function compact(file: string, old: number, end: number, entries: readonly MemoryEntry[]): number {
  const reader = openSync(file, 'r');
  const next = `${file}.${process.pid}`;
  writeFileSync(next, entries.map((entry) => `${write(entry)}\n`).join(''), { mode: 0o600 });
  const fd = openOwn(next);
  fsyncSync(fd);
  renameSync(next, file);
  syncFolder(dirname(file));
  // Another process may have appended meanwhile; what it appends from here on, it appends to the new file itself.
  const late = readFileSync(reader).subarray(end);
  if (late.length > 0) append(fd, late.toString());
  closeSync(reader);
  closeSync(old);
  return fd;
}

/** Syncs a folder, so that a new name in it survives a crash. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** An entry as JSON: 64-bit numbers as `{"n":"…"}`, bytes as `{"b":"…"}` in base64. */
function write(entry: MemoryEntry): string {
  return JSON.stringify(entry, function (this: Record<string, unknown>, key: string, shown: unknown) {
    const value = this[key];
    if (typeof value === 'bigint') return { n: String(value) };
    return value instanceof Uint8Array ? { b: Buffer.from(value).toString('base64') } : shown;
  });
}

/** Reads all lines. @throws Error that names file and line */
function parse(file: string, text: string): MemoryEntry[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line, i) => {
    try {
      return JSON.parse(line, (_key, value: unknown) => revive(value)) as MemoryEntry;
    } catch {
      throw new Error(`${file}:${i + 1}: not a line of a test data centre's state`);
    }
  });
}

function revive(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return value;
  const { n, b } = value as { n?: unknown; b?: unknown };
  if (typeof n === 'string') return BigInt(n);
  return typeof b === 'string' ? Buffer.from(b, 'base64') : value;
}
