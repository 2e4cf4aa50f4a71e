/** The whole gateway behind a SOCKS5 proxy and behind an MTProxy: a key is made, a call answered. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import { startGateway } from '../support/gateway.ts';
import { mtproxy } from '../support/mtproxy.ts';
import { Nc } from '../support/nc.ts';
import { socksServer } from '../support/socks-server.ts';

/** One call through a gateway with these flags. @returns what the DC and the log have to say */
async function call(t: TestContext, dc: Awaited<ReturnType<typeof startTestDc>>, flags: string[]): Promise<string> {
  const gateway = await startGateway(dc, { init: 1, flags: ['--workers', '1', ...flags] });
  t.after(() => gateway.stop());
  const nc = await Nc.to(gateway.port);
  nc.send('{"id":5,"message":{"_cons":"help.getNearestDc"}}\n');
  const line = await nc.json();
  assert.equal((line['message'] as Record<string, unknown>)['_cons'], 'nearestDc');
  nc.close();
  assert.deepEqual(dc.violations.list, []);
  return gateway.log();
}

test('SOCKS5 with a user and a password, which no log shows', async (t) => {
  const dc = await startTestDc();
  t.after(() => dc.close());
  const proxy = await socksServer(t, { user: 'me', password: 'hush' });
  const log = await call(t, dc, ['--proxy', `socks5://me:hush@127.0.0.1:${proxy.port}`]);
  assert.deepEqual(proxy.reached, [`127.0.0.1:${dc.port()}`]);
  assert.ok(!log.includes('hush'));
});

for (const prefix of ['', 'dd']) {
  test(`MTProxy with a ${prefix === '' ? 'plain' : prefix} secret is told the data centre`, async (t) => {
    const dc = await startTestDc();
    t.after(() => dc.close());
    const secret = randomBytes(16);
    const proxy = await mtproxy(t, secret, dc.port());
    const text = prefix + secret.toString('hex');
    const log = await call(t, dc, ['--mtproxy', `127.0.0.1:${proxy.port}`, '--mtproxy-secret', text]);
    assert.deepEqual(proxy.asked, [prefix === '' ? 'intermediate 2' : 'padded 2']);
    assert.ok(!log.includes(secret.toString('hex')));
  });
}
