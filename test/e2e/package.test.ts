/** What `npm pack` makes, installed with `npm install -g` where nothing else of the repository is: all that a user does with it. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Run } from '../support/process.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const QUIET = ['--offline', '--silent', '--no-audit', '--no-fund', '--no-update-notifier'];

/**
 * Packs the build that is there and installs it as `npm install -g FILE` does. Its dependencies are taken off for that, since there
 * may be no network, and the repository's own stand for them.
 * @returns the prefix: `bin`, and `lib/node_modules`
 */
function installed(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const pack = (from: string): string => {
    const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
    execFileSync('npm', args, { cwd: from });
    return join(
      folder,
      readdirSync(folder).find((name) => name.endsWith('.tgz'))!,
    );
  };
  execFileSync('tar', ['-xzf', pack(ROOT), '-C', folder]);
  const file = join(folder, 'package/package.json');
  const {
    dependencies: _,
    devDependencies: __,
    ...rest
  } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify(rest));
  const prefix = join(folder, 'prefix');
  execFileSync('npm', ['install', '-g', ...QUIET, '--prefix', prefix, pack(join(folder, 'package'))], { cwd: folder });
  symlinkSync(join(ROOT, 'node_modules'), join(prefix, 'lib/node_modules/mtproto2json/node_modules'));
  return prefix;
}

test('installed globally: demo, call, signin, serve, doctor; docs and deploy, no tests, no benches', async (t) => {
  const prefix = installed(t);
  const home = join(prefix, 'lib/node_modules/mtproto2json');
  for (const name of ['docs/service.md', 'deploy/mtproto2json.service', 'scheme/api.tl'])
    assert.ok(existsSync(join(home, name)), name);
  for (const name of ['dist/test', 'dist/bench', 'src', 'test']) assert.ok(!existsSync(join(home, name)), name);
  assert.deepEqual(readdirSync(join(prefix, 'bin')).toSorted(), ['mtproto2json', 'signin-cli', 'streamjson']);
  const bin = join(prefix, 'bin/mtproto2json');
  const demo = new Run(t, ['demo', '--port', '0', '--workers', '1', '--state', join(prefix, 'state')], {}, bin);
  await demo.until(/Ctrl-C/);
  const port = String(await demo.port());
  // By its name on PATH, as a user has it: what it begins with must find Node.
  const say = (args: readonly string[], environment = {}): SpawnSyncReturns<string> => {
    const PATH = `${join(prefix, 'bin')}:${process.env['PATH']}`;
    const env = { ...process.env, PATH, MTPROTO2JSON_PORT: port, XDG_DATA_HOME: prefix, ...environment };
    return spawnSync('mtproto2json', args, { cwd: prefix, encoding: 'utf8', env });
  };
  const called = say(['call', 'ping', 'ping_id=1']);
  assert.match(called.stdout, /pong/, called.stderr);
  const [, token] = /bot token (\S+)/.exec(demo.out)!;
  const signed = say(['signin', '--api-id', '1', '--api-hash', 'x', '--save', 'bot1'], {
    MTPROTO2JSON_BOT_TOKEN: token,
  });
  assert.equal(signed.status, 0, signed.stderr);
  const self = say(['call', 'users.getUsers', 'id.0._cons=inputUserSelf', '--session', 'bot1']);
  assert.match(self.stdout, /"_cons":"user",/, self.stderr);
  const serve = new Run(t, ['serve', '--port', '0', '--workers', '1'], {}, bin);
  await serve.port();
  serve.child.kill('SIGTERM');
  assert.equal(await serve.code(), 0);
  const doctor = say(['doctor', '--offline'], { MTPROTO2JSON_PORT: '0' });
  assert.equal(doctor.status, 0, doctor.stdout);
  const bench = say(['bench', 'list']);
  assert.equal(bench.status, 1);
  assert.match(bench.stderr, /bench is in the repository alone/);
  assert.doesNotMatch(say(['--help']).stdout, /^ {2}bench\b/m);
  assert.doesNotMatch(say(['complete', '--', 'mtproto2json ']).stdout, /^bench$/m);
});

test('its name is not published by accident', () => {
  const { private: isPrivate } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { private: boolean };
  assert.equal(isPrivate, true);
});
