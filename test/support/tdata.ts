/**
 * Folders of Telegram Desktop as `@mtcute/convert` writes them. In: accounts. Out: a folder, gone after the test.
 * Never: this project's crypto.
 */
import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomFillSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Tdata } from '@mtcute/convert';
import { Long } from '@mtcute/core';
import { BaseCryptoProvider, type ICryptoProvider } from '@mtcute/core/utils.js';
import { ige256Decrypt, ige256Encrypt, initSync } from '@mtcute/wasm';
import { aKey } from './session-records.ts';

/** What their writer asks of a crypto library: Node's, and IGE from `@mtcute/wasm`. */
export class TdataCrypto extends BaseCryptoProvider implements ICryptoProvider {
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

export interface DesktopUser {
  readonly userId: number;
  readonly dc: number;
  readonly keys: readonly number[];
}

/** A folder that is removed after the test, with the accounts at the given places. */
export async function tdataFolder(
  t: TestContext,
  accounts: ReadonlyMap<number, DesktopUser>,
  passcode = '',
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tdata-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const order = [...accounts.keys()];
  const tdata = await Tdata.create({
    path: folder,
    passcode,
    crypto: new TdataCrypto(),
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
