/** A connection that is lost, or never made: what goes again over the next one, and which key is never replaced. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { assertClean, CONFIG, messageOf, NEAREST, pairOf } from '../../support/one-client.ts';

const PING = '{"id":100,"message":{"_cons":"ping","ping_id":100}}';

/** A public key nobody here has the private half of. */
const OTHER_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
  type: 'pkcs1',
  format: 'pem',
});

describe('when the connection is lost', () => {
  test('what the server has is awaited, not sent again', async () => {
    const pair = pairOf();
    await pair.ask(1, PING);
    const seen = { count: 0 };
    let release: (() => void) | undefined;
    pair.dc.onRequest = (call) => {
      if (call.method !== 'help.getConfig') return undefined;
      seen.count++;
      return new Promise((done) => (release = () => done(undefined)));
    };
    pair.line(1, { id: 4, message: CONFIG });
    await pair.run();
    pair.cut(1);
    await pair.advance(1000);
    assert.equal(pair.dc.counters.connections, 2);
    assert.deepEqual(pair.take(1), []);
    release!();
    await pair.run();
    const [line] = pair.take(1);
    assert.deepEqual([line!['id'], messageOf(line)['_cons']], [4, 'config']);
    assert.equal(seen.count, 1);
    assertClean(pair);
  });

  test('what the server never had goes again under a new id', async () => {
    const pair = pairOf();
    await pair.ask(1, PING);
    pair.deafen(1);
    pair.line(1, { id: 4, message: NEAREST });
    await pair.run();
    pair.cut(1);
    await pair.advance(1000);
    assert.equal(messageOf(pair.take(1)[0])['_cons'], 'nearestDc');
    assertClean(pair);
  });

  test('a first connection that is refused ends its requests at once; the next one tries again', async () => {
    let isDown = true;
    const pair = pairOf({ isDown: () => isDown });
    const [line] = await pair.ask(1, { id: 3, message: NEAREST });
    const { error, reason, delivered, retryable } = line!;
    assert.deepEqual(
      [error, reason, delivered, retryable],
      ['ConnectFailed', 'the connection was refused: nothing listens there (ECONNREFUSED)', 'no', true],
    );
    isDown = false;
    pair.line(1, { id: 4, message: NEAREST });
    await pair.advance(1000);
    assert.equal(messageOf(pair.take(1)[0])['_cons'], 'nearestDc');
  });

  test('a DC that is away for a while finds the session again', async () => {
    let isDown = false;
    const pair = pairOf({ isDown: () => isDown });
    await pair.ask(1, PING);
    isDown = true;
    pair.cut(1);
    pair.line(1, { id: 5, timeout: 2, message: NEAREST });
    await pair.advance(20_000);
    const [line] = pair.take(1);
    assert.deepEqual([line!['error'], line!['delivered']], ['NotConnected', 'no']);
    isDown = false;
    await pair.advance(60_000);
    assert.equal(pair.dc.counters.connections, 2);
    const [answer] = await pair.ask(1, { message: NEAREST });
    assert.equal(messageOf(answer)['_cons'], 'nearestDc');
    assertClean(pair);
  });

  test('cut at every byte of key exchange and a call, either way, it comes back', async () => {
    for (const way of ['toDc', 'toClient'] as const) {
      for (let n = 1; ; n += 13) {
        const pair = pairOf();
        pair.cutNext = { [way]: n };
        pair.line(1, { id: 6, timeout: 60, message: NEAREST });
        await pair.advance(5000);
        const lines = pair.take(1);
        assert.deepEqual([way, n, ...lines.map((line) => messageOf(line)?.['_cons'])], [way, n, 'nearestDc']);
        assert.deepEqual(pair.dc.bugs, []);
        if (pair.dc.counters.connections === 1) break;
      }
    }
  });
});

test('a key the server does not know is never replaced: fatal after the second -404', async () => {
  const pair = pairOf();
  const auth_key = Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('base64');
  pair.line(1, { id: 2, session: { auth_key, session_id: 5 }, message: NEAREST });
  await pair.advance(5000);
  const [told, notice] = pair.take(1);
  assert.deepEqual([told!['id'], told!['error'], told!['fatal']], [2, 'AuthKeyInvalid', true]);
  assert.deepEqual([notice!['id'], notice!['error']], [0, 'AuthKeyInvalid']);
  const [after] = await pair.ask(1, { id: 3, message: NEAREST });
  assert.equal(after!['error'], 'AuthKeyInvalid');
  assert.equal(pair.dc.counters.handshakes, 0);
});

test('a server with another RSA key is refused', async () => {
  const pair = pairOf({ session: { rsaKeys: [String(OTHER_KEY)] } });
  const [line] = await pair.ask(1, PING);
  assert.equal(line!['error'], 'HandshakeFailed');
  assert.match(String(line!['reason']), /RSA keys/);
});
