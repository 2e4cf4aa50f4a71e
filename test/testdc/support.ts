/** A test DC and a raw client for one test; both are gone when it ends, and the DC has found no bug of its own. */
import assert from 'node:assert/strict';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import type { TestDcOptions } from '../../src/testdc/dc-server.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import type { TlObject } from '../../src/testdc/tl/tl-value.ts';
import { ServerKey } from '../../src/testdc/keys/server-key.ts';
import { codec, RawClient } from '../support/raw-client.ts';
import { AuthKey } from '../../src/crypto/auth-key.ts';

/** Making a key costs up to half a second: one for all tests of a file. */
const keyPem = (await ServerKey.make()).privatePem;

export async function withDc(options: TestDcOptions, run: (dc: TestDc) => Promise<void>): Promise<void> {
  const dc = await startTestDc({ keyPem, schema: codec.schema, ...options });
  try {
    await run(dc);
    assert.deepEqual(dc.bugs, []);
  } finally {
    await dc.close();
  }
}

/** A client signed in as the demo user, with the salt in force. */
export async function demoClient(dc: TestDc): Promise<RawClient> {
  const demo = dc.demoUser();
  const client = await RawClient.connect(dc.port());
  client.authKey = AuthKey.from(demo.authKey);
  client.sessionId = demo.sessionId;
  client.salt = demo.salt;
  return client;
}

/** Rules broken, in order, tolerated ones not counted. */
export function rules(dc: TestDc): string[] {
  return dc.violations.list.map((violation) => violation.rule);
}

export const PING: TlObject = { _: 'ping', ping_id: 5n };
export const NEAREST: TlObject = { _: 'help.getNearestDc' };
export const DIALOGS: TlObject = {
  _: 'messages.getDialogs',
  offset_date: 0,
  offset_id: 0,
  offset_peer: { _: 'inputPeerEmpty' },
  limit: 20,
  hash: 0n,
};
