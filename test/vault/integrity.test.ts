/** Each check of the pages, by the one number that it is about; `flips.test.ts` turns bits anywhere. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { faultOf, transactionOf } from '../../src/vault/integrity.ts';
import { readLastTransaction, writeLastTransaction } from '../../src/vault/last-transaction.ts';
import { openVault } from '../../src/vault/open.ts';
import { MAP_SIZE } from '../../src/vault/rows.ts';
import { RECORDS, smallVault } from '../support/flipped-vault.ts';
import { folderOf, opened } from './support.ts';

const PAGE = 4096;
const HEADER = 24;
/** Places in a meta page: of the map size, of the main tree's numbers, of the transaction. */
const Meta = { MAP: 40, DEPTH: 102, LEAVES: 112, ENTRIES: 128, ROOT: 136, TRANSACTION: 152 } as const;

/** A data file, with the places that the tests change. */
class DataFile {
  readonly bytes: Buffer;
  /** Where its newer meta page begins. */
  readonly meta: number;
  /** Where the root of its main tree, a leaf, begins. */
  readonly root: number;

  constructor(bytes: Buffer) {
    this.bytes = Buffer.from(bytes);
    this.meta = bytes.readUInt32LE(Meta.TRANSACTION) > bytes.readUInt32LE(PAGE + Meta.TRANSACTION) ? 0 : PAGE;
    this.root = bytes.readUInt32LE(this.meta + Meta.ROOT) * PAGE;
  }

  /** Adds to a number of 32 bits. */
  add(at: number, more: number): void {
    this.bytes.writeUInt32LE(this.bytes.readUInt32LE(at) + more, at);
  }

  u16(at: number, value: number): void {
    this.bytes.writeUInt16LE(value, at);
  }

  /** Where the node of the root leaf begins whose value is on overflow pages, and where its page number stands. */
  get big(): number {
    for (let at = this.root + HEADER; ; at += 2) {
      const node = this.root + HEADER + this.bytes.readUInt16LE(at);
      if (this.bytes.readUInt16LE(node + 4) === 1) return node + 8 + this.bytes.readUInt16LE(node + 6);
    }
  }
}

const WRONG: Readonly<Record<string, (file: DataFile) => unknown>> = {
  'a size in a meta page': ({ bytes }) => bytes.writeUInt32LE(2 ** 20, Meta.MAP),
  'the meta pages do not follow each other': (file) => file.add(file.meta + Meta.TRANSACTION, 2),
  'a meta page of another transaction': (file) => file.add(file.root + 8, -1),
  'the depth of a tree': ({ bytes, meta }) => bytes.writeUInt16LE(0, meta + Meta.DEPTH),
  'the count of leaves': (file) => file.add(file.meta + Meta.LEAVES, 1),
  'the count of entries': (file) => file.add(file.meta + Meta.ENTRIES, 1),
  'a page with another number': (file) => file.add(file.root, 1),
  'a page of another kind': (file) => file.u16(file.root + 18, 1),
  'the bounds of a page': (file) => file.u16(file.root + 22, PAGE),
  'the place of a node': (file) => file.u16(file.root + HEADER, 2),
  'keys out of order': ({ bytes, root }) => {
    const [first, second] = [bytes.readUInt16LE(root + HEADER), bytes.readUInt16LE(root + HEADER + 2)];
    bytes.writeUInt16LE(second, root + HEADER);
    bytes.writeUInt16LE(first, root + HEADER + 2);
  },
  'nodes that overlap': ({ bytes, root }) => bytes.copyWithin(root + HEADER, root + HEADER + 2, root + HEADER + 4),
  'a page used twice': ({ bytes, big, root }) => bytes.writeUInt32LE(root / PAGE, big),
  'a page beyond the file': ({ bytes, big }) => bytes.writeUInt32LE(1_000_000, big),
  'the count of overflow pages': ({ bytes, big }) => bytes.writeUInt32LE(1, big + 16),
  'an overflow page': (file) => file.add(file.bytes.readUInt32LE(file.big) * PAGE + 20, 1),
};

for (const [fault, change] of Object.entries(WRONG))
  test(`seen before LMDB opens the file: ${fault}`, async () => {
    const { files } = await smallVault();
    const file = new DataFile(files['data.mdb']);
    assert.equal(
      faultOf(file.bytes, MAP_SIZE, () => true),
      undefined,
    );
    change(file);
    assert.equal(
      faultOf(file.bytes, MAP_SIZE, () => true),
      fault,
    );
  });

test('seen before LMDB opens the file: a cut, another map size, a row under the wrong key', async () => {
  const { files } = await smallVault();
  const data = files['data.mdb'];
  assert.equal(
    faultOf(data.subarray(0, data.length - 1), MAP_SIZE, () => true),
    'the file is cut off',
  );
  assert.equal(
    faultOf(data, MAP_SIZE * 2, () => true),
    'a size in a meta page',
  );
  assert.equal(
    faultOf(data, MAP_SIZE, () => false),
    'a row under the wrong key',
  );
});

test('a vault with a fault is rebuilt before LMDB opens it, and says so', async (t) => {
  const { files } = await smallVault();
  const folder = folderOf(t);
  const file = new DataFile(files['data.mdb']);
  WRONG['the count of entries']!(file);
  for (const [name, content] of Object.entries({ ...files, 'data.mdb': file.bytes }))
    writeFileSync(join(folder, name), content, { mode: 0o600 });
  const warnings: string[] = [];
  const vault = await openVault({ folder, warn: (sentence) => warnings.push(sentence) });
  t.after(() => vault.close());
  assert.match(warnings.join('|'), /was damaged \(the count of entries\)/);
  for (const [name, record] of Object.entries(RECORDS)) assert.deepEqual(vault.read(name), record, name);
});

test('a file that lacks the last transaction is rebuilt, and the lost version with it', async (t) => {
  const folder = folderOf(t);
  const vault = await openVault({ folder });
  await vault.claim('a');
  await vault.release('a', Buffer.from('1'));
  await vault.close();
  writeLastTransaction(folder, transactionOf(readFileSync(join(folder, 'data.mdb')))! + 1);
  const warnings: string[] = [];
  const again = await opened(t, { folder, warn: (sentence) => warnings.push(sentence) });
  assert.match(warnings.join('|'), /was damaged \(the last transaction is missing\)/);
  assert.equal(Buffer.from(again.read('a')!).toString(), '1');
});

test('the number of the last transaction only grows, and a damaged one counts as none', (t) => {
  const folder = folderOf(t);
  writeLastTransaction(folder, 12);
  writeLastTransaction(folder, 9);
  assert.equal(readLastTransaction(folder), 12);
  const path = join(folder, 'last');
  writeFileSync(path, readFileSync(path, 'latin1').replace('12', '99'));
  assert.equal(readLastTransaction(folder), 0);
});
