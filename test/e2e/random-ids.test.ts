/**
 * A `random_id` that the client left out, through the whole gateway: JSON lines and msgpack; a message that is sent again because
 * its lane's thread died is one message.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { createGateway } from '../../src/index.ts';
import type { Gateway } from '../../src/main/gateway.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import { compileScheme } from '../../src/tl/cache.ts';
import { Mp } from '../support/mp.ts';
import { Nc } from '../support/nc.ts';
import { Death, KILL_CELLS } from '../trials/deaths.ts';

const SEND = { _cons: 'messages.sendMessage', peer: { _cons: 'inputPeerSelf' }, message: 'm' };
const HISTORY = {
  ...{ _cons: 'messages.getHistory', peer: SEND.peer, offset_id: 0, offset_date: 0, add_offset: 0 },
  ...{ limit: 100, max_id: 0, min_id: 0 },
};

interface Stage {
  readonly dc: TestDc;
  readonly gateway: Gateway;
  /** How the lane's thread is to die, at its next batch. */
  readonly kill: (how: number) => void;
}

async function staged(t: TestContext): Promise<Stage> {
  const dc = await startTestDc({ dcs: [{ id: 4 }] });
  const folder = mkdtempSync(join(tmpdir(), 'random-ids-'));
  const keyFile = join(folder, 'dc.pem');
  writeFileSync(keyFile, dc.publicKeyPem);
  const flags = { port: 0, dcHost: dc.host, dcPort: dc.port(4), dcId: 4, dcKey: keyFile, apiId: 1, workers: 1 };
  const cells = new SharedArrayBuffer(64);
  const gateway = await createGateway(loadConfig({ flags, environment: {}, file: undefined }), {
    codec: compileScheme(undefined),
    log: await createLog({ level: 'silent' }),
    broken: (error) => assert.fail(String(error)),
    lane: { worker: new URL('../trials/killable-worker.js', import.meta.url), settings: { [KILL_CELLS]: cells } },
  });
  t.after(async () => {
    await gateway.drain(0);
    await dc.close();
    rmSync(folder, { recursive: true });
  });
  return { dc, gateway, kill: (how) => Atomics.store(new Int32Array(cells), 0, how) };
}

/** A client of lines that speaks as the demo user. */
async function signedIn({ dc, gateway }: Stage): Promise<(message: object) => Promise<Record<string, unknown>>> {
  const nc = await Nc.to(gateway.port);
  const ask = async (line: object): Promise<Record<string, unknown>> => {
    nc.send(`${JSON.stringify(line)}\n`);
    for (;;) {
      const answer = JSON.parse(await nc.line()) as Record<string, unknown>;
      if (answer['id'] !== 0) return answer;
    }
  };
  const { authKey } = dc.demoUser({ dcId: 4 });
  await ask({ id: 1, session: { auth_key: authKey.toString('base64') }, message: { _cons: 'help.getNearestDc' } });
  return async (message) => (await ask({ id: 2, timeout: 30, message }))['message'] as Record<string, unknown>;
}

async function written(ask: (message: object) => Promise<Record<string, unknown>>): Promise<number> {
  const { messages } = (await ask(HISTORY)) as { messages: { message: string }[] };
  return messages.filter(({ message }) => message === SEND.message).length;
}

test('messages.sendMessage works without it; twice it is two messages', { timeout: 60_000 }, async (t) => {
  const stage = await staged(t);
  const ask = await signedIn(stage);
  for (let n = 0; n < 2; n++) assert.equal((await ask(SEND))['_cons'], 'updateShortSentMessage');
  assert.equal(await written(ask), 2);
  assert.deepEqual(stage.dc.violations.list, []);
});

test('in msgpack too', { timeout: 60_000 }, async (t) => {
  const stage = await staged(t);
  const seen: unknown[] = [];
  stage.dc.onRequest = ({ method, args }) => {
    if (method === SEND._cons) seen.push(args['random_id']);
    return undefined;
  };
  const { authKey } = stage.dc.demoUser({ dcId: 4 });
  const mp = await Mp.to(stage.gateway.port);
  mp.send({ id: 1, session: { auth_key: authKey }, message: SEND });
  const answer = await mp.frame();
  assert.equal((answer['message'] as Record<string, unknown>)['_cons'], 'updateShortSentMessage');
  assert.equal(seen.length, 1);
  assert.notEqual(seen[0], 0n);
  mp.close();
});

test(
  'it is one message if the thread dies behind it, though the server forgets the session',
  { timeout: 60_000 },
  async (t) => {
    const stage = await staged(t);
    const { dc, gateway } = stage;
    const ask = await signedIn(stage);
    const seen: unknown[] = [];
    dc.onRequest = ({ method, args }) => {
      if (method !== SEND._cons) return undefined;
      seen.push(args['random_id']);
      // The answer's batch kills the thread; what asks next finds a server that knows nothing of the session.
      if (seen.length > 1) return undefined;
      stage.kill(Death.BEFORE);
      for (const key of dc.centres.get(4)!.keys.values())
        setImmediate(() => [...key.sessions.values()].forEach((s) => key.sessions.delete(s.idLow, s.idHigh)));
      return undefined;
    };
    assert.equal((await ask(SEND))['error_message'], 'RANDOM_ID_DUPLICATE');
    assert.equal(gateway.gauges().lanes[0]!.restarts, 1);
    assert.deepEqual([seen.length, new Set(seen).size], [2, 1]);
    assert.equal(await written(ask), 1);
  },
);
