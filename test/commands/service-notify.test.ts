/** What systemd is told of the service, heard on a socket as systemd has one; and the first line of the log. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import test, { type TestContext } from 'node:test';
import { notifyOf, watchdogEvery } from '../../src/commands/service-notify.ts';
import { createLog, type Log } from '../../src/telemetry/log.ts';
import { loadScheme } from '../../src/tl/load.ts';
import { noteNotRun } from '../support/not-run.ts';
import { Run } from '../support/process.ts';

/** Prints each datagram as a line of JSON; descriptors that come with one are closed, which is what a barrier waits for. */
const HEAR = `
import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print(json.dumps("bound"), flush=True)
while True:
    print(json.dumps(s.recv(4096).decode()), flush=True)
`;

function isHere(command: string, ...args: string[]): boolean {
  return spawnSync(command, args).status === 0;
}

/** @returns the socket's path, and what arrives there but for barriers, one message at a time */
async function socketOf(t: TestContext): Promise<[string, () => Promise<string>]> {
  const folder = mkdtempSync(join(tmpdir(), 'notify-'));
  const path = join(folder, 'socket');
  const child = spawn('python3', ['-c', HEAR, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill();
    await ended;
    rmSync(folder, { recursive: true });
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const text = JSON.parse((await lines.next()).value as string) as string;
    return text === 'BARRIER=1' ? next() : text;
  };
  assert.equal(await next(), 'bound');
  return [path, next];
}

test('systemd hears that it is ready, that it turns, that it stops', async (t) => {
  if (!isHere('systemd-notify', '--version') || !isHere('python3', '--version'))
    return noteNotRun(t, 'what systemd is told: there is no systemd-notify or no python3');
  const [NOTIFY_SOCKET, next] = await socketOf(t);
  const run = new Run(t, ['--port', '0', '--workers', '1'], { NOTIFY_SOCKET, WATCHDOG_USEC: '400000' });
  assert.equal(await next(), `READY=1\nSTATUS=pid ${run.child.pid} listens`);
  await run.port();
  for (let i = 0; i < 3; i++) assert.equal(await next(), 'WATCHDOG=1');
  run.child.kill('SIGTERM');
  let last = await next();
  while (last === 'WATCHDOG=1') last = await next();
  assert.equal(last, 'STOPPING=1');
  assert.equal(await run.code(), 0);
  assert.doesNotMatch(run.err, /notify failed/);
});

/** A log, and its entries one at a time, as they come: event and reason, but for how each reason begins. */
async function logOf(): Promise<[Log, () => Promise<string[]>]> {
  const lines = new PassThrough({ objectMode: true });
  const read = on(lines, 'data');
  const log = await createLog({ level: 'info', to: { write: (line) => void lines.write(line) } });
  const next = async (): Promise<string[]> => {
    const [line] = (await read.next()).value as [string];
    const { event, reason } = JSON.parse(line) as { event: string; reason: string };
    return [event, reason.replace('systemd is not told how the service is', '…')];
  };
  return [log, next];
}

test('without systemd nothing is run; where it cannot be told that is said once, and nothing ends', async (t) => {
  // What is run keeps no process alive, this one neither.
  const alive = setInterval(() => undefined, 60_000);
  t.after(() => clearInterval(alive));
  const [log, next] = await logOf();
  const silent = notifyOf({ WATCHDOG_USEC: '1000' }, log, '/no/such/program');
  silent.ready();
  silent.stopping();
  const without = notifyOf({ NOTIFY_SOCKET: '/x' }, log, '/no/such/program');
  without.ready();
  without.stopping();
  assert.deepEqual(await next(), ['notify failed', '…: spawn /no/such/program ENOENT']);
  // Both attempts have failed by the time a third one has: the second has said nothing.
  const third = notifyOf({ NOTIFY_SOCKET: '/x' }, log, 'false');
  third.stopping();
  assert.deepEqual(await next(), ['notify failed', '…: false ended with 1']);
});

test('a watchdog is told twice in its time, if it is this process’s', () => {
  assert.equal(watchdogEvery({ WATCHDOG_USEC: '60000000' }, 7), 30_000);
  assert.equal(watchdogEvery({ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '7' }, 7), 30_000);
  assert.equal(watchdogEvery({ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '8' }, 7), undefined);
  for (const time of [undefined, '', '0', '-1', 'soon', '1e9'])
    assert.equal(watchdogEvery({ WATCHDOG_USEC: time }, 7), undefined);
});

test('the first line says layer, data centre, vault, api_id, transport and kernel, and no secret', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'start-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const key = join(folder, 'vault.key');
  writeFileSync(key, `${'5a'.repeat(32)}\n`, { mode: 0o600 });
  const vault = join(folder, 'vault');
  const options = ['--vault', vault, '--vault-key-file', key, '--api-id', '987654', '--dc', '4', '--obfuscated'];
  const proxy = ['--proxy', 'socks5://someone:hidden@127.0.0.1:9'];
  const runs = [
    [...options, ...proxy],
    ['--vault', 'off', '--test', '--transport', 'padded'],
    ['--vault-passphrase-file', key],
  ];
  const lines = await Promise.all(
    runs.map(async (args) => {
      const run = new Run(t, ['serve', '--port', '0', '--workers', '1', ...args]);
      return JSON.parse((await run.until(/^.*"event":"listening".*$/m))[0]) as Record<string, unknown>;
    }),
  );
  const { layer } = loadScheme();
  const wanted = [
    {
      dc: '4 of Telegram',
      vault: `${vault} (sealed by a key)`,
      apiId: 'set',
      transport: 'intermediate, obfuscated, by SOCKS5',
    },
    { dc: '2 of Telegram, for tests', vault: 'off', apiId: 'not set', transport: 'padded' },
    { dc: '2 of Telegram', apiId: 'not set', transport: 'intermediate' },
  ];
  for (const [i, fields] of wanted.entries())
    for (const [name, value] of Object.entries({ ...fields, layer, kernel: 'wasm-simd' }))
      assert.equal(lines[i]![name], value, `${i} ${name}`);
  assert.match(String(lines[2]!['vault']), /mtproto2json\/vault \(sealed by a passphrase\)$/);
  assert.doesNotMatch(JSON.stringify(lines), /5a5a|987654|someone|hidden/);
});
