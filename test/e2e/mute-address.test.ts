/**
 * A server that takes connections and says nothing, named by many clients: whoever comes to a data centre that answers is
 * not held up by them.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { stage } from '../support/error-stage.ts';
import { Nc } from '../support/nc.ts';

/** More than there are places for key exchanges. */
const CLIENTS = 100;

test('a hundred clients of a mute server do not hold up one of a data centre', async (t) => {
  const taken: Socket[] = [];
  const mute = createServer((socket) => taken.push(socket.on('error', () => undefined))).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const { port: mutePort } = mute.address() as AddressInfo;
  const { dc, port } = await stage(t, { flags: { allowServer: [`127.0.0.1:${mutePort}`], dialRate: 10_000 } });
  const server = { host: '127.0.0.1', port: mutePort, rsa: dc.publicKeyPem };
  // They are told before their exchanges have to end, which is when places would be free again without any rule.
  const line = `${JSON.stringify({ id: 1, server, message: { _cons: 'ping', ping_id: 1 }, timeout: 4 })}\n`;
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => Nc.to(port)));
  // Once the second line is answered the first one has asked for its connection.
  for (const client of clients) client.send(`${line}{"id":9,"options":{}}\n`);
  await Promise.all(clients.map((client) => client.json()));
  const other = await Nc.to(port);
  other.send('{"id":2,"message":{"_cons":"ping","ping_id":2}}\n');
  const answered = other.json();
  const givenUp = Promise.race(clients.map((client) => errorOf(client)));
  const first = await Promise.race([answered, givenUp]);
  assert.deepEqual((first['message'] as Record<string, unknown> | undefined)?.['ping_id'], 2);
  for (const client of [...clients, other]) client.close();
  for (const socket of taken) socket.destroy();
  mute.close();
});

/** The first line that is an error: the answer to `server` in the same line is none. */
async function errorOf(client: Nc): Promise<Record<string, unknown>> {
  for (;;) {
    const line = await client.json();
    if (line['error'] !== undefined || line['message'] !== undefined) return line;
  }
}
