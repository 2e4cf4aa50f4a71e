/**
 * Folders of Telegram Desktop as `@mtcute/convert` writes them. In: accounts. Out: a folder, gone after the test.
 * Never: this project's crypto.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Tdata } from '@mtcute/convert';
import { Long } from '@mtcute/core';
import { MtcuteCrypto } from './mtcute-crypto.ts';
import { aKey } from './session-records.ts';

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
    crypto: new MtcuteCrypto(),
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
