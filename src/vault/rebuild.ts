/**
 * Rebuild: a damaged data file is put aside, and what still opens goes into a new one.
 * In: the bytes of the damaged file. Out: a whole file in its place. Never: a record that its seal does not prove; the
 * damaged file thrown away; done under a living process.
 *
 * Rows are found by the bytes they begin with, wherever they stand, so that no page need be believed. Of a name the
 * newest version counts that opens; its owner rows are left out: nobody has it, and it is not clean.
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
import { syncFolder } from './folder.ts';
import { forgetTransaction } from './last.ts';
import { type Identity, identityOf, isAlive, thisProcess } from './processes.ts';
import { DATA_FILE, type Found, openStore, Rows, rowsIn } from './rows.ts';
import { Kind } from './seal.ts';
import { heardIn, isLiving } from './signs-of-life.ts';
import { NAME, VaultError } from './vault.ts';

const LOCK = 'rebuilding';

/** @returns where the damaged file is now @throws VaultError `VaultClosed` while a living process has the vault */
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

/** The old file keeps a name of its own before the new one takes its place: at no moment is there none. */
function replace(folder: string, fresh: string): string {
  const path = join(folder, DATA_FILE);
  const aside = join(folder, `damaged-${new Date().toISOString().replaceAll(/[:.]/g, '')}-${statSync(path).ino}.mdb`);
  linkSync(path, aside);
  syncFolder(folder);
  forgetTransaction(folder);
  renameSync(fresh, path);
  syncFolder(folder);
  return aside;
}

async function fill(folder: string, found: readonly Found[], secret: KeyObject): Promise<void> {
  const store = openStore(folder, false);
  const commits = new Commits(store, join(folder, DATA_FILE));
  try {
    const rows = new Rows(store, secret);
    await Promise.all(found.map(({ name, row }) => commits.add(row.length, () => rows.putSealed(name, row))));
  } finally {
    commits.close();
    await store.close();
  }
}

/** Of each name the newest that opens; if none does, one that does not: it is named as broken then. */
function newest(found: readonly Found[]): Found[] {
  const best = new Map<string, Found>();
  for (const row of found) {
    if (row.body === undefined ? !NAME.test(row.name) || !isRecord(row) : !isRecord(row)) continue;
    const other = best.get(row.name);
    if (other === undefined || rank(row) > rank(other)) best.set(row.name, row);
  }
  return [...best.values()];
}

function isRecord({ kind }: Found): boolean {
  return kind === Kind.RECORD || kind === Kind.GONE;
}

function rank({ body, seq }: Found): number {
  return body === undefined || !Number.isSafeInteger(seq) ? -1 : seq;
}

/** A living process goes on with the file it has open; what it wrote there would be lost. */
async function refuseLiving(folder: string, found: readonly Found[]): Promise<void> {
  for (const { kind, body } of found) {
    if (kind !== Kind.PROCESS || body === undefined) continue;
    const heard = heardIn(body);
    const { identity } = heard;
    if (isThisProcess(identity) || !(await isLiving(folder, heard))) continue;
    const words = `the vault ${folder} is damaged, and process ${identity.pid} has it open: end that first`;
    throw new VaultError('VaultClosed', words);
  }
}

/** In every container the first process has the same PID. */
function isThisProcess({ pid, namespace }: Identity): boolean {
  return pid === process.pid && namespace === thisProcess().namespace;
}

/** One process at a time. @returns what gives it up */
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
    if (isHeld(path)) throw new VaultError('VaultClosed', `the vault ${folder} is being rebuilt: try again`);
    rmSync(path, { force: true });
  }
}

function isHeld(path: string): boolean {
  try {
    const { at, ...identity } = JSON.parse(readFileSync(path, 'utf8')) as Identity & { at: number };
    return isAlive(identity, at, Date.now());
  } catch {
    return false;
  }
}
