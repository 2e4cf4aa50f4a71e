/**
 * Folder: files of the vault's folder: private, written whole, on the disk.
 * In: paths. Out: nothing, or a VaultError that says which and why. Never: half a file under its name.
 */
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { VaultError, type VaultFault } from './vault.ts';

/** Group and world, any right. */
const OTHERS = 0o077;

/** Group or world have a right. Windows has no such modes and says 0666 for every file. */
export function isOpenToOthers(mode: number): boolean {
  return process.platform !== 'win32' && (mode & OTHERS) !== 0;
}

/** As `chmod` takes it. */
export function modeOf(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

/**
 * A file of the vault is its owner's alone. The folder is so already: one whose mode stays is reached by nobody else.
 * @throws VaultError `VaultClosed` if it is no file
 */
export function makeFilePrivate(path: string): void {
  const stat = statSync(path);
  if (!stat.isFile()) throw new VaultError('VaultClosed', `${path} is no file`);
  if (!isOpenToOthers(stat.mode)) return;
  try {
    chmodSync(path, 0o600);
  } catch {
    // Not ours, or on a file system that keeps no modes: then the folder was judged.
  }
}

/** Written whole and on the disk, or not at all. @param mayReplace otherwise an existing file stays, and wins @returns false if it was there */
export function writeWhole(path: string, content: Uint8Array, mayReplace: boolean): boolean {
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
    // All of it: a disk with some room left takes a part of one write, and says nothing.
    writeFileSync(fd, content);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** So that a new name in it is on the disk. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(path, 'r');
  fsyncSync(fd);
  closeSync(fd);
}

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));
/** LMDB's own numbers that an operator can do something about. */
const LMDB: Readonly<Record<number, string>> = { [-30_792]: 'MDB_MAP_FULL', [-30_788]: 'MDB_TXN_FULL' };

/** What the system or LMDB said, as an error of the vault; one that is already stays. */
export function asVaultError(error: unknown, fault: VaultFault, what: string): VaultError {
  if (error instanceof VaultError) return error;
  const { code } = error as { code?: string | number };
  const name = typeof code === 'number' ? (LMDB[code] ?? NAMES.get(Math.abs(code)) ?? String(code)) : code;
  return new VaultError(fault, name === undefined ? what : `${what} (${name})`, name);
}
