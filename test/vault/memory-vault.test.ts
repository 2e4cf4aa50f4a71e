/** The vault in memory: what every vault does (`contract.ts`), and what tests ask of this one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VaultError } from '../../src/vault/vault.ts';
import { MemoryStore, MemoryVault } from '../support/memory-vault.ts';
import { contract } from './contract.ts';

contract('memory', () => {
  const store = new MemoryStore();
  return { open: async () => new MemoryVault(store), die: async (vault) => (vault as MemoryVault).die() };
});

test('a write can be made to fail: what was kept is still kept', async () => {
  const vault = new MemoryVault();
  await vault.claim('a');
  await vault.write('a', Buffer.from('1'));
  vault.failure = new VaultError('VaultWriteFailed', 'no room', 'ENOSPC');
  await assert.rejects(vault.write('a', Buffer.from('2')), { fault: 'VaultWriteFailed', code: 'ENOSPC' });
  assert.deepEqual(vault.read('a'), new Uint8Array([0x31]));
  vault.failure = undefined;
  await vault.write('a', Buffer.from('3'));
  assert.deepEqual(vault.read('a'), new Uint8Array([0x33]));
});

test('a write can be made to wait', async () => {
  const vault = new MemoryVault();
  await vault.claim('a');
  vault.hold();
  const written = vault.write('a', Buffer.from('1'));
  assert.equal(vault.held, 1);
  assert.equal(vault.read('a'), undefined);
  vault.go();
  await written;
  assert.deepEqual(vault.read('a'), new Uint8Array([0x31]));
});

test('a record can be broken', async () => {
  const store = new MemoryStore();
  const vault = new MemoryVault(store);
  for (const name of ['a', 'b']) {
    await vault.claim(name);
    await vault.release(name, Buffer.from(name));
  }
  store.broken.add('a');
  assert.throws(() => vault.read('a'), { fault: 'VaultRecordBroken' });
  await assert.rejects(vault.claim('a'), { fault: 'VaultRecordBroken' });
  assert.deepEqual(
    (await vault.list()).map(({ name, record }) => [name, record !== undefined]),
    [
      ['a', false],
      ['b', true],
    ],
  );
});
