/** The examples that the original service documented, character for character where they are valid JSON. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import { Nc } from '../support/nc.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

type Line = { id: number; error?: string; message: Record<string, unknown> } & Record<string, unknown>;

/** Lines as the original's README and quick start have them. */
const PING = '{"id":100,"message":{"_cons":"ping","ping_id":100}}';
const PING_AS_PRINTED = '{  "id" : 100,  "message": {    "_cons": "ping",    "ping_id": 100  }}';
const DIALOGS =
  '{"message":{"_cons":"messages.getDialogs","offset_date":0,"offset_id":0,"offset_peer":{"_cons":"inputPeerEmpty"},"limit":0}}';

describe("the original's examples", () => {
  let dc: TestDc;
  let gateway: TestGateway;

  before(async () => {
    dc = await startTestDc();
    gateway = await startGateway(dc, { init: undefined });
  });

  after(async () => {
    await gateway.stop();
    await dc.close();
    assert.deepEqual(dc.bugs, []);
    assert.deepEqual(dc.violations.list, []);
  });

  /** Sends one line on a connection of its own and half-closes, as `nc -N` does. */
  async function ask(line: string): Promise<Line[]> {
    const nc = await Nc.to(gateway.port);
    nc.send(`${line}\n`);
    nc.end();
    return (await nc.rest()).map((text) => JSON.parse(text) as Line);
  }

  test('ping', async () => {
    for (const line of [PING, PING_AS_PRINTED]) {
      const [pong, ...more] = await ask(line);
      assert.deepEqual(
        [pong!.id, pong!.message['_cons'], pong!.message['ping_id'], more.length],
        [100, 'pong', 100, 0],
      );
    }
  });

  test('id is 1 when left out', async () => {
    const [pong] = await ask('{"message":{"_cons":"ping","ping_id":5}}');
    assert.equal(pong!.id, 1);
  });

  test('{"server":{}} gives the server in force; with a message, both', async () => {
    const [{ id, server } = {} as Line] = await ask('{"server":{}}');
    assert.equal(id, 1);
    assert.deepEqual(Object.keys(server as object), ['host', 'port', 'rsa', 'dc', 'test']);
    const [both] = await ask('{"id" : 100, "server": {}, "message" : {"_cons" : "ping", "ping_id": 1}}');
    assert.deepEqual([both!.id, both!.message['_cons'], typeof both!['server']], [100, 'pong', 'object']);
  });

  test('{"session":{}} gives the session in force', async () => {
    const nc = await Nc.to(gateway.port);
    nc.send('{"session": {}}\n');
    assert.equal(((await nc.json()) as Line).error, 'SessionNotFound');
    nc.send(`${PING}\n`);
    await nc.json();
    nc.send('{"session": {}}\n');
    const { session } = (await nc.json()) as { session: Record<string, unknown> };
    assert.equal(Buffer.from(String(session['auth_key']), 'base64').length, 256);
    assert.equal(typeof session['session_id'], 'number');
    nc.end();
    await nc.rest();
  });

  test('the sample session_id above 2^64 is refused in so many words', async () => {
    const key = Buffer.alloc(256, 1).toString('base64');
    const [line] = await ask(`{"session": {"auth_key": "${key}", "session_id": 53201012847611012222}}`);
    assert.equal(line!.error, 'InvalidSession');
  });

  test("invokeWithLayer and initConnection with _wrapped, with the fields that today's scheme requires", async () => {
    const init =
      '"_cons":"initConnection","api_id":33333,"device_model":"PC","system_version":"1","app_version":"1","system_lang_code":"en","lang_pack":"","lang_code":"en","_wrapped":{"_cons":"help.getConfig"}';
    const [line] = await ask(`{"id":104,"message":{"_cons":"invokeWithLayer","layer":227,"_wrapped":{${init}}}}`);
    assert.deepEqual([line!.id, line!.message['_cons']], [104, 'config']);
  });

  test('the quick start: the session line, then the dialogs with id 1 and updates with id 0', async () => {
    const user = dc.demoUser();
    const nc = await Nc.to(gateway.port);
    nc.send(
      `{"id": 1, "session": {"session_id": ${user.sessionId}, "auth_key": "${user.authKey.toString('base64')}"}}\n`,
    );
    const session = (await nc.json()) as Line;
    assert.ok(session['session']);
    nc.send(`${DIALOGS}\n`);
    const dialogs = (await nc.json()) as Line;
    assert.deepEqual([dialogs.id, dialogs.message['_cons']], [1, 'messages.dialogs']);
    const list = dialogs.message['dialogs'] as Record<string, unknown>[];
    const flags = list.flatMap((dialog) => (dialog['pinned'] === undefined ? [] : [dialog['pinned']]));
    assert.ok(flags.length > 0);
    for (const flag of flags) assert.deepEqual(flag, { _cons: 'true' });
    dc.pushMessage(user.userId, 'from the other side');
    const update = (await nc.json()) as Line;
    assert.deepEqual([update.id, update.message['message']], [0, 'from the other side']);
    nc.end();
    await nc.rest();
  });

  test('without a login the dialogs are refused as Telegram refuses them', async () => {
    const nc = await Nc.to(gateway.port);
    nc.send('{"options":{"init":{"api_id":1}}}\n');
    await nc.json();
    nc.send(`${DIALOGS}\n`);
    const { message } = (await nc.json()) as Line;
    assert.deepEqual([message['error_code'], message['error_message']], [401, 'AUTH_KEY_UNREGISTERED']);
    nc.end();
    await nc.rest();
  });
});
