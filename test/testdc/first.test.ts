/** The first steps with the test DC: a key, a ping, a config. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import { RawClient } from '../support/raw-client.ts';
import type { TlObject } from '../../src/testdc/tl-value.ts';

test('key exchange, ping, config', async () => {
  const dc = await startTestDc({ dcs: [{ id: 2 }, { id: 4 }] });
  const client = await RawClient.connect(dc.port());
  await client.makeKey({ pem: dc.publicKeyPem });
  client.send({ _: 'ping', ping_id: 77n });
  assert.equal((await client.message('pong'))['ping_id'], 77n);
  await assert.rejects(client.call({ _: 'help.getConfig' }), /CONNECTION_NOT_INITED/);
  const config = (await client.init()) as TlObject;
  assert.equal(config['this_dc'], 2);
  assert.equal((config['dc_options'] as unknown[]).length, 2);
  assert.deepEqual(dc.violations.list, []);
  assert.deepEqual(dc.bugs, []);
  client.close();
  await dc.close();
});
