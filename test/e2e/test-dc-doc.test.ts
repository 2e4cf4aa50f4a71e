/** What docs/test-dc.md says can be typed: the list of methods, the faults of the demo, the accounts, what is said of a gap. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseFaults } from '../../src/testdc/faults/rule.ts';
import { ANSWERS } from '../../src/testdc/answers/table.ts';
import { SEED_ACCOUNTS } from '../../src/testdc/world/seed.ts';
import { Nc } from '../support/nc.ts';
import { Run } from '../support/process.ts';

const page = readFileSync(fileURLToPath(new URL('../../../docs/test-dc.md', import.meta.url)), 'utf8');

test('dc --methods lists what is answered, and nothing else', async (t) => {
  const run = new Run(t, ['dc', '--methods']);
  assert.equal(await run.code(), 0);
  assert.deepEqual(run.out.trim().split('\n'), Object.keys(ANSWERS).toSorted());
});

test('the accounts on the page are those there are', () => {
  for (const { username, phone, password, token } of SEED_ACCOUNTS)
    for (const word of [username, phone, password, token]) if (word !== undefined) assert.ok(page.includes(word), word);
});

test('the demo plays the faults on the page, refuses what is none, and says whose gap a METHOD_INVALID is', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'test-dc-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'faults.txt');
  const demo = ['demo', '--port', '0', '--workers', '1', '--state', 'off', '--faults', file];
  writeFileSync(file, 'rpc.9000\n');
  const refused = new Run(t, demo);
  assert.equal(await refused.code(), 2);
  assert.match(refused.err, /--faults: .*line 1: no fault rpc\.9000/);
  assert.equal(parseFaults(/```\n(rpc\.flood[^`]*)```/.exec(page)![1]!).rules.length, 3);
  writeFileSync(file, 'rpc.403 method=help.getNearestDc p=1\n');
  const run = new Run(t, [...demo, '--seed', '7']);
  const nc = await Nc.to(await run.port());
  nc.send('{"id":1,"message":{"_cons":"help.getNearestDc"}}\n');
  assert.match(await nc.line(), /"id":1,.*"error_code":403/);
  nc.send('{"id":2,"message":{"_cons":"help.getPromoData"}}\n');
  assert.match(await nc.line(), /"id":2,.*METHOD_INVALID/);
  nc.close();
  await run.until(/METHOD_INVALID for help\.getPromoData: Telegram has it, the test data centre does not answer it/);
});

test('the gateway takes the data centre as the page says', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'test-dc-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const key = join(folder, 'dc.pem');
  const dc = new Run(t, ['dc', '--port', '0', '--key-out', key]);
  const [, port] = await dc.until(/listens on 127\.0\.0\.1:(\d+)/);
  const words = /`serve (--[^`]*)`/.exec(page)![1]!.replace('4430', port!).replace('dc.pem', key).split(' ');
  const check = new Run(t, ['serve', '--check', '--port', '0', '--vault', 'off', ...words]);
  assert.equal(await check.code(), 0);
  assert.match(check.out, /^ok +dc +.*answers, with a key that is trusted$/m);
});
