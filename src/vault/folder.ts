/**
 * Folder: the vault's folder and files are the owner's alone.
 * In: paths. Out: nothing, or a VaultError that says which and why. Never: makes a file of somebody else's private.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { VaultError, type VaultFault } from './vault.ts';

/** Group and world, any right. */
const OTHERS = 0o077;

/** Makes the folder if it is not there, 0700. @throws VaultError `VaultClosed` */
export function privateFolder(path: string): void {
  try {
    makeFolder(path);
  } catch (error) {
    throw asVaultError(error, 'VaultClosed', `the vault's folder ${path} cannot be made`);
  }
  const stat = statSync(path);
  if (!stat.isDirectory()) throw new VaultError('VaultClosed', `${path} is no folder, so it cannot be the vault`);
  refuseOthers(path, stat.mode, '0700');
}

/**
 * Makes a folder, 0700, and those it is in.
 * One folder after the other, from the outermost: Node's own `recursive` never ends where a file system says ENOENT to every
 * new folder, as /proc does.
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have been faster.
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  }
}

/** @throws VaultError `VaultClosed` if the file may be read by others */
export function refuseOpenFile(path: string): void {
  const stat = statSync(path);
  if (!stat.isFile()) throw new VaultError('VaultClosed', `${path} is no file`);
  refuseOthers(path, stat.mode, '0600');
}

function refuseOthers(path: string, mode: number, expected: string): void {
  // Windows has no such modes and says 0666 for every file.
  if (process.platform === 'win32' || (mode & OTHERS) === 0) return;
  const found = (mode & 0o777).toString(8).padStart(4, '0');
  throw new VaultError('VaultClosed', `${path} is open to others (${found}); chmod it to ${expected}`);
}

/** Written whole and on the disk, or not at all. @param mayReplace otherwise an existing file stays, and wins @returns false if it was there */
export function writeWhole(path: string, content: Uint8Array, mayReplace: boolean): boolean {
  const temporary = `${path}.${process.pid}.new`;
  rmSync(temporary, { force: true });
  const fd = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(fd, content);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  try {
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
