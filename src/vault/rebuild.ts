/**
 * Rebuild: puts a damaged data file aside, and its records that still open into a new one.
 * In: the bytes of the damaged file. Out: a whole file in its place. Never: a damaged file deleted; a rebuild while another
 * process has the vault open.
 *
 * Rows are found by the bytes that they begin with, anywhere in the file, so that no page has to be right. Of each name the newest
 * version that opens is taken. Owner rows are left out: in the new file nobody has a name, and no record is clean.
 */
import type { KeyObject } from 'node:crypto';
import {
  closeSync,
  linkSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Commits } from './commits.ts';
import { syncFolder } from './atomic-file.ts';
import { removeLastTransaction } from './last-transaction.ts';
import { isProcessAlive, readProcessRow } from './liveness.ts';
import { type Identity, identityOf, isAlive, thisProcess } from './processes.ts';
import { DATA_FILE, type Found, openStore, Rows, rowsIn } from './rows.ts';
import { RowKind } from './seal.ts';
import { NAME, VaultError } from './vault.ts';

/** The file that a rebuilding process makes, with its identity, so that no second one begins. */
const LOCK = 'rebuilding';

/**
 * Rebuilds the vault in a folder.
 * @returns the path of the damaged file, which is renamed
 * @throws VaultError `VaultClosed` if another living process has the vault open or rebuilds it
 */
export async function rebuild(folder: string, damaged: Buffer, secret: KeyObject): Promise<string> {
  const found = [...rowsIn(damaged, secret)];
  await refuseLiving(folder, found);
  const release = lock(folder);
  try {
    const fresh = mkdtempSync(join(folder, 'rebuilt-'));
    try {
      await fill(fresh, newest(found), secret);
      return replace(folder, join(fresh, DATA_FILE));
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  } finally {
    release();
  }
}

/** Gives the damaged file a second name, then its first name to the new file: a crash at any moment leaves a data file. */
function replace(folder: string, fresh: string): string {
  const path = join(folder, DATA_FILE);
  const aside = join(folder, `damaged-${new Date().toISOString().replaceAll(/[:.]/g, '')}-${statSync(path).ino}.mdb`);
  linkSync(path, aside);
  syncFolder(folder);
  removeLastTransaction(folder);
  renameSync(fresh, path);
  syncFolder(folder);
  return aside;
}

async function fill(folder: string, found: readonly Found[], secret: KeyObject): Promise<void> {
  const store = openStore(folder, false);
  const commits = new Commits(store, join(folder, DATA_FILE));
  try {
    const rows = new Rows(store, secret);
    await Promise.all(
      found.map(({ kind, name, row }) => commits.add(row.length, () => rows.putSealed(kind, name, row))),
    );
  } finally {
    commits.close();
    await store.close();
  }
}

/**
 * Of each name the newest version that opens; if none opens, one that does not: the vault then lists the name as broken. Of each outcome
 * of a request the newest that opens: what was removed may be among them, and goes when its day is over.
 */
function newest(found: readonly Found[]): Found[] {
  const best = new Map<string, Found>();
  for (const row of found) {
    if (row.body === undefined ? !NAME.test(row.name) || !isRecord(row) : !isKept(row)) continue;
    const place = isRecord(row) ? row.name : `outcome ${row.name}`;
    const other = best.get(place);
    if (other === undefined || rank(row) > rank(other)) best.set(place, row);
  }
  return [...best.values()];
}

function isKept(row: Found): boolean {
  return isRecord(row) || row.kind === RowKind.OUTCOME;
}

function isRecord({ kind }: Found): boolean {
  return kind === RowKind.RECORD || kind === RowKind.REMOVED;
}

function rank({ body, seq }: Found): number {
  return body === undefined || !Number.isSafeInteger(seq) ? -1 : seq;
}

/** Refuses while another process lives: it would go on writing to the file that it has open, and those records would be lost. */
async function refuseLiving(folder: string, found: readonly Found[]): Promise<void> {
  for (const { kind, body } of found) {
    if (kind !== RowKind.PROCESS || body === undefined) continue;
    const row = readProcessRow(body);
    const { identity } = row;
    if (isThisProcess(identity) || !(await isProcessAlive(folder, row))) continue;
    const words = `the vault ${folder} is damaged, and process ${identity.pid} has it open: end that first`;
    throw new VaultError('VaultClosed', words);
  }
}

/** By PID and namespace: the first process of every container is PID 1. */
function isThisProcess({ pid, namespace }: Identity): boolean {
  return pid === process.pid && namespace === thisProcess().namespace;
}

/** Makes the lock file, over one that a dead process left. @returns what removes it @throws VaultError `VaultClosed` */
function lock(folder: string): () => void {
  const path = join(folder, LOCK);
  for (;;) {
    try {
      const fd = openSync(path, 'wx', 0o600);
      writeFileSync(fd, JSON.stringify({ ...identityOf(process.pid), at: Date.now() }));
      closeSync(fd);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
    }
    if (isOfLivingProcess(path)) throw new VaultError('VaultClosed', `the vault ${folder} is being rebuilt: try again`);
    rmSync(path, { force: true });
  }
}

function isOfLivingProcess(path: string): boolean {
  try {
    const { at, ...identity } = JSON.parse(readFileSync(path, 'utf8')) as Identity & { at: number };
    return isAlive(identity, at, Date.now());
  } catch {
    return false;
  }
}
