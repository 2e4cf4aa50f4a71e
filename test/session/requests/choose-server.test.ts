/** Which server a client's `server` means. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { NEAREST, pairOf, type Line } from '../../support/one-client.ts';

/** A public key nobody here has the private half of. */
const OTHER_KEY = String(
  generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'pkcs1', format: 'pem' }),
);

test("a listed address with the client's own RSA key trusts that key alone; without one it is the listed data centre", async () => {
  const server = { host: '127.0.0.1', port: 442 };
  const pair = pairOf();
  const [own] = await pair.ask(1, { server: { ...server, rsa: OTHER_KEY } });
  assert.equal((own!['server'] as Line)['rsa'], OTHER_KEY);
  const [refused] = await pair.ask(1, { message: NEAREST });
  assert.equal(refused!['error'], 'HandshakeFailed');
  pair.open(2);
  const [listed] = await pair.ask(2, { server, message: NEAREST });
  assert.equal(listed!['error'], undefined);
  assert.equal((listed!['server'] as Line)['dc'], 2);
});
