/**
 * A process that ends while it writes: what was acknowledged is there, and what was not is there whole or not at all.
 * The data file is cut at every page of every transaction here; real processes are killed at chosen acknowledgements.
 * `npm run soak -- vault` kills a thousand at any moment.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openVault } from '../../src/vault/open.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { killRounds } from '../support/killed-vault.ts';
import { folderOf, opened } from './support.ts';

const PAGE = 4096;

type Sessions = readonly (readonly [name: string, record: string])[];

async function sessionsOf(vault: Vault): Promise<Sessions> {
  return (await vault.list()).map(({ name, record }) => [name, Buffer.from(record!).toString('base64')] as const);
}

/** The data file after every write of a page that leads from one state to the next: LMDB writes the meta page last, after a sync. */
function* cuts(before: Buffer, after: Buffer): Generator<Buffer> {
  const state = Buffer.alloc(after.length);
  before.copy(state);
  const changed = Array.from({ length: after.length / PAGE }, (_, page) => page * PAGE).filter(
    (at) => !after.subarray(at, at + PAGE).equals(state.subarray(at, at + PAGE)),
  );
  for (const at of [...changed.filter((one) => one >= 2 * PAGE), ...changed.filter((one) => one < 2 * PAGE)]) {
    yield state;
    after.copy(state, at, at, at + PAGE);
  }
}

test('a transaction that ends at any page leaves the state before it, undamaged', async (t) => {
  // No renewal of the process's row: each step is one transaction.
  t.mock.timers.enable({ apis: ['setInterval'] });
  const [folder, other] = [folderOf(t), folderOf(t)];
  const vault = await opened(t, { folder });
  await vault.claim('a');
  await vault.write('a', Buffer.alloc(500, 1));
  const steps: readonly (() => Promise<unknown>)[] = [
    () => vault.write('a', Buffer.alloc(700, 2)),
    () => vault.write('a', Buffer.alloc(9_000, 3)),
    () => vault.claim('b'),
    () => vault.release('b', Buffer.alloc(5_000, 4)),
    () => vault.write('a', Buffer.alloc(300, 5)),
    () => vault.remove('b'),
    () => vault.release('a', Buffer.alloc(400_000, 6)),
  ];
  const read = (): Buffer => readFileSync(join(folder, 'data.mdb'));
  for (const [number, step] of steps.entries()) {
    const [before, sessions] = [read(), await sessionsOf(vault)];
    await step();
    let count = 0;
    for (const state of cuts(before, read())) {
      for (const name of readdirSync(other)) rmSync(join(other, name));
      writeFileSync(join(other, 'key'), readFileSync(join(folder, 'key')), { mode: 0o600 });
      writeFileSync(join(other, 'data.mdb'), state, { mode: 0o600 });
      const warnings: string[] = [];
      const found = await openVault({ folder: other, warn: (sentence) => warnings.push(sentence) });
      assert.deepEqual(warnings, [], `transaction ${number}, page ${count}`);
      assert.deepEqual(await sessionsOf(found), sessions, `transaction ${number}, page ${count}`);
      await found.close();
      count++;
    }
    assert.ok(count > 2, `transaction ${number} writes pages`);
  }
});

test('what was acknowledged is found after kill -9', { timeout: 120_000 }, async (t) => {
  const seed = randomInt(2 ** 31);
  t.diagnostic(`seed ${seed}`);
  const result = await killRounds(20, seed, () => {}, false);
  assert.deepEqual(result.wrong, []);
  assert.equal(result.kills, 20);
  assert.ok(result.acknowledged >= 20 && result.found > 20, JSON.stringify(result));
});
