/** Two gateways on one vault: a session goes from one to the other while connections of HTTP, and of lines with `as`, stay open. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import { freePort } from '../support/free-port.ts';
import { startGateway } from '../support/gateway.ts';
import { Nc } from '../support/nc.ts';

type Line = Record<string, unknown>;

const BOT = { flags: 0, api_id: 1, api_hash: 'h', bot_auth_token: '7000000001:demo-bot-token' };
const LOGIN = { _cons: 'auth.importBotAuthorization', ...BOT };
const STATE = { _cons: 'updates.getState' };

const told = (line: Line): unknown => line['error'] ?? (line['message'] as Line | undefined)?.['_cons'];

/** What two gateway processes with one vault take: lines at `port`, bodies over one connection each that stays open. */
async function gateways(t: TestContext) {
  const dc = await startTestDc({ dcs: [{ id: 2 }] });
  t.after(() => dc.close());
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'key'), Buffer.alloc(32, 7), { mode: 0o600 });
  const start = async () => {
    const http = await freePort();
    const vault = ['--vault', join(folder, 'vault'), '--vault-key-file', join(folder, 'key')];
    const gateway = await startGateway(dc, {
      init: 1,
      flags: ['--workers', '1', '--http-port', String(http), ...vault],
    });
    t.after(() => gateway.stop());
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const post = async (body: object): Promise<Line> => {
      const headers = { 'Content-Type': 'application/json' };
      const asked = request({ host: '127.0.0.1', port: http, path: '/v1/rpc', method: 'POST', agent, headers });
      asked.end(JSON.stringify(body));
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      return (await json(answer)) as Line;
    };
    return { port: gateway.port, post };
  };
  return { here: await start(), there: await start() };
}

async function ask(nc: Nc, line: object): Promise<Line> {
  nc.send(`${JSON.stringify(line)}\n`);
  let got = await nc.json();
  while (got['id'] === 0) got = await nc.json();
  return got;
}

test(
  'a request takes a name over from another process, in which a client speaks under it',
  { timeout: 60_000 },
  async (t) => {
    const { here, there } = await gateways(t);
    const nc = await Nc.to(here.port);
    assert.equal(told(await ask(nc, { session: { name: 'me' }, message: LOGIN })), 'auth.authorization');
    assert.equal(told(await there.post({ session: { name: 'me' }, message: STATE })), 'SessionInUse');
    assert.equal(told(await there.post({ session: { name: 'me', takeover: true }, message: STATE })), 'updates.state');
    for (let line = (await nc.json()) as Line; line['error'] !== 'SessionLost'; line = (await nc.json()) as Line);
    nc.end();
    await nc.rest();
  },
);

test('a name goes to whoever asks while no more than idle connections are left', { timeout: 60_000 }, async (t) => {
  const { here, there } = await gateways(t);
  assert.equal(told(await here.post({ session: { name: 'me' }, message: LOGIN })), 'auth.authorization');
  const nc = await Nc.to(here.port);
  assert.equal(told(await ask(nc, { as: 'me', message: STATE })), 'updates.state');
  for (const [asked, from] of [
    ['there', there],
    ['here', here],
    ['there', there],
  ] as const)
    assert.equal(told(await from.post({ session: { name: 'me' }, message: STATE })), 'updates.state', asked);
  assert.equal(told(await ask(nc, { as: 'me', message: STATE })), 'updates.state', 'and back');
  const refused = { as: 'nobody', session: { existing: true } };
  for (const post of [here.post, there.post, here.post]) assert.equal(told(await post(refused)), 'SessionNotFound');
  nc.end();
  await nc.rest();
});
