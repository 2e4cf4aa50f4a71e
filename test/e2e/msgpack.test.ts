/** The whole gateway through msgpack, against the test DC: the envelope, 64-bit numbers, bytes both ways, refusals. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Death, KILL_CELLS } from '../trials/deaths.ts';
import { loadConfig } from '../../src/config/config.ts';
import { createGateway } from '../../src/index.ts';
import { compileScheme } from '../../src/tl/cache.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { freePort } from '../support/free-port.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { Mp, type Frame } from '../support/mp.ts';
import { Nc } from '../support/nc.ts';
import { fileBytes } from '../../src/testdc/answers/upload.ts';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';

let dc: TestDc;
let gateway: TestGateway;

before(async () => {
  dc = await startTestDc({ dcs: [{ id: 4 }] });
  gateway = await startGateway(dc, { init: 12345 });
});

after(async () => {
  await gateway.stop();
  await dc.close();
});

const message = (frame: Frame): Record<string, unknown> => frame['message'] as Record<string, unknown>;

test('a call, its result; ids as they came', async () => {
  const mp = await Mp.to(gateway.port);
  mp.send({ id: 7, message: { _cons: 'help.getNearestDc' } });
  const answer = await mp.frame();
  assert.equal(answer['id'], 7);
  assert.equal(message(answer)['_cons'], 'nearestDc');
  mp.send(
    { id: 'a text', message: { _cons: 'help.getNearestDc' } },
    { id: 2n ** 60n + 1n, message: { _cons: 'help.getNearestDc' } },
  );
  assert.deepEqual(new Set([(await mp.frame())['id'], (await mp.frame())['id']]), new Set(['a text', 2n ** 60n + 1n]));
  mp.close();
});

test('a session read is bytes and int64, and can be handed back whole', async () => {
  const first = await Mp.to(gateway.port);
  first.send({ id: 1, message: { _cons: 'help.getNearestDc' } });
  await first.frame();
  first.send({ id: 2, session: {} });
  const session = (await first.frame())['session'] as Record<string, unknown>;
  assert.equal((session['auth_key'] as Buffer).length, 256);
  for (const name of ['session_id', 'server_salt']) assert.equal(typeof session[name], 'bigint', name);
  first.end();
  assert.deepEqual(await first.rest(), []);
  const second = await Mp.to(gateway.port);
  second.send({
    id: 1,
    session: { ...session, last_seqno: Number(session['last_seqno']) },
    message: { _cons: 'help.getNearestDc' },
  });
  const answer = await second.frame();
  assert.equal(message(answer)['_cons'], 'nearestDc');
  assert.deepEqual((answer['session'] as Record<string, unknown>)['session_id'], session['session_id']);
  second.close();
});

test('a file goes up and down as bytes', async () => {
  const mp = await Mp.to(gateway.port);
  mp.send({
    id: 1,
    message: {
      _cons: 'auth.importBotAuthorization',
      flags: 0,
      api_id: 1,
      api_hash: 'h',
      bot_auth_token: '123456:demo-token',
    },
  });
  assert.equal(message(await mp.frame())['_cons'], 'auth.authorization');
  mp.send({
    id: 2,
    message: { _cons: 'upload.saveFilePart', file_id: 2n ** 62n + 3n, file_part: 0, bytes: randomBytes(512 * 1024) },
  });
  assert.deepEqual(await mp.frame(), { id: 2, message: true });
  const location = {
    _cons: 'inputDocumentFileLocation',
    id: 77n,
    access_hash: -1n,
    file_reference: Buffer.from([1, 2]),
    thumb_size: '',
  };
  mp.send({
    id: 3,
    options: { flags: 'bool' },
    message: { _cons: 'upload.getFile', location, offset: 524288, limit: 524288 },
  });
  const file = await mp.frame();
  assert.deepEqual(file['options'], { int64: 'number', flags: 'bool' });
  assert.deepEqual(message(file)['bytes'], fileBytes(77n, 524288, 524288));
  mp.close();
});

test('refusals are maps: of the frame, of the request, of the message', async () => {
  const mp = await Mp.to(gateway.port);
  mp.socket.write(Buffer.from('00000002c100', 'hex'));
  const broken = await mp.frame();
  assert.deepEqual([broken['id'], broken['error'], broken['pos']], [-2, 'JSONDecodeError', 0]);
  mp.send(
    [1],
    { id: 0, message: {} },
    { id: 5 },
    { id: 6, message: { _cons: 'users.getUsers', id: [{ _cons: 'inputUser', user_id: 'x', access_hash: 1n }] } },
  );
  assert.deepEqual([-3, 'InvalidRequest'], await mp.frame().then((one) => [one['id'], one['error']]));
  assert.deepEqual([-3, 'InvalidId'], await mp.frame().then((one) => [one['id'], one['error']]));
  assert.deepEqual([5, 'InvalidRequest'], await mp.frame().then((one) => [one['id'], one['error']]));
  const refused = await mp.frame();
  assert.deepEqual(
    [refused['id'], refused['error'], refused['path'], refused['delivered']],
    [6, 'InvalidField', 'message.id[0].user_id', 'no'],
  );
  mp.close();
});

test("Telegram's refusals, with their fate", async () => {
  const mp = await Mp.to(gateway.port);
  mp.send({ id: 1, message: { _cons: 'users.getUsers', id: [{ _cons: 'inputUserSelf' }] } });
  const answer = await mp.frame();
  assert.equal(message(answer)['_cons'], 'rpc_error');
  assert.equal(message(answer)['error_message'], 'AUTH_KEY_UNREGISTERED');
  assert.equal(answer['delivered'], 'yes');
  mp.close();
});

test('options.init in msgpack is the same init', async () => {
  const mp = await Mp.to(gateway.port);
  mp.send({
    id: 1,
    options: { init: { api_id: 777, device_model: 'müsli' } },
    message: { _cons: 'help.getNearestDc' },
  });
  const answer = await mp.frame();
  assert.equal(message(answer)['_cons'], 'nearestDc');
  assert.deepEqual((answer['options'] as Record<string, unknown>)['init'], { api_id: 777, device_model: 'müsli' });
  mp.send({ id: 2, options: { init: { api_id: 'x' } } });
  const refused = await mp.frame();
  assert.deepEqual([refused['error'], refused['path']], ['InvalidField', 'options.init.api_id']);
  mp.close();
});

test('JSON lines beside it are as ever', async () => {
  const nc = await Nc.to(gateway.port);
  nc.send('{"id":1,"message":{"_cons":"help.getNearestDc"}}\n');
  assert.match(await nc.line(), /^\{"id":1,"message":\{"_cons":"nearestDc"/);
  nc.close();
});

test('a session goes on in msgpack, and one over HTTP on its connection, when their thread is lost', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-'));
  const dcKey = join(folder, 'dc.pem');
  writeFileSync(dcKey, dc.publicKeyPem);
  const httpPort = await freePort();
  const flags = { port: 0, httpPort, dcHost: dc.host, dcPort: dc.port(4), dcId: 4, dcKey, apiId: 1, workers: 1 };
  const cells = new SharedArrayBuffer(64);
  const gateway = await createGateway(loadConfig({ flags, environment: {}, file: undefined }), {
    codec: compileScheme(undefined),
    log: await createLog({ level: 'silent' }),
    broken: () => undefined,
    lane: { worker: new URL('../trials/killable-worker.js', import.meta.url), settings: { [KILL_CELLS]: cells } },
  });
  t.after(async () => {
    await gateway.drain(0);
    rmSync(folder, { recursive: true });
  });
  const mp = await Mp.to(gateway.port);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = { _cons: 'help.getNearestDc' };
  mp.send({ id: 1, message: ask });
  await mp.frame();
  mp.send({ id: 2, session: {} });
  const key = ((await mp.frame())['session'] as Record<string, unknown>)['auth_key'];
  const before = await httpSession(agent, httpPort);
  for (const how of [Death.BEFORE, Death.AFTER]) {
    Atomics.store(new Int32Array(cells), 0, how);
    mp.send({ id: 'again', message: ask });
    const answer = await mp.frame();
    assert.deepEqual([answer['id'], message(answer)['_cons']], ['again', 'nearestDc']);
  }
  assert.equal(gateway.gauges().lanes[0]!.restarts, 2);
  mp.send({ id: 3, session: {} });
  assert.deepEqual(((await mp.frame())['session'] as Record<string, unknown>)['auth_key'], key);
  assert.equal(await httpSession(agent, httpPort), before);
  mp.close();
  agent.destroy();
});

/** The key of the session of the agent's one connection. */
async function httpSession(agent: Agent, port: number): Promise<string> {
  const body = '{"id":1,"session":{},"message":{"_cons":"help.getNearestDc"}}';
  const first = '{"id":1,"message":{"_cons":"help.getNearestDc"}}';
  for (const one of [first, body]) {
    const call = request({
      agent,
      port,
      method: 'POST',
      path: '/v1/rpc',
      headers: { 'Content-Type': 'application/json' },
    });
    call.end(one);
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    const text = (await response.setEncoding('utf8').toArray()).join('');
    if (one === body) return (JSON.parse(text) as { session: { auth_key: string } }).session.auth_key;
  }
  throw new Error('not reached');
}
