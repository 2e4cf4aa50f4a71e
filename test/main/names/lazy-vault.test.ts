/** A vault that is opened when it is needed: what is said when it cannot be. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { NameOp } from '../../../src/batch/records.ts';
import { SessionRegistry } from '../../../src/main/names/session-registry.ts';
import { VaultError } from '../../../src/vault/vault.ts';
import { FakeEnv } from '../../support/fake-env.ts';
import { MemoryVault } from '../../support/memory-vault.ts';
import { FakeRoute, log, settled } from '../../support/registry-fixture.ts';

it('a vault that cannot be opened is said with the system’s word, until it can', async () => {
  const vault = new MemoryVault();
  let fault: VaultError | undefined = new VaultError('VaultClosed', 'a folder', 'EACCES');
  const registry = new SessionRegistry(
    () => (fault === undefined ? Promise.resolve(vault) : Promise.reject(fault)),
    log,
    new FakeEnv(),
  );
  const route = new FakeRoute(1);
  const request = async (): Promise<string> => {
    registry.request(route, NameOp.ATTACH, 1, 'me');
    await settled();
    return route.last;
  };
  assert.equal(registry.isDegraded, false);
  assert.equal(await request(), 'VaultUnavailable EACCES');
  assert.equal(registry.isDegraded, true, 'so that /readyz says it');
  fault = new VaultError('VaultClosed', 'another key');
  assert.equal(await request(), 'VaultUnavailable closed');
  fault = undefined;
  assert.equal(await request(), 'granted:');
  assert.equal(registry.isDegraded, false);
  const none = new SessionRegistry(undefined, log, new FakeEnv());
  none.request(route, NameOp.LIST, 2, '');
  await settled();
  assert.deepEqual([route.last, none.isDegraded], ['VaultUnavailable', false]);
});
