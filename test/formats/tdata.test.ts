/** Telegram Desktop's folder, written by `@mtcute/convert`: with and without passcode, several accounts, cut and changed. */
import assert from 'node:assert/strict';
import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomBytes, randomFillSync } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { Tdata } from '@mtcute/convert';
import { Long } from '@mtcute/core';
import { BaseCryptoProvider, type ICryptoProvider } from '@mtcute/core/utils.js';
import { ige256Decrypt, ige256Encrypt, initSync } from '@mtcute/wasm';
import { FormatError } from '../../src/formats/formats.ts';
import { readTdata } from '../../src/formats/tdata.ts';
import { aKey, recordWith } from '../support/session-records.ts';

/** What their writer asks of a crypto library: Node's, and IGE from `@mtcute/wasm`. */
class Crypto extends BaseCryptoProvider implements ICryptoProvider {
  initialize(): void {
    initSync(readFileSync(createRequire(import.meta.url).resolve('@mtcute/wasm/mtcute.wasm')));
  }
  createHash(algorithm: 'md5' | 'sha512'): { update: (data: Uint8Array) => void; digest: () => Uint8Array } {
    const hash = createHash(algorithm);
    return { update: (data) => void hash.update(data), digest: () => hash.digest() };
  }
  sha1(data: Uint8Array): Uint8Array {
    return createHash('sha1').update(data).digest();
  }
  sha256(data: Uint8Array): Uint8Array {
    return createHash('sha256').update(data).digest();
  }
  pbkdf2(password: Uint8Array, salt: Uint8Array, rounds: number, length = 64, algo = 'sha512'): Uint8Array {
    return pbkdf2Sync(password, salt, rounds, length, algo);
  }
  hmacSha256(data: Uint8Array, key: Uint8Array): Uint8Array {
    return createHmac('sha256', key).update(data).digest();
  }
  createAesCtr(key: Uint8Array, iv: Uint8Array): { process: (data: Uint8Array) => Uint8Array } {
    const cipher = createCipheriv('aes-256-ctr', key, iv);
    return { process: (data) => cipher.update(data) };
  }
  createAesIge(
    key: Uint8Array,
    iv: Uint8Array,
  ): { encrypt: (data: Uint8Array) => Uint8Array; decrypt: (data: Uint8Array) => Uint8Array } {
    return { encrypt: (data) => ige256Encrypt(data, key, iv), decrypt: (data) => ige256Decrypt(data, key, iv) };
  }
  gzip(): Uint8Array | null {
    return null;
  }
  gunzip(data: Uint8Array): Uint8Array {
    return data;
  }
  randomFill(bytes: Uint8Array): void {
    randomFillSync(bytes);
  }
}

interface Account {
  readonly userId: number;
  readonly dc: number;
  readonly keys: readonly number[];
}

const ALICE: Account = { userId: 4_242_424_242, dc: 2, keys: [2] };
const BOB: Account = { userId: 77, dc: 4, keys: [1, 4, 5] };

/** A folder that is removed after the test, with the accounts at the given places. */
async function folderOf(t: TestContext, accounts: ReadonlyMap<number, Account>, passcode = ''): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tdata-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const order = [...accounts.keys()];
  const tdata = await Tdata.create({
    path: folder,
    passcode,
    crypto: new Crypto(),
    keyData: { count: order.length, order, active: order[0]! },
  });
  for (const [index, { userId, dc, keys }] of accounts) {
    const authKeys = keys.map((id) => ({ dcId: id, key: aKey(index * 10 + id) }));
    await tdata.writeMtpAuthorization(
      { userId: Long.fromNumber(userId), mainDcId: dc, authKeys, authKeysToDestroy: [{ dcId: 3, key: aKey(99) }] },
      index,
    );
    await tdata.writeEmptyMapFile(index);
  }
  return folder;
}

const wanted = ({ userId, dc, keys }: Account, index: number): object => ({
  number: index + 1,
  record: {
    ...recordWith({ dc, userId: BigInt(userId) }),
    keys: keys.map((id) => ({ dc: id, key: aKey(index * 10 + id) })),
  },
});

test('one account without a passcode: user, home and key', async (t) => {
  const folder = await folderOf(t, new Map([[0, ALICE]]));
  assert.deepEqual(readTdata(folder), [wanted(ALICE, 0)]);
});

test('several accounts, each with its keys, in the order of the program; one place may be empty', async (t) => {
  const folder = await folderOf(
    t,
    new Map([
      [2, BOB],
      [0, ALICE],
    ]),
  );
  assert.deepEqual(readTdata(folder), [wanted(BOB, 2), wanted(ALICE, 0)]);
});

test('with a passcode: that one opens it, another and none do not', async (t) => {
  const folder = await folderOf(t, new Map([[0, ALICE]]), 'пароль-7');
  assert.deepEqual(readTdata(folder, Buffer.from('пароль-7')), [wanted(ALICE, 0)]);
  assert.throws(() => readTdata(folder), /locked with a passcode: give --passcode-file/);
  assert.throws(() => readTdata(folder, Buffer.from('пароль-8')), /not the one of this folder/);
});

test('a test account is told by its configuration, if that is there', async (t) => {
  const crypto = new Crypto();
  for (const [environment, isTest] of [
    [0, false],
    [1, true],
  ] as const) {
    const folder = await folderOf(t, new Map([[0, ALICE]]));
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
  const folder = await folderOf(t, new Map([[0, { ...ALICE, userId: 0 }]]));
  assert.deepEqual(readTdata(folder), []);
});

test('the older names of the files, of which the whole one is taken', async (t) => {
  const folder = await folderOf(t, new Map([[0, ALICE]]));
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
  const whole = await folderOf(t, new Map([[0, ALICE]]));
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
  const folder = await folderOf(t, new Map([[0, ALICE]]));
  const tdata = await Tdata.open({ path: folder, crypto: new Crypto() });
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
