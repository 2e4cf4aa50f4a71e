/** A session line that is handed in again and again, as it was printed once: its numbers are behind those of the server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demoSession, NEAREST } from '../../support/one-client.ts';
import { Pair } from '../../support/pair.ts';

/** A call that is not sent twice by the gateway. */
const ACCEPT = { _cons: 'auth.acceptLoginToken', token: Buffer.alloc(32).toString('base64') };

test('what is asked first is carried out, whatever it is', async () => {
  const pair = new Pair();
  const session = demoSession(pair);
  for (let client = 1; client <= 4; client++) {
    pair.open(client);
    pair.line(client, { id: 1, session });
    await pair.run();
    await pair.advance(500);
    pair.take(client);
    for (let id = 2; id < 2 + client; id++) {
      pair.line(client, { id, message: client === 1 ? NEAREST : ACCEPT });
      await pair.advance(500);
    }
    const lines = pair.take(client).filter(({ id }) => id !== 0);
    for (const line of lines) {
      const { error_message: text, _cons } = line['message'] as Record<string, unknown>;
      assert.equal(
        client === 1 ? _cons : text,
        client === 1 ? 'nearestDc' : 'AUTH_TOKEN_EXPIRED',
        JSON.stringify(line),
      );
    }
    assert.equal(lines.length, client);
    pair.close(client);
    await pair.advance(500);
  }
});
