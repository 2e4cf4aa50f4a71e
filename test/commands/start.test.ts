/** How a command starts and ends: its Node, its environment, its name, its output, its port, its terminal. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { foreignVariables } from '../../src/config/environment.ts';
import { nodeComplaint } from '../../src/node-check.ts';
import { ownSchemeDir } from '../../src/tl/load.ts';
import { CLI, Run } from '../support/process.ts';

const SETUP = fileURLToPath(new URL('../../../src/setup.mjs', import.meta.url));
const OLD_NODE = `data:text/javascript,${encodeURIComponent(
  "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } })",
)}`;

test('an old Node gets one sentence, before anything else is loaded', () => {
  for (const script of [CLI, SETUP]) {
    const { status, stderr, stdout } = spawnSync(process.execPath, ['--import', OLD_NODE, script, 'demo'], {
      encoding: 'utf8',
    });
    assert.equal(status, 2, script);
    assert.match(stderr, /^mtproto2json needs Node 20\.19 or newer, and this is Node 18\.20\.4: [^\n]+\n$/);
    assert.equal(stdout, '');
  }
});

test('versions are compared as numbers', () => {
  for (const version of ['20.19.0', '20.20.1', '22.0.0', '100.1.0'])
    assert.equal(nodeComplaint(version, '>=20.19'), undefined);
  for (const version of ['20.9.0', '20.18.3', '18.20.0', '9.99.0'])
    assert.notEqual(nodeComplaint(version, '>=20.19'), undefined);
});

/** What Kubernetes sets for services `mtproto2json` and `mtproto2json-http`, and what images and `docker --link` add. */
const CLUSTER = {
  MTPROTO2JSON_PORT: 'tcp://10.0.0.9:1543',
  MTPROTO2JSON_SERVICE_HOST: '10.0.0.9',
  MTPROTO2JSON_SERVICE_PORT: '1543',
  MTPROTO2JSON_SERVICE_PORT_LINES: '1543',
  MTPROTO2JSON_PORT_1543_TCP: 'tcp://10.0.0.9:1543',
  MTPROTO2JSON_PORT_1543_TCP_ADDR: '10.0.0.9',
  MTPROTO2JSON_HTTP_PORT: 'tcp://10.0.0.8:1680',
  MTPROTO2JSON_HTTP_SERVICE_HOST: '10.0.0.8',
  MTPROTO2JSON_HTTP_PORT_1680_TCP_PROTO: 'tcp',
  MTPROTO2JSON_VERSION: '0.1.0-secretish',
};

test('in a cluster with a service of its name every command starts, and says what it passes over', async (t) => {
  const gateway = new Run(t, ['--port', '0', '--workers', '1'], CLUSTER);
  await gateway.port();
  for (const name of Object.keys(CLUSTER)) assert.match(gateway.err, new RegExp(`warning: ${name} in the environment`));
  await gateway.until(/every user and program of this machine may use .* without a token: give --token-file/);
  assert.doesNotMatch(gateway.err, /10\.0\.0|secretish/);
  const signin = new Run(
    t,
    ['signin', '--phone', '9996621111', '--api-id', '1', '--api-hash', 'x'],
    CLUSTER,
    CLI,
    '\n',
  );
  const sessions = new Run(t, ['sessions', 'list'], CLUSTER);
  await Promise.all([signin.ended, sessions.ended]);
  // The port is the default one again, and nobody is there.
  assert.doesNotMatch(signin.err, /tcp:\/\/|--port: /);
  assert.doesNotMatch(sessions.err, /is not an option$|expected/m);
});

test('a name with a typing error is told the one that was meant', () => {
  const [foreign] = foreignVariables({ MTPROTO2JSON_PROT: '1' });
  assert.equal(
    foreign!.sentence,
    'MTPROTO2JSON_PROT in the environment is ignored: there is no such option; did you mean MTPROTO2JSON_PORT?',
  );
  const [far] = foreignVariables({ MTPROTO2JSON_VERSION: '1' });
  assert.doesNotMatch(far!.sentence, /did you mean/);
});

test('what is meant for this program is not foreign', () => {
  const own = { MTPROTO2JSON_PORT: '1543', MTPROTO2JSON_DC_PORT: '443', MTPROTO2JSON_API_HASH: 'x', PATH: '/bin' };
  assert.deepEqual(foreignVariables(own), []);
});

test('a command that is none is answered with the nearest one; version and --version say the same', async (t) => {
  const wrong = new Run(t, ['demoo']);
  assert.equal(await wrong.code(), 2);
  assert.match(wrong.err, /unknown command 'demoo'[^]*Did you mean demo\?/);
  const said = await Promise.all(
    [['version'], ['--version'], ['-V']].map(async (args) => {
      const run = new Run(t, args);
      assert.equal(await run.code(), 0);
      return run.out;
    }),
  );
  assert.match(said[0]!, /^\d+\.\d+\.\d+\n$/);
  assert.deepEqual(said, [said[0], said[0], said[0]]);
});

test('a command whose output nobody reads ends quietly', async (t) => {
  for (const args of [
    ['demo', '--help'],
    ['scheme', 'show', 'message'],
    ['sessions', 'list', '--help'],
  ]) {
    const run = new Run(t, args);
    run.child.stdout!.destroy();
    assert.equal(await run.code(), 0, args.join(' '));
    assert.equal(run.err, '');
  }
});

test('a port that is taken: by whom, and which option helps', async (t) => {
  const other = createServer((socket) => void socket.on('error', () => undefined).end('SSH-2.0-x\r\n'));
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const taken = (other.address() as AddressInfo).port;
  const first = new Run(t, ['--host', '127.0.0.1', '--port', '0', '--workers', '1']);
  const port = await first.port();
  const cases: [string[], string][] = [
    [['--port', `${port}`], `--port ${port}: another mtproto2json listens on 127.0.0.1:${port}`],
    [['--port', `${taken}`], `--port ${taken}: another program listens on 127.0.0.1:${taken}`],
    [['--port', '0', '--http-port', `${taken}`], `--http-port ${taken}: another program listens`],
  ];
  for (const [args, sentence] of cases) {
    const run = new Run(t, ['--host', '127.0.0.1', '--workers', '1', ...args]);
    assert.equal(await run.code(), 1);
    assert.ok(run.err.startsWith(`mtproto2json: ${sentence}`), run.err);
    assert.doesNotMatch(run.err, /^ {4}at /m);
  }
});

test('who starts without an api_id is told so, and only then', async (t) => {
  const without = new Run(t, ['--port', '0', '--workers', '1']);
  await without.until(/"event":"listening"/);
  without.child.kill('SIGTERM');
  assert.equal(await without.code(), 0);
  assert.match(without.err, /"reason":"without --api-id [^\n]*"event":"no api_id"/);
  const having = new Run(t, ['--port', '0', '--workers', '1', '--api-id', '1']);
  await having.until(/"event":"listening"/);
  having.child.kill('SIGTERM');
  assert.equal(await having.code(), 0);
  assert.doesNotMatch(having.err, /no api_id/);
});

test('SIGHUP without a terminal, and SIGUSR2, are logged, and nothing ends', async (t) => {
  const run = new Run(t, ['--port', '0', '--workers', '1']);
  await run.port();
  run.child.kill('SIGHUP');
  await run.until(/"event":"ignored"[^\n]*"signal":"SIGHUP"|"signal":"SIGHUP"[^\n]*"event":"ignored"/);
  run.child.kill('SIGUSR2');
  await run.until(/"signal":"SIGUSR2"[^\n]*"event":"ignored"/);
  run.child.kill('SIGTERM');
  assert.equal(await run.code(), 0);
});

test('SIGHUP of a terminal that closes ends it, after a drain', async (t) => {
  const code = encodeURIComponent("Object.defineProperty(process.stdin, 'isTTY', { value: true })");
  const run = new Run(t, ['--port', '0', '--workers', '1'], { NODE_OPTIONS: `--import=data:text/javascript,${code}` });
  await run.port();
  run.child.kill('SIGHUP');
  await run.until(/"event":"stopping"/);
  assert.equal(await run.code(), 0);
});

test('a scheme that is none stops the start with the option’s name; numbers that are no CRC-32s are warned about', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'scheme-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const missing = new Run(t, ['serve', '--port', '0', '--scheme', join(folder, 'nosuch')]);
  assert.equal(await missing.code(), 2);
  assert.match(missing.err, /^mtproto2json: --scheme \S+nosuch: there is no api\.tl \(ENOENT[^\n]*\)\n$/);

  writeFileSync(join(folder, 'api.tl'), '// LAYER 1\n');
  const empty = new Run(t, ['serve', '--port', '0', '--scheme', folder]);
  assert.equal(await empty.code(), 2);
  assert.match(empty.err, /^mtproto2json: --scheme \S+: \S+api\.tl:1:1: no definitions: this is no scheme\n$/);

  const own = readFileSync(join(ownSchemeDir(), 'api.tl'), 'utf8');
  const wrong = own
    .replace(/^inputPeerSelf#\w+/m, 'inputPeerSelf#00000001')
    .replace(/^help.getConfig#\w+/m, 'help.getConfig#2');
  assert.notEqual(wrong, own);
  writeFileSync(join(folder, 'api.tl'), wrong);
  const warned = new Run(t, ['serve', '--port', '0', '--scheme', folder]);
  await warned.port();
  const told =
    /--scheme \S+: 2 numbers are not the CRC-32s of their lines: inputPeerSelf, help\.getConfig; mtproto2json scheme check/;
  assert.match(warned.err, told);
});
