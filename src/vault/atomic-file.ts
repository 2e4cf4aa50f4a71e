/**
 * Atomic file: a file that is replaced as a whole, and is on the disk before the call returns.
 * In: a path, bytes. Out: whether it was written. Never: half a file under its name.
 */
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file of mode 0600 under a temporary name, syncs it, and gives it its own name.
 * @param mayReplace false: an existing file stays
 * @returns false if a file was there and stays
 * @throws what the system throws
 */
export function writeAtomically(path: string, content: Uint8Array, mayReplace: boolean): boolean {
  const temporary = `${path}.${process.pid}.new`;
  rmSync(temporary, { force: true });
  try {
    writeNew(temporary, content);
    if (mayReplace) renameSync(temporary, path);
    else linkSync(temporary, path);
    syncFolder(dirname(path));
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function writeNew(path: string, content: Uint8Array): void {
  const fd = openSync(path, 'wx', 0o600);
  try {
    // `writeFileSync` repeats a short write: on a disk that is nearly full `write` takes a part and reports no error.
    writeFileSync(fd, content);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Syncs a folder: a name that was made or changed in it survives a crash of the machine. Windows has no such call. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(path, 'r');
  fsyncSync(fd);
  closeSync(fd);
}
