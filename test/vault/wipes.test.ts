/** What was sealed or opened is zeroed in memory when nobody needs it; a summary has no key. */
import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { emptyRecord, readRecord, writeRecord } from '../../src/account/record.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { Rows, type VaultRow } from '../../src/vault/rows.ts';
import { openRow, RowKind, sealRow } from '../../src/vault/seal.ts';
import { summaryOf } from '../../src/vault/summary.ts';
import { body, folderOf, opened } from './support.ts';

const SECRET = Buffer.from('the-planted-secret-of-a-session');
type Update = (this: unknown, bytes: Uint8Array) => Buffer;

/** Memory that had the secret before it was sealed, and memory that it was opened into. */
function plaintexts(t: TestContext): Uint8Array[] {
  const [key, nonce] = [randomBytes(32), randomBytes(12)];
  const seen: Uint8Array[] = [];
  const note = (bytes: Uint8Array): void => void (Buffer.from(bytes).includes(SECRET) && seen.push(bytes));
  for (const make of [createCipheriv, createDecipheriv]) {
    const of = Object.getPrototypeOf(make('aes-256-gcm', key, nonce)) as { update: Update };
    const { update } = of;
    t.mock.method(of, 'update', function (this: unknown, bytes: Uint8Array): Buffer {
      note(bytes);
      const result = update.call(this, bytes);
      note(result);
      return result;
    });
  }
  return seen;
}

function assertZeroed(seen: readonly Uint8Array[]): void {
  assert.ok(seen.length > 0, 'the secret came by');
  for (const bytes of seen) assert.ok(!Buffer.from(bytes).includes(SECRET), 'it is still there');
}

test('a record that was written is zeroed', async (t) => {
  const vault = await opened(t, { folder: folderOf(t) });
  await vault.claim('a');
  const seen = plaintexts(t);
  await vault.write('a', SECRET);
  assertZeroed(seen);
});

test('the last record of a name that is released is zeroed', async (t) => {
  const vault = await opened(t, { folder: folderOf(t) });
  await vault.claim('a');
  const seen = plaintexts(t);
  await vault.release('a', SECRET);
  assertZeroed(seen);
});

test('a list that takes a part of each record leaves none of them', async (t) => {
  const vault = await opened(t, { folder: folderOf(t) });
  await vault.claim('a');
  await vault.write('a', SECRET);
  const seen = plaintexts(t);
  const [entry] = await vault.list((record) => Uint8Array.from(record.subarray(0, 3)));
  assert.equal(Buffer.from(entry!.record!).toString(), 'the');
  assertZeroed(seen);
});

test('a record that was opened for a claim that another process does not grant is zeroed', async (t) => {
  const folder = folderOf(t);
  const [one, two] = [await opened(t, { folder, self: body(t).self }), await opened(t, { folder })];
  await one.claim('a');
  await one.write('a', Buffer.from('secret'));
  const records: Buffer[] = [];
  const get = Object.getOwnPropertyDescriptor(Rows.prototype, 'get')!.value as (
    this: Rows,
    kind: number,
    name: string,
  ) => VaultRow | undefined;
  t.mock.method(Rows.prototype, 'get', function (this: Rows, kind: number, name: string) {
    const row = get.call(this, kind, name);
    if (kind === RowKind.RECORD && row?.body !== undefined) records.push(row.body);
    return row;
  });
  assert.equal(await two.claim('a'), undefined);
  assert.equal(records.length, 1);
  assert.ok(!records[0]!.includes('secret'));
});

test('a body whose tag is wrong is zeroed', (t) => {
  const key = createSecretKey(randomBytes(32));
  const row = sealRow(key, RowKind.RECORD, 'a', 1, Buffer.from(SECRET));
  row[row.length - 1]! ^= 1;
  const seen = plaintexts(t);
  assert.equal(openRow(key, row), undefined);
  assertZeroed(seen);
});

test('a summary shows data centre, user, loss, residence and initConnection, and has no key; what is no record has no summary', () => {
  const out = new Writer(512);
  const key = randomBytes(256);
  const shown = {
    ...emptyRecord(4, true),
    userId: 5n,
    isBot: true,
    lost: 'SESSION_REVOKED',
    isResident: true,
    initText: '{}',
  };
  writeRecord(out, { ...shown, keys: [{ dc: 4, key }], apiId: 7, timeOffset: 12 });
  const summary = summaryOf(out.written());
  assert.deepEqual(readRecord(summary), shown);
  assert.ok(!Buffer.from(summary).includes(key.subarray(0, 16)));
  assert.equal(summaryOf(Buffer.from('no record')).length, 0);
});
