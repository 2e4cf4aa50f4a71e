/** Idempotency keys with processes: killed with SIGKILL between a request and its answer, asked again under the next one. */
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
/** Rounds of the test that kills at different moments; a trial has more. */
const ROUNDS = 3;

/** A line that is carried out twice if it goes twice; the data centre counts by `about`. */
function line(id: number, key: string, about = key): Line {
  return { id, as: 'me', key, message: { _cons: 'account.updateProfile', about } };
}

const consOf = ({ message }: Line): unknown => (message as Line | undefined)?.['_cons'];

async function ask(nc: Nc, request: Line): Promise<Line> {
  nc.send(`${JSON.stringify(request)}\n`);
  let got = await nc.json();
  while (got['id'] === 0) got = await nc.json();
  return got;
}

describe('a gateway that is killed', () => {
  let dc: TestDc;
  let folder: string;
  let gateway: TestGateway;

  before(async () => {
    dc = await startTestDc({ dcs: [{ id: 2 }] });
    folder = mkdtempSync(join(tmpdir(), 'mtproto2json-'));
    writeFileSync(join(folder, 'key'), Buffer.alloc(32, 7), { mode: 0o600 });
    gateway = await start();
    await signIn(await Nc.to(gateway.port));
  });

  after(async () => {
    await gateway.stop();
    await dc.close();
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(dc.bugs, []);
  });

  function start(): Promise<TestGateway> {
    const flags = ['--workers', '1', '--vault', join(folder, 'vault'), '--vault-key-file', join(folder, 'key')];
    return startGateway(dc, { init: 1, flags });
  }

  async function killAndStart(): Promise<Nc> {
    gateway.child.kill('SIGKILL');
    await once(gateway.child, 'exit');
    gateway = await start();
    return Nc.to(gateway.port);
  }

  async function signIn(nc: Nc): Promise<void> {
    const settings = { _cons: 'codeSettings' };
    const send = { _cons: 'auth.sendCode', phone_number: PHONE, api_id: 1, api_hash: 'h', settings };
    const sent = await ask(nc, { session: { name: 'me' }, message: send });
    const { phone_code_hash } = sent['message'] as Line;
    const code = { phone_number: PHONE, phone_code_hash, phone_code: codeOf(PHONE, 'Sms') };
    assert.equal(consOf(await ask(nc, { message: { _cons: 'auth.signIn', ...code } })), 'auth.authorization');
    nc.close();
  }

  test('gives the first outcome again', async () => {
    const nc = await Nc.to(gateway.port);
    const first = await ask(nc, line(5, 'answered'));
    assert.equal(consOf(first), 'user');
    const again = await killAndStart();
    assert.deepEqual(await ask(again, line(6, 'answered')), { ...first, id: 6 });
    assert.equal((await ask(again, line(7, 'answered', 'other')))['error'], 'KeyReused');
    assert.equal(dc.ledger.get('answered'), 1);
    again.close();
  });

  test('tells of what was sent and not answered that nobody knows, and never does it again', async () => {
    const nc = await Nc.to(gateway.port);
    const arrived = new Promise<void>((resolve) => {
      dc.onRequest = (call) => {
        if (call.method !== 'account.updateProfile') return undefined;
        resolve();
        return new Promise(() => {});
      };
    });
    nc.send(`${JSON.stringify(line(5, 'open'))}\n`);
    await arrived;
    dc.onRequest = undefined;
    const again = await killAndStart();
    for (const id of [6, 7]) {
      const got = await ask(again, line(id, 'open'));
      assert.deepEqual([got['id'], got['error'], got['delivered']], [id, 'DeliveryUnknown', 'unknown']);
    }
    assert.equal(dc.ledger.get('open'), undefined);
    again.close();
  });

  test('whenever it is killed, nothing is carried out twice, and an outcome is the truth', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const key = `round-${round}`;
      const nc = await Nc.to(gateway.port);
      // The session is opened first, so that the kill meets the request and not the opening.
      await ask(nc, { id: 4, as: 'me', message: { _cons: 'help.getNearestDc' } });
      nc.send(`${JSON.stringify(line(5, key))}\n`);
      await new Promise((resolve) => setTimeout(resolve, round * 8));
      const again = await killAndStart();
      const got = await ask(again, line(6, key));
      const count = dc.ledger.get(key) ?? 0;
      if (got['error'] === 'DeliveryUnknown') assert.ok(count <= 1, `${key}: ${count} times`);
      else assert.deepEqual([consOf(got), count], ['user', 1], key);
      again.close();
    }
  });
});
