/**
 * Open: a folder becomes a vault.
 * In: a folder, what protects it. Out: a Vault, or a sentence that says why not. Never: LMDB on a file that was not
 * walked; a foreign, newer or half-open folder.
 */
import type { KeyObject } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { dataKey, rewrap } from './data-key.ts';
import { asVaultError } from './folder.ts';
import type { KeySource } from './key-source.ts';
import { lastTransaction } from './last.ts';
import { LmdbVault } from './lmdb-vault.ts';
import { faultOf, transactionOf } from './pages.ts';
import { privateFolder, vaultWithin } from './private-folder.ts';
import { type Identity, thisProcess } from './processes.ts';
import { rebuild } from './rebuild.ts';
import { DATA_FILE, isInPlace, MAP_SIZE, openStore, Rows, type Store } from './rows.ts';
import { type Vault, VaultError } from './vault.ts';

export interface VaultOptions {
  readonly folder: string;
  /** What protects it; file modes alone if it is not given. */
  readonly source?: KeySource;
  /** Told in words what an operator should know: a damaged file that was rebuilt. */
  readonly warn?: (sentence: string) => void;
  /** An empty vault that is not sealed is sealed with the key that is given: for who serves it, not for who looks. */
  readonly maySeal?: boolean;
  /** For tests: who this is to other processes. */
  readonly self?: Identity;
}

/** Bytes that LMDB makes of its lock file; they must be on the disk before it maps them. */
const LOCK_SIZE = 16 * 1024;
/** What LMDB writes into a new file before anybody can see to the room for it: two pages, of at most 16 KiB. */
const FIRST_PAGES = 32 * 1024;
/** Another process may write while the file is read: so often it is read again before it is called damaged. */
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
    if (!isEmpty) await beWhole(folder, secret, warn);
    if (!isReadOnly) makeRoom(folder, isEmpty);
    const store = openStore(folder, isReadOnly);
    await refuseSamePid(store, named);
    return new LmdbVault(new Rows(store, secret), self, source.kind, path, isReadOnly);
  } catch (error) {
    throw asVaultError(error, 'VaultClosed', `the vault ${named} cannot be opened`);
  }
}

/** The vault's key or passphrase is another from now on. @throws VaultError `VaultClosed` */
export async function rewrapVault(folder: string, from: KeySource, to: KeySource): Promise<void> {
  await rewrap(vaultWithin(folder), from, to);
}

/**
 * LMDB tells who reads by PIDs, and refuses the second of two that have the same: the first processes of two containers.
 * The package tries for ten seconds before it says so: one that is just ending is waited for.
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

async function beWhole(folder: string, secret: KeyObject, warn: (sentence: string) => void): Promise<void> {
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
  const last = lastTransaction(folder);
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

/**
 * LMDB maps its lock file, and a map whose block is missing kills the process; so does a first write of its own that fails
 * (`room.ts`). So there must be blocks: for the lock file, and, where they are tried and given back, for a new data file.
 * A disk that has some of them takes a part of what is written, and says nothing: `writeFileSync` goes on to the error.
 */
function makeRoom(folder: string, isEmpty: boolean): void {
  const fd = openSync(join(folder, 'lock.mdb'), 'a', 0o600);
  try {
    const { size } = fstatSync(fd);
    if (size < LOCK_SIZE) writeFileSync(fd, Buffer.alloc(LOCK_SIZE - size));
  } finally {
    closeSync(fd);
  }
  if (!isEmpty) return;
  const trial = join(folder, `room.${process.pid}`);
  try {
    writeFileSync(trial, Buffer.alloc(FIRST_PAGES));
  } finally {
    rmSync(trial, { force: true });
  }
}
