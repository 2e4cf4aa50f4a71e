/** What the demo prints where it listens otherwise than by default: it works as printed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { bannerOf, type DemoPlace } from '../../src/commands/demo-banner.ts';
import type { DemoDc } from '../../src/commands/demo-dc.ts';
import { freePort } from '../support/free-port.ts';
import { noteNotRun } from '../support/not-run.ts';
import { Run } from '../support/process.ts';
import { shell } from '../support/shell.ts';

test('under --host, --token-file and --http-port what it prints works too; --state and what chooses data centres from around', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-demo-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tokens = join(folder, "the bots' tokens");
  writeFileSync(tokens, '# who may come\n\nfirst-token export\nother\n', { mode: 0o600 });
  const config = join(folder, 'demo.yaml');
  writeFileSync(config, `state: ${join(folder, 'from-file')}\nhttpPort: ${await freePort()}\ntest: true\n`);
  const around = { MTPROTO2JSON_STATE: join(folder, 'from-environment'), MTPROTO2JSON_DC: '4' };
  const flags = ['--host', '127.0.0.1', '--port', '0', '--workers', '1', '--token-file', tokens, '--config', config];
  const run = new Run(t, ['demo', ...flags], around);
  await run.until(/Ctrl-C/);
  assert.deepEqual(readdirSync(folder).toSorted(), ['demo.yaml', 'from-environment', "the bots' tokens"]);
  assert.doesNotMatch(run.out, /first-token/);
  assert.match(
    run.out,
    /nc 127\.0\.0\.1 \d+\nThen paste, in this order:\n\nFirst a token of .*the bots' tokens: \{"auth":"TOKEN"\}\n/,
  );
  const calls = run.out.split('\n').filter((line) => /^(?:npx mtproto2json call|curl) /.test(line));
  assert.equal(calls.length, 2);
  assert.match(calls[0]!, /--host 127\.0\.0\.1/);
  if (spawnSync('curl', ['--version']).status !== 0) noteNotRun(t, 'the curl line of the demo: there is no curl');
  else assert.match(await shell(folder, 1, calls[1]!), /"id":100,"message":\{"_cons":"pong"/);
  assert.match(await shell(folder, 1, calls[0]!), /"_cons":"pong"/);
});

test('what it prints names the place as clients write it', () => {
  const where = { host: '', port: 0, dcId: 2, publicKeyPem: '' };
  const dc: DemoDc = { ...where, authKey: '', sessionId: '1', echoId: '1', echoHash: '1', accounts: [] };
  const banner = (place: Partial<DemoPlace>): string => {
    const whole = { host: 'localhost', port: 1543, httpPort: undefined, tokenFile: undefined, ...place };
    return bannerOf(dc, whole, false);
  };
  assert.match(banner({}), /ping_id=1 --port 1543\n[^]*nc localhost 1543\n/);
  assert.doesNotMatch(banner({}), /curl|auth":"TOKEN/);
  for (const host of ['0.0.0.0', '::'])
    assert.match(banner({ host }), /ping_id=1 --port 1543\n[^]*nc localhost 1543\n/);
  assert.match(
    banner({ host: '::1', httpPort: 80 }),
    /--host ::1 [^]*curl -g http:\/\/\[::1\]:80\/v1\/rpc [^]*nc ::1 1543/,
  );
  assert.match(banner({ host: '10.0.0.7' }), /signin --host 10\.0\.0\.7 --port 1543 /);
});
