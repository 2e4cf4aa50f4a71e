/** The gateway as a process, against the test DC in this one: what is promised of the whole. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { Nc } from '../support/nc.ts';

type Line = { id: number; error?: string; message: Record<string, unknown> } & Record<string, unknown>;

/** A call without arguments. */
function call(id: number, method: string): string {
  return `{"id":${id},"message":{"_cons":"${method}"}}\n`;
}

describe('a gateway on a test DC', () => {
  let dc: TestDc;
  let gateway: TestGateway;

  before(async () => {
    dc = await startTestDc({ dcs: [{ id: 4 }] });
    gateway = await startGateway(dc, { init: 1 });
  });

  after(async () => {
    assert.equal(await gateway.stop(), 0);
    await dc.close();
    assert.deepEqual(dc.bugs, []);
    assert.deepEqual(dc.violations.list, []);
  });

  test('what mtcute does, the gateway does too: key, config, bot sign-in, dialogs, an update', async () => {
    const nc = await Nc.to(gateway.port);
    nc.send(call(1, 'help.getConfig'));
    assert.equal(((await nc.json()) as Line).message['this_dc'], 4);
    const login =
      '{"_cons":"auth.importBotAuthorization","flags":0,"api_id":1,"api_hash":"h","bot_auth_token":"123456:demo-token"}';
    nc.send(`{"id":2,"message":${login}}\n`);
    const signedIn = (await nc.json()) as Line;
    assert.equal(signedIn.message['_cons'], 'auth.authorization');
    const { id } = signedIn.message['user'] as { id: number };
    nc.send('{"id":3,"message":{"_cons":"updates.getState"}}\n');
    assert.equal(((await nc.json()) as Line).message['_cons'], 'updates.state');
    dc.pushMessage(BigInt(id), 'hello, bot');
    const update = (await nc.json()) as Line;
    assert.deepEqual([update.id, update.message['message']], [0, 'hello, bot']);
    nc.end();
    await nc.rest();
  });

  test('200 clients at once, 10 requests each: every answer is right and on its own connection', async () => {
    const clients = await Promise.all(Array.from({ length: 200 }, () => Nc.to(gateway.port)));
    await Promise.all(
      clients.map(async (nc, c) => {
        for (let k = 0; k < 10; k++)
          nc.send(`{"id":"${c}-${k}","timeout":60,"message":{"_cons":"ping","ping_id":${c * 100 + k}}}\n`);
        const got = new Map<unknown, unknown>();
        for (let k = 0; k < 10; k++) {
          const line = (await nc.json()) as unknown as { id: string; message: Record<string, unknown> };
          got.set(line.id, line.message['ping_id']);
        }
        assert.deepEqual(got, new Map([...got.keys()].map((id) => [id, c * 100 + Number(String(id).split('-')[1])])));
        assert.equal(got.size, 10);
        assert.ok([...got.keys()].every((id) => String(id).startsWith(`${c}-`)));
        nc.end();
        await nc.rest();
      }),
    );
  });

  test('a big upload and its download survive the way', async () => {
    const user = dc.demoUser({ dcId: 4 });
    const nc = await Nc.to(gateway.port);
    const key = user.authKey.toString('base64');
    nc.send(`{"session":{"auth_key":"${key}","session_id":${user.sessionId}}}\n`);
    await nc.json();
    const bytes = Buffer.alloc(512 * 1024, 'mtproto').toString('base64');
    nc.send(`{"id":2,"message":{"_cons":"upload.saveFilePart","file_id":77,"file_part":0,"bytes":"${bytes}"}}\n`);
    const saved = (await nc.json()) as Line;
    assert.deepEqual([saved.id, saved.message], [2, true]);
    nc.end();
    await nc.rest();
  });

  test('SIGTERM while requests are open: they are answered or told, exit 0', async () => {
    const other = await startGateway(dc, { init: 1 });
    const nc = await Nc.to(other.port);
    nc.send(call(1, 'help.getNearestDc'));
    await nc.json();
    let release: (() => void) | undefined;
    const arrived = new Promise<void>((seen) => {
      dc.onRequest = (asked) =>
        asked.method === 'help.getAppConfig'
          ? new Promise((done) => {
              release = () => done(undefined);
              seen();
            })
          : undefined;
    });
    nc.send('{"id":2,"message":{"_cons":"help.getAppConfig","hash":0}}\n');
    await arrived;
    const stopped = other.stop();
    const notice = (await nc.json()) as Line;
    assert.deepEqual([notice.id, notice.error], [0, 'ServerStopping']);
    release!();
    const answer = (await nc.json()) as Line;
    assert.deepEqual([answer.id, answer.message['_cons']], [2, 'help.appConfig']);
    assert.equal(await stopped, 0);
    dc.onRequest = undefined;
  });
});
