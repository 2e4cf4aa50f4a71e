/** `doctor` and `serve --check` as processes of their own, against the test data centre and against what is none. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import type { Finding } from '../../src/doctor/finding.ts';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import { PRODUCTION_KEY } from '../../src/crypto/rsa.ts';
import { mtproxy } from '../support/mtproxy.ts';
import { Run } from '../support/process.ts';
import { socksServer } from '../support/socks-server.ts';

const PRODUCTION = [1, 2, 3, 4, 5];

let dc: TestDc;
let folder: string;

before(async () => {
  dc = await startTestDc({ dcs: [{ id: 2, port: 0 }] });
  folder = mkdtempSync(join(tmpdir(), 'mtproto2json-'));
  writeFileSync(join(folder, 'dc.pem'), dc.publicKeyPem);
  writeFileSync(join(folder, 'other.pem'), PRODUCTION_KEY.pem);
});

after(async () => {
  await dc.close();
  rmSync(folder, { recursive: true });
});

function at(port: number, key = 'dc.pem'): string[] {
  return ['--dc-host', '127.0.0.1', '--dc-port', String(port), '--dc-key', join(folder, key)];
}

interface Examined {
  readonly code: number;
  readonly findings: readonly Finding[];
  /** Those of one check. */
  readonly of: (check: string) => readonly Finding[];
}

async function doctor(t: TestContext, args: readonly string[], environment = {}): Promise<Examined> {
  const run = new Run(t, ['doctor', '--json', '--host', '127.0.0.1', ...args], environment);
  const code = await run.code();
  assert.equal(run.err, '');
  const findings = run.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Finding);
  // Whatever is found comes with what to do.
  for (const { level, todo } of findings) assert.equal(todo === undefined, level === 'ok');
  return { code, findings, of: (check) => findings.filter((finding) => finding.check === check) };
}

test('all is well: nothing is found, and exit 0', async (t) => {
  const { code, findings } = await doctor(t, ['--port', '0', '--api-id', '1', ...at(dc.port(2))]);
  assert.deepEqual(
    findings.filter(({ level }) => level !== 'ok'),
    [],
  );
  assert.deepEqual(
    [...new Set(findings.map(({ check }) => check))],
    ['node', 'options', 'api_id', 'scheme', 'tokens', 'vault', 'rights', 'descriptors', 'port', 'dc', 'clock'],
  );
  assert.equal(code, 0);
});

test('no network: the data centre cannot be reached; --offline asks none', async (t) => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  const { code, of } = await doctor(t, ['--port', '0', '--api-id', '1', ...at(port)]);
  assert.equal(code, 1);
  assert.match(
    of('dc')[0]!.text,
    /data centre 2 at 127\.0\.0\.1:\d+ cannot be reached: .*nothing listens there \(ECONNREFUSED\)/,
  );
  assert.deepEqual(of('clock'), []);
  const offline = await doctor(t, ['--port', '0', '--api-id', '1', '--offline', ...at(port)]);
  assert.equal(offline.code, 0);
  assert.deepEqual(offline.of('dc'), []);
});

test('an HTTP server, a key that is not its own, and no api_id', async (t) => {
  const http = createHttp().listen(0, '127.0.0.1');
  await once(http, 'listening');
  t.after(() => http.close());
  const captive = await doctor(t, ['--port', '0', ...at((http.address() as AddressInfo).port)]);
  assert.equal(captive.code, 1);
  assert.match(captive.of('dc')[0]!.text, /answers as an HTTP server/);
  assert.match(captive.of('dc')[0]!.todo!, /--dc-host/);
  assert.equal(captive.of('api_id')[0]!.level, 'warning');
  assert.match(captive.of('api_id')[0]!.todo!, /--api-id/);
  const other = await doctor(t, ['--port', '0', ...at(dc.port(2), 'other.pem')]);
  assert.equal(other.code, 1);
  assert.match(other.of('dc')[0]!.text, /not trusted: the server has none of the RSA keys that are trusted/);
  assert.match(other.of('dc')[0]!.todo!, /--dc-key/);
});

test('through proxies: the data centre answers behind them, or the proxy is what is wrong', async (t) => {
  const common = ['--port', '0', '--api-id', '1', '--vault', 'off', ...at(dc.port(2))];
  const socks = await socksServer(t, { user: 'me', password: 'hush' });
  const through = await doctor(t, [...common, '--proxy', `socks5://me:hush@127.0.0.1:${socks.port}`]);
  assert.deepEqual([through.code, through.of('dc')[0]!.level, socks.reached], [0, 'ok', [`127.0.0.1:${dc.port(2)}`]]);
  const refused = await doctor(t, [...common, '--proxy', `socks5://me:wrong-hush@127.0.0.1:${socks.port}`]);
  assert.equal(refused.code, 1);
  assert.match(refused.of('dc')[0]!.text, /is refused by the proxy/);
  assert.match(refused.of('dc')[0]!.todo!, /--proxy/);
  assert.doesNotMatch(JSON.stringify(refused.findings), /hush/);
  const secret = 'dd000102030405060708090a0b0c0d0e0f';
  const proxy = await mtproxy(t, Buffer.from(secret.slice(2), 'hex'), dc.port(2));
  const masked = await doctor(t, [...common, '--mtproxy', `127.0.0.1:${proxy.port}`, '--mtproxy-secret', secret]);
  assert.deepEqual([masked.code, masked.of('dc')[0]!.level], [0, 'ok']);
  assert.match(masked.of('dc')[0]!.text, new RegExp(`at 127\\.0\\.0\\.1:${proxy.port} `));
  assert.equal(proxy.asked.length, 1);
});

test('of each of Telegram’s data centres there is one finding, with every address and port in it', async (t) => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  const { code, of } = await doctor(t, ['--port', '0', '--api-id', '1', '--proxy', `socks5://127.0.0.1:${port}`]);
  assert.equal(code, 1);
  assert.deepEqual(
    of('dc').map(({ level, text, attempts }) => [level, text.slice(0, 13), attempts?.length]),
    PRODUCTION.map((id) => [id === 2 ? 'error' : 'warning', `data centre ${id}`, id === 2 ? 9 : 6]),
  );
  for (const { attempts } of of('dc')) assert.ok(attempts?.every(({ why, ok }) => why !== undefined && !ok));
});

test('a clock that is wrong', async (t) => {
  const late = 'const { now } = Date; Date.now = () => now() - 600_000;';
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(late)}`;
  const { of } = await doctor(t, ['--port', '0', '--api-id', '1', ...at(dc.port(2))], { NODE_OPTIONS });
  assert.equal(of('clock')[0]!.level, 'warning');
  assert.match(of('clock')[0]!.text, /clock is (599|600|601) s behind/);
});

test('a port that is taken, options that are wrong: all of them', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const busy = await doctor(t, ['--offline', '--port', String(port)]);
  assert.equal(busy.code, 1);
  assert.match(busy.of('port')[0]!.text, /EADDRINUSE/);
  assert.match(busy.of('port')[0]!.todo!, /--port/);
  const options = await doctor(t, ['--port', 'x', '--workers', '0']);
  assert.equal(options.code, 1);
  assert.equal(options.of('options').length, 2);
});

test('a vault key that does not fit, and serve --check', async (t) => {
  const vault = join(folder, 'vault');
  mkdirSync(vault, { mode: 0o700 });
  const [right, other] = ['right.key', 'other.key'].map((name) => {
    const file = join(folder, name);
    writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    return file;
  });
  const vaultOf = (key: string): string[] => ['--port', '0', '--vault', vault, '--vault-key-file', key];
  const gateway = new Run(t, ['--workers', '1', ...vaultOf(right!)]);
  await gateway.port();
  gateway.child.kill('SIGTERM');
  await gateway.ended;
  assert.equal((await doctor(t, ['--offline', ...vaultOf(right!)])).of('vault')[0]!.level, 'ok');
  const wrong = await doctor(t, ['--offline', ...vaultOf(other!)]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.of('vault')[0]!.todo!, /--vault-key-file/);
  const check = new Run(t, ['serve', '--check', ...vaultOf(other!), ...at(dc.port(2))]);
  assert.equal(await check.code(), 1);
  assert.match(check.out, /^error {4}vault /m);
});
