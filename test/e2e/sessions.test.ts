/**
 * A session from another program, imported while the gateway runs beside the command, is there by its name: no login, no
 * key exchange. While it is open the command does not touch it; afterwards it goes out again.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { SessionRecord } from '../../src/account/record.ts';
import { emptyRecord } from '../../src/account/record.ts';
import { formatOf, importText } from '../../src/formats/formats.ts';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import { startGateway } from '../support/gateway.ts';
import { Nc } from '../support/nc.ts';
import { SessionsCommand } from '../support/sessions-command.ts';

const SELF = { _cons: 'users.getFullUser', id: { _cons: 'inputUserSelf' } };

test('imported, used by its name, not touched while it is open, exported', async (t) => {
  const dc = await startTestDc({ dcs: [{ id: 2 }] });
  t.after(() => dc.close());
  const command = new SessionsCommand(t);
  const gateway = await startGateway(dc, { init: 1, flags: ['--workers', '1', '--vault', command.vault] });
  t.after(() => gateway.stop());
  for (const format of ['original', 'telethon', 'pyrogram', 'json']) {
    const demo = dc.demoUser();
    const key = new Uint8Array(demo.authKey);
    const record: SessionRecord = {
      ...emptyRecord(2, false),
      keys: [{ dc: 2, key }],
      host: dc.host,
      port: dc.port(2),
      userId: demo.userId,
      apiId: 1,
    };
    await command.ok(['import', format], formatOf(format).write(record));
    const { handshakes } = dc.counters;
    const nc = await Nc.to(gateway.port);
    nc.send(`${JSON.stringify({ id: 7, session: { name: format }, message: SELF })}\n`);
    let line = (await nc.json()) as {
      id: number;
      error?: string;
      message?: { _cons: string; full_user?: { id: number } };
    };
    while (line.id === 0) line = (await nc.json()) as typeof line;
    assert.equal(line.message?._cons, 'users.userFull', `${format}: ${JSON.stringify(line)}`);
    assert.equal(Number(line.message.full_user?.id), Number(demo.userId));
    assert.equal(dc.counters.handshakes, handshakes, format);

    assert.match(await command.ok(['list']), new RegExp(`^${format} .* in use `, 'm'));
    const { code, err } = await command.run(['remove', format]);
    assert.equal(code, 1);
    assert.match(err, /SessionInUse/);
    nc.end();
    await nc.rest();
  }
  assert.equal(await gateway.stop(), 0);
  assert.doesNotMatch(await command.ok(['list']), /in use|broken/);
  const { record } = importText(await command.ok(['export', 'telethon', '--format', 'string']));
  assert.ok(record.salts.length > 0 && record.sessionLow !== 0);
  await command.ok(['remove', 'telethon']);
  assert.deepEqual(dc.bugs, []);
  assert.deepEqual(dc.violations.list, []);
});
