/** The command line and the life of the process. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PRODUCTION_KEY } from '../../src/crypto/rsa.ts';
import { Nc } from '../support/nc.ts';
import { Run } from '../support/process.ts';

test('help lists every command', async (t) => {
  const run = new Run(t, ['--help']);
  assert.equal(await run.code(), 0);
  for (const name of ['serve', 'demo', 'dc', 'signin', 'sessions', 'scheme', 'bench'])
    assert.match(run.out, new RegExp(`^  ${name}\\b`, 'm'));
});

test('what is asked wrongly exits 2 with its sentences', async (t) => {
  const cases: [string[], RegExp][] = [
    [['serve', '--port', 'x', '--workers', '0'], /--port: expected .*, got "x"\n[^]*--workers: expected .*, got "0"\n/],
    [['--host', '0.0.0.0'], /can be reached from beyond this machine/],
    [['serve', '--nope'], /unknown option '--nope'/],
    [['serve', 'what'], /too many arguments/],
    [
      ['demo', '--dc', '2', '--test'],
      /^mtproto2json: --dc, --test: the demo .* its own data centre; `mtproto2json serve`/,
    ],
    [['demo', '--dc-hots', 'x'], /unknown option/],
  ];
  for (const [args, sentence] of cases) {
    const run = new Run(t, args);
    assert.equal(await run.code(), 2, args.join(' '));
    assert.match(run.err, sentence);
    assert.equal(run.out, '');
  }
});

test('localhost is both families; SIGUSR1 opens no inspector, a dump would be empty; SIGTERM tells, closes, exits 0', async (t) => {
  const run = new Run(t, ['--port', '0', '--workers', '1']);
  const port = await run.port();
  const [v4, v6] = [await Nc.to(port), await Nc.to(port, '::1')];
  // No mapping is dumped (core(5)).
  if (process.platform === 'linux')
    assert.match(readFileSync(`/proc/${run.child.pid}/coredump_filter`, 'utf8'), /^0+\n$/);
  run.child.kill('SIGUSR1');
  v4.send('{"id":1,"server":{}}\n');
  assert.match(await v4.line(), /^\{"id":1,"server":\{/);
  run.child.kill('SIGTERM');
  for (const nc of [v4, v6])
    assert.match((await nc.rest()).join(), /^\{"id":0,"error":"ServerStopping".*"closing":true\}$/);
  assert.equal(await run.code(), 0);
  assert.doesNotMatch(run.err, /Debugger/);
  await assert.rejects(Nc.to(port));
});

/** A server that takes connections and says nothing, and the options that lead there. */
async function silentServer(t: TestContext): Promise<string[]> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    t.after(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-'));
  const key = join(folder, 'key.pem');
  writeFileSync(key, PRODUCTION_KEY.pem);
  t.after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  return ['--dc-host', '127.0.0.1', '--dc-port', String((server.address() as AddressInfo).port), '--dc-key', key];
}

const PING = '"message":{"_cons":"ping","ping_id":1}';

test('SIGTERM with a request open: it ends by its own time, then all ends', async (t) => {
  const run = new Run(t, ['--port', '0', '--workers', '1', ...(await silentServer(t))]);
  const nc = await Nc.to(await run.port());
  nc.send(`{"id":1,"server":{}}\n{"id":2,"timeout":0.5,${PING}}\n`);
  await nc.line();
  run.child.kill('SIGTERM');
  const [notice, answer, ...more] = (await nc.rest()).map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual([notice!['id'], notice!['error'], notice!['closing']], [0, 'ServerStopping', undefined]);
  assert.equal(answer!['id'], 2);
  assert.deepEqual(more, []);
  assert.equal(await run.code(), 0);
});

test('a second signal ends it at once', async (t) => {
  const run = new Run(t, ['--port', '0', '--workers', '1', ...(await silentServer(t))]);
  const nc = await Nc.to(await run.port());
  nc.send(`{"id":1,"server":{}}\n{"id":2,"timeout":600,${PING}}\n`);
  await nc.line();
  run.child.kill('SIGINT');
  assert.match(await nc.line(), /ServerStopping/);
  run.child.kill('SIGINT');
  assert.equal(await run.code(), 130);
});

test('an output that is closed ends nothing', async (t) => {
  const run = new Run(t, ['--port', '0', '--workers', '1', '--verbose', '--log-level', 'trace']);
  const nc = await Nc.to(await run.port());
  run.child.stdout!.destroy();
  run.child.stderr!.destroy();
  for (let i = 1; i <= 50; i++) {
    nc.send(`{"id":${i},"server":{}}\n`);
    assert.match(await nc.line(), /"server"/);
  }
  run.child.kill('SIGTERM');
  assert.equal(await run.code(), 0);
});

test('an uncaught exception: logged, drained for a second at most, exit 70', async (t) => {
  const run = new Run(t, [], {}, fileURLToPath(new URL('../support/fails-later.js', import.meta.url)));
  assert.equal(await run.code(), 70);
  assert.match(run.err, /"reason":"out of a timer"/);
  assert.equal(run.out, 'drained within 1000\n');
});
