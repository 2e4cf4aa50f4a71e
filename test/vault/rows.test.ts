/** Rows: one is believed under the key it was sealed for, and under no other. */
import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { open } from 'lmdb';
import { openVault } from '../../src/vault/open.ts';
import { isInPlace, rowKey, openStore, Rows } from '../../src/vault/rows.ts';
import { RowKind, sealRow } from '../../src/vault/seal.ts';
import { folderOf, opened } from './support.ts';

const secret = createSecretKey(randomBytes(32));

test('a row under the key of another name, or of another kind of row, does not open', async (t) => {
  const store = openStore(folderOf(t), false);
  const rows = new Rows(store, secret);
  const row = sealRow(secret, RowKind.RECORD, 'alice', 1, Buffer.from('the session of alice'));
  const moved = [
    [RowKind.RECORD, 'bob'],
    [RowKind.RECORD, 'alic'],
    [RowKind.RECORD, 'alice2'],
    [RowKind.OWNER, 'alice'],
    [RowKind.PROCESS, 'alice'],
    [RowKind.REQUEST, 'alice'],
  ] as const;
  for (const [kind, name] of [...moved, [RowKind.RECORD, 'alice'] as const]) await store.put(rowKey(kind, name), row);
  assert.equal(rows.get(RowKind.RECORD, 'alice')?.body?.toString(), 'the session of alice');
  for (const [kind, name] of moved) {
    const found = rows.get(kind, name);
    // It is there, so that it is refused by its name and not taken for nothing.
    assert.deepEqual([found?.name, found?.kind, found?.body], [name, kind, undefined], `${kind} ${name}`);
    assert.ok(!isInPlace(secret, rowKey(kind, name), row));
  }
  assert.deepEqual(
    [...rows.all(RowKind.RECORD)].filter(({ body }) => body !== undefined).map(({ name }) => name),
    ['alice'],
  );
  await store.close();
});

test('each version of a row has the next number', async (t) => {
  const store = openStore(folderOf(t), false);
  const rows = new Rows(store, secret);
  for (const seq of [1, 2, 3]) {
    await store.childTransaction(() => rows.put(RowKind.RECORD, 'a', Buffer.from(`version ${seq}`)));
    assert.equal(rows.get(RowKind.RECORD, 'a')?.seq, seq);
  }
  await store.close();
});

test('records that changed places under an open vault bring back nobody', async (t) => {
  const folder = folderOf(t);
  const vault = await opened(t, { folder });
  for (const name of ['alice', 'bob']) {
    await vault.claim(name);
    await vault.release(name, Buffer.from(`the session of ${name}`));
  }
  const raw = open<Buffer, Buffer>({ path: folder, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' });
  const [alice, bob] = [rowKey(RowKind.RECORD, 'alice'), rowKey(RowKind.RECORD, 'bob')];
  await raw.put(bob, Buffer.from(raw.getBinary(alice)!));
  await raw.close();
  assert.throws(() => vault.read('bob'), { fault: 'VaultRecordBroken' });
  await assert.rejects(vault.claim('bob'), { fault: 'VaultRecordBroken' });
  assert.equal(Buffer.from(vault.read('alice')!).toString(), 'the session of alice');
  await vault.close();

  // Opened anew it is a damaged file: what is in its place, or still stands elsewhere in the file, is in the new one.
  const warnings: string[] = [];
  const again = await openVault({ folder, warn: (sentence) => warnings.push(sentence) });
  assert.match(warnings.join(), /was damaged/);
  assert.equal(Buffer.from(again.read('alice')!).toString(), 'the session of alice');
  const found = (await again.list()).find(({ name }) => name === 'bob')?.record;
  assert.ok(found === undefined || Buffer.from(found).toString() === 'the session of bob');
  await again.close();
});
