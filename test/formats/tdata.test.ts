/** Telegram Desktop's folder, written by `@mtcute/convert`: with and without passcode, several accounts, cut and changed. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Tdata } from '@mtcute/convert';
import { FormatError } from '../../src/formats/formats.ts';
import { readTdata } from '../../src/formats/tdata.ts';
import { aKey, recordWith } from '../support/session-records.ts';
import { MtcuteCrypto } from '../support/mtcute-crypto.ts';
import { type DesktopUser, tdataFolder } from '../support/tdata.ts';

const ALICE: DesktopUser = { userId: 4_242_424_242, dc: 2, keys: [2] };
const BOB: DesktopUser = { userId: 77, dc: 4, keys: [1, 4, 5] };
const crypto = new MtcuteCrypto();

const wanted = ({ userId, dc, keys }: DesktopUser, index: number): object => ({
  number: index + 1,
  record: {
    ...recordWith({ dc, userId: BigInt(userId) }),
    keys: keys.map((id) => ({ dc: id, key: aKey(index * 10 + id) })),
  },
});

test('one account without a passcode: user, home and key', async (t) => {
  const folder = await tdataFolder(t, new Map([[0, ALICE]]));
  assert.deepEqual(readTdata(folder), [wanted(ALICE, 0)]);
});

test('several accounts, each with its keys, in the order of the program; one place may be empty', async (t) => {
  const folder = await tdataFolder(
    t,
    new Map([
      [2, BOB],
      [0, ALICE],
    ]),
  );
  assert.deepEqual(readTdata(folder), [wanted(BOB, 2), wanted(ALICE, 0)]);
});

test('with a passcode: that one opens it, another and none do not', async (t) => {
  const folder = await tdataFolder(t, new Map([[0, ALICE]]), 'пароль-7');
  assert.deepEqual(readTdata(folder, Buffer.from('пароль-7')), [wanted(ALICE, 0)]);
  assert.throws(() => readTdata(folder), /locked with a passcode: give --passcode-file/);
  assert.throws(() => readTdata(folder, Buffer.from('пароль-8')), /not the one of this folder/);
});

test('a test account is told by its configuration, if that is there', async (t) => {
  for (const [environment, isTest] of [
    [0, false],
    [1, true],
  ] as const) {
    const folder = await tdataFolder(t, new Map([[0, ALICE]]));
    const tdata = await Tdata.open({ path: folder, crypto });
    const numbers = Buffer.alloc(12);
    numbers.writeInt32BE(8, 0);
    numbers.writeInt32BE(1, 4);
    numbers.writeInt32BE(environment, 8);
    await tdata.writeEncryptedFile('D877F783D5D3EF8C/config', numbers);
    assert.equal(readTdata(folder)[0]?.record.test, isTest);
  }
});

test('an account that nobody is signed in to is none', async (t) => {
  const folder = await tdataFolder(t, new Map([[0, { ...ALICE, userId: 0 }]]));
  assert.deepEqual(readTdata(folder), []);
});

test('the older names of the files, of which the whole one is taken', async (t) => {
  const folder = await tdataFolder(t, new Map([[0, ALICE]]));
  renameSync(join(folder, 'key_datas'), join(folder, 'key_data1'));
  writeFileSync(join(folder, 'key_data0'), 'TDF$ cut off while it was written');
  assert.deepEqual(readTdata(folder), [wanted(ALICE, 0)]);
});

test('a folder that is none, and one that may not be read', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tdata-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  assert.throws(() => readTdata(folder), /is this the folder "tdata" of Telegram Desktop/);
  assert.throws(() => readTdata(join(folder, 'none')), FormatError);
  mkdirSync(join(folder, 'key_datas'));
  assert.throws(() => readTdata(folder), /cannot be read \(EISDIR\)/);
});

test('files cut at every byte and changed at every byte are refused', async (t) => {
  const whole = await tdataFolder(t, new Map([[0, ALICE]]));
  const folder = mkdtempSync(join(tmpdir(), 'tdata-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(whole, folder, { recursive: true });
  for (const name of readdirSync(folder).filter((one) => one.endsWith('s'))) {
    const bytes = readFileSync(join(folder, name));
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << (at & 7);
      for (const wrong of [bytes.subarray(0, at), changed]) {
        writeFileSync(join(folder, name), wrong);
        assert.throws(() => readTdata(folder), FormatError, `${name} at ${at}`);
      }
    }
    writeFileSync(join(folder, name), bytes);
  }
  assert.deepEqual(readTdata(folder), [wanted(ALICE, 0)]);
});

test('whole files with garbage inside are refused', async (t) => {
  const folder = await tdataFolder(t, new Map([[0, ALICE]]));
  const tdata = await Tdata.open({ path: folder, crypto: crypto });
  for (let length = 0; length < 600; length += 7) {
    await tdata.writeEncryptedFile('D877F783D5D3EF8C', randomBytes(length));
    assert.throws(() => readTdata(folder), FormatError);
    // The right block, and garbage for keys.
    const block = Buffer.concat([Buffer.from('0000004b', 'hex'), Buffer.alloc(4), randomBytes(length)]);
    block.writeUInt32BE(length, 4);
    await tdata.writeEncryptedFile('D877F783D5D3EF8C', block);
    try {
      assert.deepEqual(readTdata(folder), []);
    } catch (error) {
      assert.ok(error instanceof FormatError, String(error));
    }
  }
});
