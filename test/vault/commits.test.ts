/** Commits: when a step is acknowledged, what it does to its neighbours, and what is refused before LMDB writes. */
import assert from 'node:assert/strict';
import { copyFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Commits } from '../../src/vault/commits.ts';
import { MAP_SIZE, type Store } from '../../src/vault/rows.ts';
import { folderOf, opened } from './support.ts';

const PAGE = 4096;

/** A store that runs transactions as it is told, over a data file with blocks for everything (it is sparse). */
function commitsOver(t: TestContext, run: (step: () => unknown) => Promise<unknown>, lastPageNumber = 1): Commits {
  const path = join(folderOf(t), 'data.mdb');
  writeFileSync(path, '');
  truncateSync(path, MAP_SIZE + 2 ** 20);
  const store = {
    getStats: () => ({ pageSize: PAGE }),
    env: { info: () => ({ lastPageNumber, lastTxnId: 1 }) },
    childTransaction: run,
    committed: Promise.resolve(true),
  };
  const commits = new Commits(store as unknown as Store, path);
  t.after(() => commits.close());
  return commits;
}

test('a step is acknowledged when its transaction is on the disk, and not before', async (t) => {
  let sync = (): void => {};
  const synced = new Promise<void>((done) => (sync = done));
  const commits = commitsOver(t, async (step) => {
    const result = step();
    await synced;
    return result;
  });
  let isAcknowledged = false;
  const added = commits.add(1, () => 'its result');
  void added.then(() => (isAcknowledged = true));
  await new Promise(setImmediate);
  assert.equal(isAcknowledged, false);
  sync();
  assert.equal(await added, 'its result');
});

test('a transaction that the disk refuses refuses all its steps, with the reason that LMDB gives later', async (t) => {
  const reason = Promise.reject(Object.assign(new Error('LMDB'), { code: constants.errno.ENOSPC }));
  reason.catch(() => undefined);
  const commits = commitsOver(t, async (step) => {
    step();
    throw Object.assign(new Error('commit failed'), { commitError: reason });
  });
  const ends = await Promise.allSettled([commits.add(1, () => 1), commits.add(1, () => 2)]);
  for (const end of ends) {
    assert.equal(end.status, 'rejected');
    const { fault, code } = end.reason as { fault?: string; code?: string };
    assert.deepEqual([fault, code], ['VaultWriteFailed', 'ENOSPC']);
  }
});

test('a vault that has no page left for a transaction is full', async (t) => {
  const commits = commitsOver(t, async (step) => step(), MAP_SIZE / PAGE - 10);
  await assert.rejects(
    commits.add(1, () => assert.fail('it ran')),
    { fault: 'VaultWriteFailed', code: 'MDB_MAP_FULL' },
  );
});

test("a step that is refused does not undo the others' of its transaction", async (t) => {
  const vault = await opened(t, { folder: folderOf(t) });
  await vault.claim('a');
  const [refused, written] = await Promise.allSettled([
    vault.write('not claimed', Buffer.from('1')),
    vault.write('a', Buffer.from('2')),
  ]);
  assert.deepEqual([refused.status, written.status], ['rejected', 'fulfilled']);
  assert.equal(Buffer.from(vault.read('a')!).toString(), '2');
});

test('a process does not write into a data file that another one has replaced', async (t) => {
  const folder = folderOf(t);
  const vault = await opened(t, { folder });
  await vault.claim('a');
  await vault.write('a', Buffer.from('1'));
  const path = join(folder, 'data.mdb');
  copyFileSync(path, join(folder, 'rebuilt-copy'));
  renameSync(join(folder, 'rebuilt-copy'), path);
  await assert.rejects(vault.write('a', Buffer.from('2')), {
    fault: 'VaultWriteFailed',
    message: /was rebuilt by another process/,
  });
});
