/** `.session` files of Telethon and Pyrogram, as SQLite wrote them; cut and changed. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { FormatError } from '../../src/formats/formats.ts';
import { readSessionFile } from '../../src/formats/session-file.ts';
import { SqliteFile } from '../../src/formats/sqlite.ts';
import { aKey, recordWith } from '../support/session-records.ts';
import { sessionFile } from '../vectors/session-files.ts';

const UPDATES = { pts: 4211, qts: 0, date: 1_700_000_123, seq: 17 };

test('telethon: data centre, address, key, the account and where its updates stood', () => {
  assert.deepEqual(readSessionFile(sessionFile('telethon')), {
    format: 'telethon-file',
    record: recordWith({ dc: 2, host: '149.154.167.51', port: 443, userId: 4_242_424_242n, updates: UPDATES }, aKey(1)),
  });
});

test('telethon: with many entities in small pages, where a key overflows its page', () => {
  assert.deepEqual(
    readSessionFile(sessionFile('telethonManyEntities')).record,
    recordWith({ dc: 4, host: '149.154.167.91', port: 443, userId: 77n, updates: UPDATES }, aKey(2)),
  );
});

test('telethon: test data centres, IPv6, no address', () => {
  const read = (name: Parameters<typeof sessionFile>[0]): object => readSessionFile(sessionFile(name)).record;
  assert.deepEqual(read('telethonTest'), recordWith({ test: true, host: '149.154.167.40', port: 80 }, aKey(3)));
  assert.deepEqual(read('telethonV6'), recordWith({ dc: 5, host: '2001:67c:4e8:f004::a', port: 443 }, aKey(4)));
  assert.deepEqual(read('telethonNoAddress'), recordWith({ dc: 5, userId: 9n }, aKey(5)));
  assert.equal(readSessionFile(sessionFile('telethonNoAddress'), { test: true }).record.test, true);
});

test('pyrogram: now and before, bot and user, production and test', () => {
  assert.deepEqual(readSessionFile(sessionFile('pyrogram')), {
    format: 'pyrogram-file',
    record: recordWith({ dc: 4, apiId: 17_349, userId: 4_242_424_242n, isBot: true }, aKey(6)),
  });
  assert.deepEqual(
    readSessionFile(sessionFile('pyrogramOld')).record,
    recordWith({ dc: 2, test: true, userId: 77n }, aKey(7)),
  );
});

test('a file that nobody is signed in with, and one that is of something else', () => {
  assert.throws(() => readSessionFile(sessionFile('telethonSignedOut')), /nobody is signed in with this file/);
  assert.throws(() => readSessionFile(sessionFile('other')), /no table of sessions/);
  assert.throws(() => readSessionFile(Buffer.alloc(4096)), /no SQLite file/);
  const utf16 = sessionFile('telethon');
  utf16.writeUInt32BE(2, 56);
  assert.throws(() => readSessionFile(utf16), /form is not known here/);
});

test('rows come in the order of their numbers, also from the middle of a tree', () => {
  const file = new SqliteFile(sessionFile('telethonManyEntities'));
  const all = [...file.rows('entities')!].map((row) => row['id'] as bigint);
  assert.equal(all.length, 151);
  assert.deepEqual(
    all,
    [...all].sort((a, b) => (a < b ? -1 : 1)),
  );
  for (const from of [-(2n ** 63n), -1_000_000_000_051n, 0n, 1n, 1_100n, 2n ** 40n])
    assert.deepEqual(
      [...file.rows('entities', from)!].map((row) => row['id']),
      all.filter((id) => id >= from),
    );
  assert.equal(file.rows('none'), undefined);
});

/** Another session, or a refusal: never a crash, never without an end. */
function survives(bytes: Buffer): void {
  try {
    const { record } = readSessionFile(bytes);
    assert.equal(record.keys[0]?.key.length, 256);
  } catch (error) {
    assert.ok(error instanceof FormatError, String(error));
  }
}

test('cut at every byte, a session that was not reached is refused', () => {
  const whole = sessionFile('pyrogramOld');
  for (let length = 0; length < whole.length; length++) survives(Buffer.from(whole.subarray(0, length)));
  assert.throws(() => readSessionFile(Buffer.from(whole.subarray(0, 1536))), FormatError);
});

test('every byte changed, and pages exchanged, is another session or a refusal', () => {
  for (const name of ['pyrogramOld', 'telethonManyEntities'] as const) {
    const whole = sessionFile(name);
    for (let at = 0; at < whole.length; at++)
      for (const bits of [1, 0x80, 0xff]) {
        whole[at]! ^= bits;
        survives(whole);
        whole[at]! ^= bits;
      }
    const pages = whole.length / 512;
    fc.assert(
      fc.property(fc.nat(pages - 1), fc.nat(pages - 1), (a, b) => {
        const changed = Buffer.from(whole);
        whole.copy(changed, a * 512, b * 512, b * 512 + 512);
        survives(changed);
      }),
    );
  }
});

test('a tree that leads back to itself ends', () => {
  const bytes = sessionFile('telethonManyEntities');
  const roots = [];
  for (let at = 0; at < bytes.length; at += 512) if (bytes[at] === 5) roots.push(at);
  assert.ok(roots.length > 0);
  for (const root of roots) {
    const count = bytes.readUInt16BE(root + 3);
    for (let i = 0; i < count; i++) bytes.writeUInt32BE(root / 512 + 1, root + bytes.readUInt16BE(root + 12 + 2 * i));
    bytes.writeUInt32BE(root / 512 + 1, root + 8);
  }
  assert.throws(() => [...new SqliteFile(bytes).rows('entities')!], /lead nowhere/);
});
