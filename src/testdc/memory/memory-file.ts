/**
 * The memory of a test DC in a file: a line of JSON an entry, appended and synced before `keep` returns.
 * In: a path. Out: a `Memory`. Never: a file that others may read; an entry lost that was kept, wherever the process was
 * killed: a line that was torn is cut off when the file is opened.
 *
 * When the file has grown, opening it writes anew what still counts and puts that in its place. A second process with
 * the same file notices that its own is no longer the one of that name, and appends once more.
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

/** Bytes from which on a file is written anew when it is opened. */
const COMPACT_FROM = 1024 * 1024;

/**
 * Opens, or makes, a file: mode 0600, its folder 0700 if it is made here.
 * @throws Error that names the file and the line, if it is no memory; the system's if it cannot be opened
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

function openOwn(file: string): number {
  const fd = openSync(file, 'a', 0o600);
  fchmodSync(fd, 0o600);
  return fd;
}

/** A line that did not fit is taken back, so that the next one does not stand behind half of it. */
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

function isStill(file: string, fd: number): boolean {
  const [there, here] = [statSync(file, { throwIfNoEntry: false }), fstatSync(fd)];
  return there?.ino === here.ino && there.dev === here.dev;
}

/** @param end what of the file has been read @returns the new file */
function compact(file: string, old: number, end: number, entries: readonly MemoryEntry[]): number {
  const reader = openSync(file, 'r');
  const next = `${file}.${process.pid}`;
  writeFileSync(next, entries.map((entry) => `${write(entry)}\n`).join(''), { mode: 0o600 });
  const fd = openOwn(next);
  fsyncSync(fd);
  renameSync(next, file);
  syncFolder(dirname(file));
  // What another process appended meanwhile; what it appends from here on it appends once more.
  const late = readFileSync(reader).subarray(end);
  if (late.length > 0) append(fd, late.toString());
  closeSync(reader);
  closeSync(old);
  return fd;
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** 64-bit numbers as `{"n":"…"}`, bytes as `{"b":"…"}` in base64. */
function write(entry: MemoryEntry): string {
  return JSON.stringify(entry, function (this: Record<string, unknown>, key: string, shown: unknown) {
    const value = this[key];
    if (typeof value === 'bigint') return { n: String(value) };
    return value instanceof Uint8Array ? { b: Buffer.from(value).toString('base64') } : shown;
  });
}

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
