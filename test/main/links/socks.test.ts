/** SOCKS5: data centres behind a proxy, with and without credentials; what is wrong is told without them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { DownFlag } from '../../../src/batch/link-records.ts';
import { parseSocks } from '../../../src/main/links/socks.ts';
import { echoGateway } from '../../support/echo-gateway.ts';
import { Nc } from '../../support/nc.ts';
import { socksServer } from '../../support/socks-server.ts';

/** A server that sends back what it gets. */
async function mirror(t: TestContext): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('its address, and what is none', () => {
  assert.deepEqual(parseSocks('socks5://127.0.0.1'), { host: '127.0.0.1', port: 1080 });
  assert.deepEqual(parseSocks('socks5://me:a%3Ab@[::1]:9050'), {
    host: '::1',
    port: 9050,
    userId: 'me',
    password: 'a:b',
  });
  for (const wrong of ['', 'localhost:1080', 'http://me:secret@127.0.0.1', 'socks5://', 'socks5://h/path'])
    assert.throws(
      () => parseSocks(wrong),
      (error: Error) => error instanceof RangeError && !error.message.includes('secret'),
    );
});

for (const credentials of [undefined, { user: 'me', password: 'secret' }]) {
  test(`bytes go both ways ${credentials === undefined ? 'without' : 'with'} credentials`, async (t) => {
    const far = await mirror(t);
    const proxy = await socksServer(t, credentials);
    const socks = { host: '127.0.0.1', port: proxy.port, ...(credentials && { userId: 'me', password: 'secret' }) };
    const { port } = await echoGateway(t, { options: { socks } });
    const nc = await Nc.to(port);
    nc.send(`{dial 0 127.0.0.1 ${far}}\n`);
    assert.deepEqual(await nc.lines(2), ['dialling 1', 'up 0 1']);
    nc.send('{send 0 hello}\n');
    assert.deepEqual((await nc.lines(2)).toSorted(), ['bytes(5) 0 1', 'sent']);
    assert.deepEqual(proxy.reached, [`127.0.0.1:${far}`]);
    nc.close();
  });
}

test('refused by the proxy, unreachable behind it, or no proxy at all: never up', async (t) => {
  const proxy = await socksServer(t, { user: 'me', password: 'secret' });
  const open = await socksServer(t);
  const closed = await mirrorClosed();
  const cases = [
    [{ host: '127.0.0.1', port: proxy.port, userId: 'me', password: 'wrong' }, 'ESOCKS'],
    [{ host: '127.0.0.1', port: open.port }, 'ESOCKS'],
    [{ host: '127.0.0.1', port: closed }, 'ECONNREFUSED'],
  ] as const;
  for (const [socks, code] of cases) {
    const { port } = await echoGateway(t, { options: { socks } });
    const nc = await Nc.to(port);
    nc.send(`{dial 0 127.0.0.1 ${closed}}\n`);
    assert.deepEqual(await nc.lines(2), ['dialling 1', `down(${DownFlag.NEVER_UP} ${code}) 0 1`]);
    nc.close();
  }
});

/** A port nobody listens on any more. */
async function mirrorClosed(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
