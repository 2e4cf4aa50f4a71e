/** The key exchange with a server whose answers are wrong in one field: no key is made, and the client hears why. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FieldName } from '../../../src/testdc/keys/dc-handshake.ts';
import { DH_PRIME } from '../../../src/testdc/keys/key-exchange.ts';
import { toBigInt, toBytes } from '../../../src/crypto/numbers.ts';
import { consOf, NEAREST, pairOf } from '../../support/one-client.ts';

const P = toBigInt(DH_PRIME);

/** The first request of a client whose server changes a field. @returns how it ended */
async function exchange(field: FieldName, change: (value: Uint8Array) => Uint8Array): Promise<string[]> {
  const pair = pairOf();
  let isPlayed = false;
  pair.dc.taps.field = (_connection, name, value) => {
    if (name !== field) return value;
    isPlayed = true;
    return change(value);
  };
  pair.line(1, { id: 1, timeout: 60, message: NEAREST });
  await pair.run();
  assert.ok(isPlayed, `the server never said ${field}`);
  assert.deepEqual(
    pair.log.filter(({ event }) => event === 'key created'),
    [],
  );
  return pair.take(1).map((line) => `${String(line['error'])}: ${String(line['reason'])}`);
}

for (const [what, value] of [
  ['0', 0n],
  ['1', 1n],
  ['p - 1', P - 1n],
  ['p', P],
  ['2^64', 1n << 64n],
  ['2^1984 - 1', (1n << 1984n) - 1n],
] as const)
  test(`g_a = ${what}`, async () => {
    const ended = await exchange('inner.g_a', () => toBytes(value, 256));
    assert.deepEqual(ended, ['HandshakeFailed: a public number is out of its range']);
  });

function flipped(value: Uint8Array): Uint8Array {
  const other = Buffer.from(value);
  other[3]! ^= 4;
  return other;
}

for (const [field, reason] of [
  ['resPQ.nonce', /^HandshakeFailed: nonce differs/],
  ['resPQ.fingerprint', /none of the RSA keys that are trusted/],
  ['params.nonce', /nonce differs/],
  ['params.server_nonce', /server_nonce differs/],
  ['inner.nonce', /nonce differs/],
  ['inner.server_nonce', /server_nonce differs/],
  ['inner.hash', /SHA-1 of the inner data differs/],
  ['gen.nonce', /nonce differs/],
  ['gen.server_nonce', /server_nonce differs/],
  ['gen.hash', /new_nonce_hash1 differs/],
] as const)
  test(`a wrong ${field}`, async () => {
    const [ended] = await exchange(field, flipped);
    assert.match(ended!, reason);
  });

test('16 bytes behind the inner data', async () => {
  const [ended] = await exchange('inner.padding', (value) => Buffer.concat([value, Buffer.alloc(16)]));
  assert.match(ended!, /more than 15 bytes follow/);
});

for (const [retries, ended] of [
  [5, 'nearestDc'],
  [6, 'HandshakeFailed'],
] as const)
  test(`${retries} times dh_gen_retry: ${ended}`, async () => {
    let left = retries;
    const pair = pairOf({ dc: { outcome: () => (left-- > 0 ? 'retry' : 'ok') } });
    const [line] = await pair.ask(1, { id: 1, message: NEAREST });
    assert.equal(line!['error'] ?? consOf(line), ended);
  });
