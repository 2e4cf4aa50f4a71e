/**
 * Permissions: which folder the vault is in, and that this folder and its files are their owner's alone.
 * In: the folder that was named. Out: the folder of the vault. Never: changes the mode of a folder that belongs to another
 * user or has anything but a vault in it; a vault in a folder that another user made.
 *
 * A fresh volume is 0755. The volume of a pod with an `fsGroup` belongs to root and is set to 2770 at each start. Some file
 * systems ignore modes. So: a folder of this user's becomes 0700; in another user's folder the vault gets a folder inside;
 * where modes have no effect, a warning says so.
 */
import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../make-folder.ts';
import { asVaultError } from './system-error.ts';
import { VaultError } from './vault.ts';

const INNER = 'vault';
/** Every right of group and world. */
const OTHERS = 0o077;
/** The bit of folders in which everybody may make files, as `/tmp`. */
const STICKY = 0o1000;
/** A folder that has one of these files is a vault. */
const VAULT_FILES = ['key', 'data.mdb'];
/** Every file and folder that a vault makes in its folder; and `lost+found`, which a fresh volume of ext4 has. */
const OF_A_VAULT =
  /^(?:key|data\.mdb|lock\.mdb|last|rebuilding|lost\+found|preallocated\.\d+|(?:key|last)\.\d+\.new|(?:rebuilt|damaged|alive)-.*)$/;

type Warn = (sentence: string) => void;

/** The named folder, or the folder `vault` inside it if the vault had to be made there. */
export function vaultWithin(path: string): string {
  const inner = join(path, INNER);
  return !hasVault(path) && hasVault(inner) ? inner : path;
}

/** Whether there is a vault in the named folder, or in the folder `vault` inside it. */
export function isVaultIn(path: string): boolean {
  return hasVault(vaultWithin(path));
}

function hasVault(folder: string): boolean {
  return VAULT_FILES.some((name) => existsSync(join(folder, name)));
}

/**
 * Sets a file of the vault to 0600 if group or world have a right. A file system that refuses is ignored: the folder's mode, which
 * was checked before, keeps others away from the file.
 * @throws VaultError `VaultClosed` if the path is no regular file
 */
export function makeFilePrivate(path: string): void {
  const stat = statSync(path);
  if (!stat.isFile()) throw new VaultError('VaultClosed', `${path} is not a regular file`);
  if (!isOpenToOthers(stat.mode)) return;
  try {
    chmodSync(path, 0o600);
  } catch {
    // The file is another user's, or the file system has no modes.
  }
}

/**
 * Makes the folder, 0700, if it is not there, and makes sure that others have no right to it.
 * @returns the folder in which the vault is, or is to be made
 * @throws VaultError `VaultClosed`
 */
export function privateFolder(path: string, warn: Warn): string {
  try {
    makeFolder(path);
  } catch (error) {
    throw asVaultError(error, 'VaultClosed', `the vault's folder ${path} cannot be made`);
  }
  if (!statSync(path).isDirectory())
    throw new VaultError('VaultClosed', `${path} is not a folder, so it cannot be the vault`);
  const folder = vaultWithin(path);
  if (folder !== path) refuseForeign(path, folder);
  if (isPrivate(folder) || makeFolderPrivate(folder, warn)) return folder;
  if (hasModes(folder)) return hasVault(folder) ? refuseOpen(folder) : folderInside(path, warn);
  warn(
    `others may be able to read the vault ${folder}: its file system has no file modes, or is read-only; seal the vault with a key`,
  );
  return folder;
}

function isPrivate(folder: string): boolean {
  return !isOpenToOthers(statSync(folder).mode);
}

/** Windows has no such modes and says 0666 for every file. */
function isOpenToOthers(mode: number): boolean {
  return process.platform !== 'win32' && (mode & OTHERS) !== 0;
}

/** @returns whether the folder is its owner's alone now */
function makeFolderPrivate(folder: string, warn: Warn): boolean {
  const { uid, mode } = statSync(folder);
  if (uid !== process.geteuid?.() || (mode & STICKY) !== 0) return false;
  if (!readdirSync(folder).every((name) => OF_A_VAULT.test(name))) return false;
  try {
    chmodSync(folder, 0o700);
  } catch {
    return false;
  }
  if (!isPrivate(folder)) return false;
  if (hasVault(folder)) warn(`the vault ${folder} was open to others (${octal(mode)}): its mode is 0700 now`);
  return true;
}

/** Whether a folder made inside gets the mode that was asked for. False too if nothing can be made inside: it may be read-only. */
function hasModes(folder: string): boolean {
  let probe: string;
  try {
    probe = mkdtempSync(join(folder, 'probe-'));
  } catch (error) {
    if (hasVault(folder)) return false;
    throw asVaultError(error, 'VaultClosed', `the vault's folder ${folder} cannot be written`);
  }
  const isAsAsked = isPrivate(probe);
  rmdirSync(probe);
  return isAsAsked;
}

function folderInside(path: string, warn: Warn): string {
  const inner = join(path, INNER);
  const isNew = !existsSync(inner);
  makeFolder(inner);
  refuseForeign(path, inner);
  if (!isPrivate(inner) && !makeFolderPrivate(inner, warn)) refuseOpen(inner);
  if (isNew) warn(`others may use the folder ${path} (${octal(statSync(path).mode)}): the vault is in ${inner}`);
  return inner;
}

/** Refuses an inner folder of another user's: who may write to the outer one could have made it, to read what is written into it. */
function refuseForeign(outer: string, inner: string): void {
  const stat = lstatSync(inner);
  const isTrusted = stat.uid === process.geteuid?.() || stat.uid === statSync(outer).uid;
  if (process.platform === 'win32' || (stat.isDirectory() && isTrusted)) return;
  throw new VaultError('VaultClosed', `${inner} is not a folder of this user, so it cannot be the vault`);
}

function refuseOpen(folder: string): never {
  const found = octal(statSync(folder).mode);
  throw new VaultError('VaultClosed', `${folder} is open to others (${found}); chmod it to 0700`);
}

/** A mode as `chmod` takes it: four octal digits. */
function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
