/** The vault in LMDB: what every vault does, over several handles on one folder. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';
import { openStore } from '../../src/vault/rows.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { contract } from './contract.ts';
import { body, folderOf, type Body, opened } from './support.ts';

contract('lmdb', (t) => {
  const folder = folderOf(t);
  const bodies = new Map<Vault, Body>();
  return {
    async open() {
      const one = body(t);
      const vault = await opened(t, { folder, self: one.self });
      bodies.set(vault, one);
      return vault;
    },
    die: (vault) => bodies.get(vault)!.kill(),
  };
});

test('what could not be given up on a full disk is given up later', { timeout: 20_000 }, async (t) => {
  const folder = folderOf(t);
  const [one, two] = [await opened(t, { folder, self: body(t).self }), await opened(t, { folder })];
  t.mock.timers.enable({ apis: ['setInterval'] });
  await one.claim('a');
  await one.write('a', Buffer.from('1'));
  // No more than LMDB's own pages: whatever is written has to be refused before LMDB sees it.
  const full = t.mock.method(fs, 'writeSync', () => {
    throw Object.assign(new Error('full'), { code: 'ENOSPC' });
  });
  syncBuiltinESMExports();
  await assert.rejects(one.release('a', Buffer.from('2')), { fault: 'VaultWriteFailed', code: 'ENOSPC' });
  assert.equal(Buffer.from(one.read('a')!).toString(), '1');
  full.mock.restore();
  syncBuiltinESMExports();
  assert.equal(await two.claim('a'), undefined, 'its process lives, and has not said otherwise');
  t.mock.timers.tick(5_000);
  // Behind the heartbeat in the same queue.
  await one.ask('b');
  assert.deepEqual(await two.claim('a'), { record: new Uint8Array([0x31]), isClean: false });
});

test('an owner hears of each request for its name once', async (t) => {
  const folder = folderOf(t);
  const [one, two] = [await opened(t, { folder, self: body(t).self }), await opened(t, { folder })];
  t.mock.timers.enable({ apis: ['setInterval'] });
  await one.claim('a');
  const heard: string[] = [];
  one.asked = (name) => heard.push(name);
  await two.ask('a');
  for (let poll = 0; poll < 3; poll++) t.mock.timers.tick(200);
  assert.deepEqual(heard, ['a']);
  // Behind the removal of the request in the same queue.
  await one.write('a', Buffer.from('1'));
  await two.ask('a');
  t.mock.timers.tick(200);
  assert.deepEqual(heard, ['a', 'a']);
});

test('a request that its owner has heard of is there no longer; one that is wanted anyway goes before one for what is idle', async (t) => {
  const folder = folderOf(t);
  const [one, two] = [await opened(t, { folder, self: body(t).self }), await opened(t, { folder })];
  t.mock.timers.enable({ apis: ['setInterval'] });
  await one.claim('a');
  const heard: boolean[] = [];
  one.asked = (_name, isIfIdle) => heard.push(isIfIdle);
  await two.ask('a');
  await two.ask('a', true);
  t.mock.timers.tick(200);
  assert.deepEqual(heard, [false]);
  // Behind the removal in the same queue.
  await one.write('a', Buffer.from('1'));
  await two.ask('a', true);
  t.mock.timers.tick(200);
  assert.deepEqual(heard, [false, true], 'the row before stands in nobody’s way');
});

test('an owner hears no more of a request that was withdrawn, or whose asker has been silent for long', async (t) => {
  const folder = folderOf(t);
  const [one, two] = [await opened(t, { folder, self: body(t).self }), await opened(t, { folder })];
  t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: Date.now() });
  await one.claim('a');
  const heard: boolean[] = [];
  one.asked = (_name, isIfIdle) => heard.push(isIfIdle);
  await two.ask('a');
  await one.withdraw('a');
  t.mock.timers.tick(200);
  assert.deepEqual(heard, [false], 'another’s cannot be withdrawn');
  await two.ask('a');
  await two.withdraw('a');
  t.mock.timers.tick(200);
  await two.ask('a', true);
  // As long as the owner was stopped, it did not look.
  t.mock.timers.setTime(Date.now() + 5_001);
  t.mock.timers.tick(200);
  assert.deepEqual(heard, [false]);
  // Behind the removal of what was too old in the same queue.
  await one.write('a', Buffer.from('1'));
  await two.ask('a', true);
  t.mock.timers.tick(200);
  assert.deepEqual(heard, [false, true]);
});

test('of a name under which nothing is stored no row is left once it is given up, by a release or at the end', async (t) => {
  const folder = folderOf(t);
  const vault = await opened(t, { folder });
  for (const name of ['released', 'kept', 'at the end', 'signed out']) await vault.claim(name);
  await vault.write('kept', Buffer.from('1'));
  await vault.write('signed out', Buffer.from('1'));
  await vault.remove('signed out', true);
  await vault.release('released');
  await vault.release('signed out');
  await vault.release('kept', Buffer.from('2'));
  await vault.claim('wanted elsewhere');
  await vault.ask('wanted elsewhere', true);
  await vault.release('wanted elsewhere');
  await vault.close();
  const store = openStore(folder, true);
  const keys = [...store.getKeys()].map(String).filter((key) => /^[ow]/.test(key));
  await store.close();
  assert.deepEqual(keys, ['okept']);
  const next = await opened(t, { folder });
  assert.deepEqual(await next.claim('kept'), { record: new Uint8Array([0x32]), isClean: true });
  assert.deepEqual(await next.claim('released'), { record: undefined, isClean: false });
});

test('others of the process have their turns while all names are listed', async (t) => {
  const vault = await opened(t, { folder: folderOf(t) });
  const names = Array.from({ length: 12 }, (_, i) => `name${i}`).toSorted();
  for (const name of names) {
    await vault.claim(name);
    await vault.write(name, Buffer.from(name));
  }
  let at = 0;
  t.mock.method(performance, 'now', () => (at += 2));
  let read = 0;
  const seen: number[] = [];
  const look = (): void => {
    seen.push(read);
    if (read < names.length) setImmediate(look);
  };
  setImmediate(look);
  const kept = await vault.list((record) => {
    read++;
    return Buffer.from(record);
  });
  assert.deepEqual(
    kept.map(({ name, record }) => [name, String(record)]),
    names.map((name) => [name, name]),
  );
  assert.ok(
    seen.some((count) => count > 0 && count < names.length),
    String(seen),
  );
});
