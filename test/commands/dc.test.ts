/** `dc` by itself: whatever its options name that is not to be had ends it, in one sentence that names the option. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { explainListening } from '../../src/commands/listening.ts';
import { Run } from '../support/process.ts';

test('what an option names cannot be used: one sentence with the name of the option, and nothing goes on listening', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-dc-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const none = join(folder, 'none/at-all');
  const words = join(folder, 'words');
  writeFileSync(words, 'no key\n');
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const taken = String((other.address() as AddressInfo).port);
  const cases: [string[], number, RegExp][] = [
    [['--port', '0', '--key-out', none], 2, /^mtproto2json: --key-out .*at-all cannot be used: ENOENT/],
    [['--port', '0', '--key', none], 2, /^mtproto2json: --key .*at-all cannot be used: ENOENT/],
    [
      ['--port', '0', '--key', words],
      2,
      /^mtproto2json: --key .*words cannot be used: the file holds no private key in PEM/,
    ],
    [['--port', '0', '--scheme', none], 2, /^mtproto2json: --scheme .*at-all cannot be used: ENOENT/],
    [['--port', '0', '--layer', none], 2, /^mtproto2json: --layer .*at-all cannot be used: ENOENT/],
    [['--port', '0', '--control', taken], 2, /^mtproto2json: --control \d+ cannot be used: .*EADDRINUSE/],
    [
      ['--port', taken],
      1,
      /^mtproto2json: --port (\d+): another program listens on .*:\1: stop it, or give another --port$/,
    ],
  ];
  const runs = cases.map(([args, ...due]) => ({ run: new Run(t, ['dc', ...args]), due }));
  for (const { run, due } of runs) {
    const [code, sentence] = due;
    assert.equal(await run.code(), code, run.err);
    assert.match(run.err.trim(), sentence);
    assert.equal(run.err.trim().split('\n').length, 1, run.err);
  }
});

test('a port that is taken behind one that is free: the free one is not held on to', async (t) => {
  const first = createServer().listen(0, '127.0.0.1');
  await once(first, 'listening');
  const { port } = first.address() as AddressInfo;
  const second = createServer()
    .listen(port + 1, '127.0.0.1')
    .on('error', () => {});
  t.after(() => second.close());
  // Somebody has the second port, whoever it is.
  await Promise.race([once(second, 'listening'), once(second, 'error')]);
  first.close();
  await once(first, 'close');
  const run = new Run(t, ['dc', '--dcs', '2,4', '--port', String(port)]);
  assert.equal(await run.code(), 1);
  assert.match(run.err, new RegExp(`--port ${port + 1}: another program listens`));
});

test('a --host that is no name is said to be one', async () => {
  const error = Object.assign(new Error('getaddrinfo ENOTFOUND nowhere'), {
    syscall: 'getaddrinfo',
    code: 'ENOTFOUND',
  });
  const told = (await explainListening(error, { host: 'nowhere', httpPort: 0 })) as Error;
  assert.equal(told.message, '--host nowhere: no address has that name (ENOTFOUND)');
});
