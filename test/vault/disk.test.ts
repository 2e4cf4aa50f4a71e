/** A disk that is full, or may not be written: said as `VaultWriteFailed`; what was kept is kept; later it goes on. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openVault } from '../../src/vault/open.ts';
import { folderOf, opened } from './support.ts';

const FILLER = fileURLToPath(new URL('../support/vault-filler.js', import.meta.url));
const OLD = Buffer.alloc(3000, 1);

/** A small file system of its own; undefined where this process may not make one. */
function smallDisk(t: TestContext, size: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', folder]);
  t.after(() => {
    if (mounted.status === 0) spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true });
  });
  return mounted.status === 0 ? folder : undefined;
}

/** Fills a vault in a process whose files may not grow beyond `blocks` of 512 bytes: what every container allows. */
async function fillWithin(folder: string, blocks: number): Promise<Filled> {
  const script = `ulimit -f ${blocks}; exec "$0" "$@"`;
  const child = spawn('sh', ['-c', script, process.execPath, FILLER, folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  assert.deepEqual([code, signal, err], [0, null, ''], out);
  return JSON.parse(out) as Filled;
}

interface Filled {
  readonly written: number;
  readonly codes: readonly string[];
  readonly faults: readonly string[];
  readonly isAllThere: boolean;
}

test('files that may not grow: the write is refused, all before it stays; later it goes on', async (t) => {
  await limitedGrowth(t, 1_400);
});

async function limitedGrowth(t: TestContext, blocks: number): Promise<void> {
  const folder = folderOf(t);
  const filled = await fillWithin(folder, blocks);
  assert.deepEqual(filled.codes, ['EFBIG']);
  assert.deepEqual(filled.faults, ['VaultWriteFailed']);
  assert.ok(filled.written > 10 && filled.isAllThere, JSON.stringify(filled));
  const vault = await opened(t, { folder, warn: (sentence) => assert.fail(sentence) });
  assert.equal((await vault.list()).length, filled.written);
  await vault.claim('later');
  await vault.write('later', OLD);
  assert.deepEqual(Buffer.from(vault.read('later')!), OLD);
}

test('a full disk: the old state is intact, and writes go on when there is room', async (t) => {
  const folder = smallDisk(t, '1m');
  // Where nothing may be mounted, the same through the limit of a process.
  if (folder === undefined) return limitedGrowth(t, 2_000);
  const vault = await openVault({ folder, warn: (sentence) => assert.fail(sentence) });
  t.after(() => vault.close());
  await vault.claim('old');
  await vault.write('old', OLD);
  const ballast = join(folder, 'ballast');
  for (let round = 0; round < 60; round++) {
    fill(ballast);
    await assert.rejects(manyWrites(vault, round), { fault: 'VaultWriteFailed', code: 'ENOSPC' });
    assert.deepEqual(Buffer.from(vault.read('old')!), OLD);
    rmSync(ballast);
    await vault.write('old', OLD);
  }
  await vault.close();
  const again = await openVault({ folder, warn: (sentence) => assert.fail(sentence) });
  assert.deepEqual(Buffer.from(again.read('old')!), OLD);
  await again.close();
});

/** Takes every block that is left. */
function fill(path: string): void {
  for (let size = 65_536; size >= 4_096; size /= 2) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'ENOSPC');
    }
  }
}

/** More than the room that is kept for the next writes. */
async function manyWrites(vault: Awaited<ReturnType<typeof openVault>>, round: number): Promise<void> {
  await vault.write('old', Buffer.alloc(400_000, round));
}

test('a new vault on a full disk is refused in a sentence', async (t) => {
  const folder = smallDisk(t, '64k');
  if (folder === undefined) return limitedGrowth(t, 1_200);
  fill(join(folder, 'ballast'));
  await assert.rejects(openVault({ folder: join(folder, 'vault') }), { fault: 'VaultClosed', message: /ENOSPC/ });
  rmSync(join(folder, 'ballast'));
  rmSync(join(folder, 'vault'), { recursive: true, force: true });
  // 64 KiB hold the files of an empty vault, and no session.
  const vault = await openVault({ folder });
  await assert.rejects(vault.claim('a'), { fault: 'VaultWriteFailed', code: 'ENOSPC' });
  assert.deepEqual(await vault.list(), []);
  await vault.close();
});

test('a new vault on a disk with some blocks left, for some of its files or for parts of them, is refused in a sentence', async (t) => {
  const folder = smallDisk(t, '256k');
  if (folder === undefined) return limitedGrowth(t, 1_200);
  const ballast = join(folder, 'ballast');
  const outcomes = [];
  for (let left = 4_096; left <= 65_536; left += 4_096) {
    fill(ballast);
    truncateSync(ballast, statSync(ballast).size - left);
    outcomes.push(await openVault({ folder: join(folder, 'vault') }).then(closed, fault));
    rmSync(ballast);
    rmSync(join(folder, 'vault'), { recursive: true, force: true });
  }
  const opens = outcomes.indexOf('opened');
  assert.ok(opens > 0, JSON.stringify(outcomes));
  assert.deepEqual(new Set(outcomes.slice(0, opens)), new Set(['ENOSPC']));
  assert.deepEqual(new Set(outcomes.slice(opens)), new Set(['opened']));
});

async function closed(vault: Awaited<ReturnType<typeof openVault>>): Promise<string> {
  await vault.close();
  return 'opened';
}

function fault(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

test('a vault that may only be read is read', async (t) => {
  const folder = folderOf(t);
  const first = await openVault({ folder });
  await first.claim('a');
  await first.release('a', OLD);
  await first.close();
  const writable = readOnly(t, folder);
  const vault = await openVault({ folder });
  assert.deepEqual(Buffer.from(vault.read('a')!), OLD);
  for (const refused of [vault.claim('a'), vault.ask('a'), vault.remove('a')])
    await assert.rejects(refused, { fault: 'VaultWriteFailed' });
  await vault.close();
  writable();
  const later = await opened(t, { folder });
  assert.equal((await later.claim('a'))?.isClean, true);
});

/** Any user that is not root, whom modes do not stop. */
const NOBODY = 65_534;

/** Takes the right to write from the folder and its files. @returns what gives it back */
function readOnly(t: TestContext, folder: string): () => void {
  const files = readdirSync(folder).map((name) => join(folder, name));
  const isRoot = process.getuid?.() === 0;
  for (const path of [folder, ...files]) if (isRoot) chownSync(path, NOBODY, NOBODY);
  const set = (folderMode: number, fileMode: number): void => {
    for (const path of files) chmodSync(path, fileMode);
    chmodSync(folder, folderMode);
  };
  set(0o500, 0o400);
  if (isRoot) process.seteuid!(NOBODY);
  const back = (): void => {
    if (!existsSync(folder)) return;
    if (isRoot) process.seteuid!(0);
    set(0o700, 0o600);
  };
  t.after(back);
  return back;
}
