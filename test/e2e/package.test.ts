/** What `npm pack` makes works where nothing else of the repository is. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { Run } from '../support/process.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

test('the packed program, unpacked elsewhere: demo, call, doctor; no tests, no benches', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-'));
  t.after(() => rmSync(folder, { recursive: true }));
  // The build is there already, and its packages stand for what an install would bring.
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: ROOT });
  const file = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  execFileSync('tar', ['-xzf', file], { cwd: folder });
  const installed = join(folder, 'package');
  symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
  assert.ok(existsSync(join(installed, 'docs')));
  for (const name of ['dist/test', 'dist/bench', 'src']) assert.ok(!existsSync(join(installed, name)), name);
  const cli = join(installed, 'dist/src/cli.js');
  const demo = new Run(t, ['demo', '--port', '0', '--workers', '1', '--state', 'off'], {}, cli);
  const port = await demo.port();
  const called = spawnSync(process.execPath, [cli, 'call', 'ping', 'ping_id=1', '--port', String(port)], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.match(called.stdout, /pong/, called.stderr);
  const doctor = new Run(t, ['doctor', '--offline', '--port', '0'], {}, cli);
  assert.equal(await doctor.code(), 0, doctor.out);
  const bench = new Run(t, ['bench', 'list'], {}, cli);
  assert.equal(await bench.code(), 1);
  assert.match(bench.err, /bench is in the repository alone/);
});
