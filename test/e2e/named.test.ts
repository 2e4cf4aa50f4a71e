/** Kept sessions with processes: signed in once, gone on with after a kill, moved between connections and gateways. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { codeOf } from '../../src/testdc/answers/codes.ts';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { Nc } from '../support/nc.ts';

type Line = Record<string, unknown>;

const PHONE = '9996621111';
const DIALOGS = {
  _cons: 'messages.getDialogs',
  offset_date: 0,
  offset_id: 0,
  offset_peer: { _cons: 'inputPeerEmpty' },
  limit: 10,
};
const STATE = { _cons: 'updates.getState' };

async function ask(nc: Nc, line: object): Promise<Line> {
  nc.send(`${JSON.stringify(line)}\n`);
  return await nc.json();
}

/** The next line that answers a request. */
async function answerTo(nc: Nc, line: object): Promise<Line> {
  let got = await ask(nc, line);
  while (got['id'] === 0) got = await nc.json();
  return got;
}

const consOf = (line: Line): unknown => (line['message'] as Line | undefined)?.['_cons'];
const sessionOf = (line: Line): Line => line['session'] as Line;

/** Signs the demo user in by phone and code, under a name. */
async function signIn(port: number, name: string, phone = PHONE): Promise<Nc> {
  const nc = await Nc.to(port);
  const settings = { _cons: 'codeSettings' };
  const send = { _cons: 'auth.sendCode', phone_number: phone, api_id: 1, api_hash: 'h', settings };
  const sent = await ask(nc, { session: { name }, message: send });
  assert.deepEqual(sessionOf(sent), { name, dc: 2, test: false, new: true });
  const { phone_code_hash } = sent['message'] as Line;
  const code = { phone_number: phone, phone_code_hash, phone_code: codeOf(phone, 'Sms') };
  const signed = await ask(nc, { message: { _cons: 'auth.signIn', ...code } });
  assert.equal(consOf(signed), 'auth.authorization');
  return nc;
}

const logins = (dc: TestDc): number =>
  ['auth.sendCode', 'auth.signIn', 'auth.importBotAuthorization'].reduce(
    (sum, method) => sum + (dc.counters.requests.get(method) ?? 0),
    0,
  );

describe('kept sessions', () => {
  let dc: TestDc;
  let folder: string;
  const running: TestGateway[] = [];

  before(async () => {
    dc = await startTestDc({ dcs: [{ id: 2 }] });
    folder = mkdtempSync(join(tmpdir(), 'mtproto2json-'));
    writeFileSync(join(folder, 'key'), Buffer.alloc(32, 7), { mode: 0o600 });
  });

  after(async () => {
    for (const gateway of running) await gateway.stop();
    await dc.close();
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(dc.bugs, []);
    assert.deepEqual(dc.violations.list, []);
  });

  async function gatewayOf(vault: string, flags: readonly string[] = []): Promise<TestGateway> {
    const own = ['--workers', '2', '--vault', join(folder, vault), '--vault-key-file', join(folder, 'key')];
    const gateway = await startGateway(dc, { init: 1, flags: [...own, ...flags] });
    running.push(gateway);
    return gateway;
  }

  async function kill(gateway: TestGateway): Promise<void> {
    gateway.child.kill('SIGKILL');
    await once(gateway.child, 'exit');
  }

  test('a login whose answer was seen survives kill -9: no key exchange, no login', async () => {
    const gateway = await gatewayOf('killed');
    const nc = await signIn(gateway.port, 'me');
    await kill(gateway);
    nc.end();
    const { handshakes } = dc.counters;
    const before = logins(dc);
    const again = await gatewayOf('killed');
    const other = await Nc.to(again.port);
    const line = await answerTo(other, { session: { name: 'me' }, message: DIALOGS });
    assert.match(String(consOf(line)), /^messages\.dialogs/);
    const { user_id } = sessionOf(line);
    assert.deepEqual(sessionOf(line), { name: 'me', dc: 2, test: false, user_id, is_bot: false });
    assert.equal(dc.counters.handshakes, handshakes);
    assert.equal(logins(dc), before);
    other.end();
    await other.rest();
    assert.equal(await again.stop(), 0);
    const third = await gatewayOf('killed');
    const nc3 = await Nc.to(third.port);
    const first = await ask(nc3, { session: { name: 'me' }, message: STATE });
    assert.equal(consOf(first), 'updates.state', 'after an orderly end there is no gap');
    assert.equal(dc.counters.handshakes, handshakes);
    nc3.end();
    await nc3.rest();
  });

  test('SIGTERM with the session in use gives it up in order', async () => {
    const gateway = await gatewayOf('drained');
    const nc = await signIn(gateway.port, 'me');
    assert.equal(await gateway.stop(), 0);
    nc.end();
    const again = await gatewayOf('drained');
    const other = await Nc.to(again.port);
    assert.equal(consOf(await ask(other, { session: { name: 'me' }, message: STATE })), 'updates.state');
    other.end();
    await other.rest();
  });

  test('a second connection: shared, alone, taken over, and back', async () => {
    const gateway = await gatewayOf('taken');
    const one = await signIn(gateway.port, 'me');
    const two = await Nc.to(gateway.port);
    assert.equal(consOf(await ask(two, { session: { name: 'me' }, message: STATE })), 'updates.state');
    const refused = await ask(two, { session: { name: 'me', exclusive: true } });
    assert.deepEqual([refused['error'], refused['retryable']], ['SessionInUse', true]);
    const alone = { name: 'me', exclusive: true, takeover: true };
    const taken = await answerTo(two, { id: 2, session: alone, message: STATE });
    assert.equal(consOf(taken), 'updates.state');
    const notice = (await one.json()) as Line;
    assert.deepEqual([notice['id'], notice['error'], notice['reason']], [0, 'SessionLost', 'takeover']);
    assert.equal((await ask(one, { message: STATE }))['error'], 'SessionNotFound');
    const back = await answerTo(one, { id: 3, session: alone, message: STATE });
    assert.equal(consOf(back), 'updates.state');
    const connections = [...dc.centres.get(2)!.keys.values()].length;
    assert.ok(connections > 0);
    for (const nc of [one, two]) {
      nc.end();
      await nc.rest();
    }
  });

  test('between two gateways on one vault', async () => {
    const [here, there] = [await gatewayOf('shared'), await gatewayOf('shared')];
    const one = await signIn(here.port, 'me');
    const two = await Nc.to(there.port);
    assert.equal((await ask(two, { session: { name: 'me' } }))['error'], 'SessionInUse');
    const { list } = sessionOf(await ask(two, { session: { list: true } })) as { list: Line[] };
    assert.deepEqual(
      list.map(({ name, in_use }) => [name, in_use]),
      [['me', 'elsewhere']],
    );
    const taken = await answerTo(two, { session: { name: 'me', takeover: true }, message: STATE });
    assert.equal(consOf(taken), 'updates.state');
    const notice = (await one.json()) as Line;
    assert.deepEqual([notice['error'], notice['reason']], ['SessionLost', 'takeover']);
    const back = await answerTo(one, { session: { name: 'me', takeover: true }, message: STATE });
    assert.equal(consOf(back), 'updates.state');
    for (const nc of [one, two]) {
      nc.end();
      await nc.rest();
    }
  });

  test('keys are shown to a token that may, to no other, and stand in no other answer', async () => {
    const tokens = join(folder, 'tokens');
    writeFileSync(tokens, 'plain\nadmin export\n', { mode: 0o600 });
    const gateway = await gatewayOf('exported', ['--token-file', tokens]);
    const one = await Nc.to(gateway.port);
    one.send('{"auth":"admin"}\n');
    const login = {
      _cons: 'auth.importBotAuthorization',
      flags: 0,
      api_id: 1,
      api_hash: 'h',
      bot_auth_token: '4711:bot',
    };
    const signed = await ask(one, { session: { name: 'bot' }, message: login });
    assert.deepEqual(sessionOf(signed), { name: 'bot', dc: 2, test: false, user_id: 4711, is_bot: true });
    const shown = sessionOf(await ask(one, { session: { name: 'bot', export: true } }));
    const key = String(shown['auth_key']);
    assert.equal(Buffer.from(key, 'base64').length, 256);
    assert.ok(typeof shown['session_id'] === 'number' && typeof shown['server_salt'] === 'number');
    one.end();
    await one.rest();
    const two = await Nc.to(gateway.port);
    two.send('{"auth":"plain"}\n');
    assert.equal((await ask(two, { session: { name: 'bot', export: true } }))['error'], 'ExportNotAllowed');
    const lines = [
      await ask(two, { session: { name: 'bot' } }),
      await ask(two, { session: {} }),
      await ask(two, { session: { list: true } }),
      await ask(two, { session: { export: true } }),
      await answerTo(two, { session: {}, message: STATE }),
    ];
    assert.ok(!JSON.stringify(lines).includes(key.slice(4, 40)));
    assert.ok(!JSON.stringify(lines).includes('auth_key'));
    const forgotten = await answerTo(two, { session: { forget: 'bot' } });
    assert.deepEqual(sessionOf(forgotten), { forgotten: 'bot' });
    assert.deepEqual(sessionOf(await ask(two, { session: { list: true } })), { list: [] });
    two.end();
    await two.rest();
    assert.ok(!gateway.log().includes(key.slice(4, 40)));
  });

  test('a gateway without a vault says so', async () => {
    const gateway = await startGateway(dc, { init: 1, flags: ['--vault', 'off'] });
    running.push(gateway);
    const nc = await Nc.to(gateway.port);
    for (const session of [{ name: 'me' }, { list: true }, { forget: 'me' }])
      assert.equal((await ask(nc, { session }))['error'], 'VaultUnavailable');
    nc.end();
    await nc.rest();
  });
});
