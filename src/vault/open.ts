/**
 * Open: opens the vault in a folder, or makes one.
 * In: a folder, a key source. Out: a Vault, or a VaultError with one sentence. Never: LMDB on a file whose pages were not
 * checked; a vault of a newer version, or in a folder that is open to others.
 */
import type { KeyObject } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { dataKey, rewrap } from './data-key.ts';
import type { KeySource } from './key-source.ts';
import { faultOf, transactionOf } from './integrity.ts';
import { readLastTransaction } from './last-transaction.ts';
import { LmdbVault } from './lmdb-vault.ts';
import { privateFolder, vaultWithin } from './permissions.ts';
import { preallocateToOpen } from './preallocate.ts';
import { type Identity, thisProcess } from './processes.ts';
import { rebuild } from './rebuild.ts';
import { DATA_FILE, isInPlace, MAP_SIZE, openStore, Rows, type Store } from './rows.ts';
import { asVaultError } from './system-error.ts';
import { type Vault, VaultError } from './vault.ts';

/** How a vault is opened. */
export interface VaultOptions {
  readonly folder: string;
  /** What seals the vault; without it file modes alone protect it. */
  readonly source?: KeySource;
  /** Called with a sentence that an operator should read, such as that a damaged file was rebuilt. */
  readonly warn?: (sentence: string) => void;
  /** An empty vault without a seal is sealed with `source`: true for a gateway, not for commands that only look. */
  readonly maySeal?: boolean;
  /** Who this process is to others; tests give another. */
  readonly self?: Identity;
}

/** How often a data file is read while other processes write to it, before it is called damaged. */
const READS = 5;

/**
 * Opens a vault, or makes one.
 * @throws VaultError `VaultClosed`, in one sentence
 */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const { folder: named, source = { kind: 'modes' }, warn = () => {}, maySeal = false, self = thisProcess() } = options;
  try {
    const folder = privateFolder(named, warn);
    const path = join(folder, DATA_FILE);
    const isEmpty = !existsSync(path) || statSync(path).size === 0;
    const secret = await dataKey(folder, source, isEmpty, maySeal);
    const isReadOnly = isEmpty ? false : !isWritable(path);
    if (!isEmpty) await repair(folder, secret, warn);
    if (!isReadOnly) preallocateToOpen(folder, isEmpty);
    const store = openStore(folder, isReadOnly);
    await refuseSamePid(store, named);
    return new LmdbVault(new Rows(store, secret), self, source.kind, path, isReadOnly);
  } catch (error) {
    throw asVaultError(error, 'VaultClosed', `the vault ${named} cannot be opened`);
  }
}

/** Replaces the key or passphrase of the vault in a folder. @throws VaultError `VaultClosed` if `from` is not the present one */
export async function rewrapVault(folder: string, from: KeySource, to: KeySource): Promise<void> {
  await rewrap(vaultWithin(folder), from, to);
}

/**
 * Refuses a vault that a process of the same PID in another container has open: LMDB tells readers apart by PID, and fails with
 * EINVAL for the second of them. The package retries for ten seconds before it fails, in which the other process may end.
 */
async function refuseSamePid(store: Store, folder: string): Promise<void> {
  try {
    store.getKeysCount({ limit: 1 });
  } catch (error) {
    await store.close();
    if ((error as { code?: unknown }).code !== constants.errno.EINVAL) throw error;
    throw new VaultError(
      'VaultClosed',
      `the vault ${folder} is open in another container, in a process with the same number (PID ${process.pid}): ` +
        'end that one first, or start this one where it gets another number',
    );
  }
}

/** Checks the data file, and rebuilds a damaged one. */
async function repair(folder: string, secret: KeyObject, warn: (sentence: string) => void): Promise<void> {
  const path = join(folder, DATA_FILE);
  for (let reads = 1; ; reads++) {
    const bytes = readFileSync(path);
    const fault = faultIn(bytes, folder, secret);
    if (fault === undefined) return;
    if (reads < READS && (reads < 2 || transactionOf(bytes) !== transactionOf(readFileSync(path)))) continue;
    const aside = await rebuild(folder, bytes, secret);
    warn(`the vault ${folder} was damaged (${fault}); what could be read is in it again, and the old file is ${aside}`);
    return;
  }
}

function faultIn(bytes: Buffer, folder: string, secret: KeyObject): string | undefined {
  const last = readLastTransaction(folder);
  if (last > (transactionOf(bytes) ?? 0)) return 'the last transaction is missing';
  return faultOf(bytes, MAP_SIZE, (key, value) => isInPlace(secret, key, value));
}

function isWritable(path: string): boolean {
  try {
    closeSync(openSync(path, 'r+'));
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return false;
    throw error;
  }
}
