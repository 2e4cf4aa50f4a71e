/**
 * Private folder: where the vault is, and that it is its owner's alone.
 * In: the folder that was named. Out: the folder the vault is in. Never: takes a right from a folder that is not ours, or
 * that holds anything but a vault; a vault in a folder of somebody else's making.
 *
 * A fresh volume is 0755; one of a pod with an `fsGroup` belongs to root and is 2770, and is made so again at each start;
 * some file systems keep no modes at all. What is ours is made private; what is not gets a folder inside; where modes mean
 * nothing, that is said.
 */
import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../make-folder.ts';
import { asVaultError, isOpenToOthers, modeOf } from './folder.ts';
import { VaultError } from './vault.ts';

const INNER = 'vault';
/** Everybody may make files in it, as in `/tmp`. */
const STICKY = 0o1000;
/** Either of them makes a folder a vault. */
const VAULT_FILES = ['key', 'data.mdb'];
/** All that a vault leaves in its folder; a fresh volume of ext4 has `lost+found`. */
const OF_A_VAULT =
  /^(?:key|data\.mdb|lock\.mdb|last|rebuilding|lost\+found|(?:key|last)\.\d+\.new|(?:rebuilt|damaged|alive)-.*)$/;

type Warn = (sentence: string) => void;

/** The folder itself, or the one inside it that was made because the outer one is not the vault's alone. */
export function vaultWithin(path: string): string {
  const inner = join(path, INNER);
  return !holdsVault(path) && holdsVault(inner) ? inner : path;
}

/** Whether there is a vault in the folder that was named, or inside it. */
export function isVaultIn(path: string): boolean {
  return holdsVault(vaultWithin(path));
}

function holdsVault(folder: string): boolean {
  return VAULT_FILES.some((name) => existsSync(join(folder, name)));
}

/**
 * Makes the folder if it is not there, 0700.
 * @returns where the vault is, or is to be
 * @throws VaultError `VaultClosed`
 */
export function privateFolder(path: string, warn: Warn): string {
  try {
    makeFolder(path);
  } catch (error) {
    throw asVaultError(error, 'VaultClosed', `the vault's folder ${path} cannot be made`);
  }
  if (!statSync(path).isDirectory())
    throw new VaultError('VaultClosed', `${path} is no folder, so it cannot be the vault`);
  const folder = vaultWithin(path);
  if (folder !== path) refuseForeign(path, folder);
  if (isClosed(folder) || makePrivate(folder, warn)) return folder;
  if (keepsModes(folder)) return holdsVault(folder) ? refuseOpen(folder) : folderInside(path, warn);
  warn(
    `others may be able to read the vault ${folder}: its file system keeps no modes, or is read-only; seal it with a key`,
  );
  return folder;
}

function isClosed(folder: string): boolean {
  return !isOpenToOthers(statSync(folder).mode);
}

/** @returns whether it is the owner's alone now */
function makePrivate(folder: string, warn: Warn): boolean {
  const { uid, mode } = statSync(folder);
  if (uid !== process.geteuid?.() || (mode & STICKY) !== 0) return false;
  if (!readdirSync(folder).every((name) => OF_A_VAULT.test(name))) return false;
  try {
    chmodSync(folder, 0o700);
  } catch {
    return false;
  }
  if (!isClosed(folder)) return false;
  if (holdsVault(folder)) warn(`the vault ${folder} was open to others (${modeOf(mode)}): it is 0700 now`);
  return true;
}

/** Whether a folder that is made in it has the mode that was asked for. One in which none can be made may be read-only. */
function keepsModes(folder: string): boolean {
  let probe: string;
  try {
    probe = mkdtempSync(join(folder, 'probe-'));
  } catch (error) {
    if (holdsVault(folder)) return false;
    throw asVaultError(error, 'VaultClosed', `the vault's folder ${folder} cannot be written`);
  }
  const isKept = isClosed(probe);
  rmdirSync(probe);
  return isKept;
}

function folderInside(path: string, warn: Warn): string {
  const inner = join(path, INNER);
  const isNew = !existsSync(inner);
  makeFolder(inner);
  refuseForeign(path, inner);
  if (!isClosed(inner) && !makePrivate(inner, warn)) refuseOpen(inner);
  if (isNew) warn(`others may use the folder ${path} (${modeOf(statSync(path).mode)}): the vault is in ${inner}`);
  return inner;
}

/** Whoever may write to the outer folder could have put an inner one there to read what comes into it. */
function refuseForeign(outer: string, inner: string): void {
  const stat = lstatSync(inner);
  const isTrusted = stat.uid === process.geteuid?.() || stat.uid === statSync(outer).uid;
  if (process.platform === 'win32' || (stat.isDirectory() && isTrusted)) return;
  throw new VaultError('VaultClosed', `${inner} is not a folder of this user, so it cannot be the vault`);
}

function refuseOpen(folder: string): never {
  const found = modeOf(statSync(folder).mode);
  throw new VaultError('VaultClosed', `${folder} is open to others (${found}); chmod it to 0700`);
}
