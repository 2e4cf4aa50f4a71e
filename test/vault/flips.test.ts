/** A vault with wrong bits, cut, or foreign: refused by name or by a sentence, never by a crash. */
import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { test } from 'node:test';
import { faultOf } from '../../src/vault/integrity.ts';
import { MAP_SIZE } from '../../src/vault/rows.ts';
import { openVault } from '../../src/vault/open.ts';
import { FlippedVault, RECORDS, smallVault } from '../support/flipped-vault.ts';
import { folderOf } from './support.ts';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';

/** Bits between two that are opened for good; `npm run soak -- vault --bits` opens all. */
const STEP = 997;

test('a wrong bit: one record at most is refused, by name; the others load and can be written', async (t) => {
  const small = await smallVault();
  const vault = new FlippedVault(small);
  t.after(() => vault.end());
  const wrong: string[] = [];
  for (const file of ['data.mdb', 'key', 'last'] as const) {
    const step = file === 'data.mdb' ? STEP : 17;
    for (let bit = randomInt(step); bit < small.files[file].length * 8; bit += step)
      wrong.push(...(await vault.flip(file, bit, bit % 5 === 0)));
  }
  assert.deepEqual(wrong, []);
  assert.ok(vault.flips.refused > 0 && vault.flips.whole > vault.flips.refused, JSON.stringify(vault.flips));
  t.diagnostic(JSON.stringify(vault.flips));
});

test('the page headers and meta pages', async (t) => {
  const small = await smallVault();
  const vault = new FlippedVault(small);
  t.after(() => vault.end());
  const wrong: string[] = [];
  const headers = small.files['data.mdb'].length / 4096;
  // The fields of a page, of a meta page, and the first offsets of a leaf: one bit in thirteen, another each run.
  const first = randomInt(13);
  for (let page = 0; page < headers; page++)
    for (let bit = first; bit < 8 * (page < 2 ? 168 : 40); bit += 13)
      wrong.push(...(await vault.flip('data.mdb', page * 4096 * 8 + bit, false)));
  assert.deepEqual(wrong, []);
  t.diagnostic(JSON.stringify(vault.flips));
});

test('a key that is one byte longer or shorter by a bit of its length', async (t) => {
  const small = await smallVault();
  const vault = new FlippedVault(small);
  t.after(() => vault.end());
  const data = small.files['data.mdb'];
  let nodes = 0;
  // `key length u16 | key | row`: wherever a record's key stands, in pages that count and in old ones.
  for (const name of Object.keys(RECORDS)) {
    const sign = Buffer.from(`r${name}mj2j-row`);
    for (let at = data.indexOf(sign); at !== -1; at = data.indexOf(sign, at + 1)) {
      nodes++;
      for (let bit = 0; bit < 16; bit++) assert.deepEqual(await vault.flip('data.mdb', (at - 2) * 8 + bit, false), []);
    }
  }
  assert.ok(nodes >= 2, String(nodes));
});

test('the walk of the pages never throws, whatever byte is wrong', async () => {
  const { files } = await smallVault();
  const bytes = Buffer.from(files['data.mdb']);
  assert.equal(
    faultOf(bytes, MAP_SIZE, () => true),
    undefined,
  );
  let faults = 0;
  for (let at = 0; at < bytes.length; at++) {
    const before = bytes[at]!;
    bytes[at] = before ^ (1 << randomInt(8));
    if (faultOf(bytes, MAP_SIZE, () => true) !== undefined) faults++;
    bytes[at] = before;
  }
  assert.ok(faults > 200, String(faults));
});

test('cut at any length, the records that are left load', async (t) => {
  const { files } = await smallVault();
  const vault = new FlippedVault({ files });
  t.after(() => vault.end());
  const data = files['data.mdb'];
  for (let length = 1 + randomInt(97); length < data.length; length += 97 * 8) {
    const wrong = await vault.withFiles({ ...files, 'data.mdb': data.subarray(0, length) }, true, 3);
    assert.deepEqual(
      wrong.filter((sentence) => !sentence.endsWith('is missing')),
      [],
    );
  }
});

test('a foreign file in the place of the data: put aside, and the vault is empty', async (t) => {
  const { files } = await smallVault();
  for (const content of [randomBytes(100_000), Buffer.from('SQLite format 3\0'), Buffer.alloc(8192)]) {
    const folder = folderOf(t);
    writeFileSync(join(folder, 'key'), files.key, { mode: 0o600 });
    writeFileSync(join(folder, 'data.mdb'), content, { mode: 0o600 });
    const warnings: string[] = [];
    const vault = await openVault({ folder, warn: (sentence) => warnings.push(sentence) });
    assert.deepEqual(await vault.list(), []);
    assert.match(warnings.join(), /was damaged \(.*\); what could be read is in it again, and the old file is/);
    await vault.claim('new');
    await vault.release('new', RECORDS['a']);
    await vault.close();
  }
});
