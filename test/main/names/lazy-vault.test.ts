/** A vault that is opened when it is needed: what is said when it cannot be. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SessionRegistry } from '../../../src/main/names/session-registry.ts';
import { VaultError } from '../../../src/vault/vault.ts';
import { FakeEnv } from '../../support/fake-env.ts';
import { MemoryVault } from '../../support/memory-vault.ts';
import { FakeSession, log, settled } from '../../support/registry-fixture.ts';

it('a vault that cannot be opened is said with the system’s word, until it can', async () => {
  const vault = new MemoryVault();
  let fault: VaultError | undefined = new VaultError('VaultClosed', 'a folder', 'EACCES');
  const registry = new SessionRegistry(
    () => (fault === undefined ? Promise.resolve(vault) : Promise.reject(fault)),
    log,
    new FakeEnv(),
  );
  const session = new FakeSession(1);
  const claim = async (): Promise<string> => {
    void registry.claim(session, 'me', false, 1);
    await settled();
    return session.last;
  };
  assert.equal(registry.isDegraded, false);
  assert.equal(await claim(), 'VaultUnavailable EACCES');
  assert.equal(session.isNamed, false);
  assert.equal(registry.isDegraded, true, 'so that /readyz says it');
  fault = new VaultError('VaultClosed', 'another key');
  assert.equal(await claim(), 'VaultUnavailable closed');
  fault = undefined;
  assert.equal(await claim(), 'granted:');
  assert.equal(registry.isDegraded, false);
  const none = new SessionRegistry(undefined, log, new FakeEnv());
  none.list({ attachment: 2, lane: session.lane, ticket: 2, client: { isUnread: false } });
  await settled();
  assert.deepEqual([session.last, none.isDegraded], ['VaultUnavailable', false]);
});
