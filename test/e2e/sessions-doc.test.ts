/** Everything docs/sessions.md tells a reader to type, typed, in one shell and in its order; and what it says comes back. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { formatOf } from '../../src/formats/formats.ts';
import { ownData } from '../support/child.ts';
import { CLI } from '../support/process.ts';
import { SESSIONS_DOC } from '../support/reference-tables.ts';
import { aKey, recordWith } from '../support/session-records.ts';
import { tdataFolder } from '../support/tdata.ts';
import { sessionFile } from '../vectors/session-files.ts';

/** A `sh` block, and the `text` block that follows it, if one does. */
const BLOCK = /^```sh\n([^]*?)^```\n(?:\n```text\n([^]*?)^```\n)?/gm;
const MARK = '--- the end of a block ---';

/** The files that the document speaks of; each session with a key of its own. */
async function prepare(t: TestContext): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sessions-doc-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const files = [
    ['telethon.txt', 'telethon'],
    ['pyrogram.txt', 'pyrogram'],
    ['pyrogram-356.txt', 'pyrogram-old'],
    ['pyrogram-351.txt', 'pyrogram-oldest'],
    ['gramjs.txt', 'gramjs'],
    ['mtcute.txt', 'mtcute'],
    ['mtkruto.txt', 'mtkruto'],
  ] as const;
  for (const [i, [file, format]] of files.entries())
    writeFileSync(
      join(folder, file),
      formatOf(format).write(recordWith({ userId: 42_424_242n, apiId: 17_349 }, aKey(i === 0 ? 1 : i + 30))),
    );
  writeFileSync(join(folder, 'telethon.session'), sessionFile('telethonManyEntities'));
  const key = Buffer.from(aKey(20)).toString('base64');
  writeFileSync(join(folder, 'session-line.txt'), `{"id":1,"session":{"auth_key":"${key}","session_id":77}}\n`);
  writeFileSync(join(folder, 'passcode.txt'), 'a passcode\n');
  chmodSync(join(folder, 'passcode.txt'), 0o600);
  const users = new Map([
    [0, { userId: 1, dc: 2, keys: [2] }],
    [1, { userId: 2, dc: 4, keys: [4] }],
  ]);
  cpSync(await tdataFolder(t, users, 'a passcode'), join(folder, 'tdata'), { recursive: true });
  return folder;
}

test('every command of the document works, and says what stands there', async (t) => {
  const blocks = [...readFileSync(SESSIONS_DOC, 'utf8').matchAll(BLOCK)];
  assert.ok(blocks.length >= 12);
  const data = ownData();
  t.after(() => data.remove());
  const script = [
    'set -eu',
    `mtproto2json() { "${process.execPath}" "${CLI}" "$@" 2>&1; }`,
    ...blocks.flatMap(([, commands]) => [commands!, `echo '${MARK}'`]),
  ];
  const child = spawn('bash', ['-c', script.join('\n')], {
    cwd: await prepare(t),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...data.environment },
  });
  t.after(() => child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, 0, out + err);
  const said = out.split(`${MARK}\n`);
  for (const [i, [, commands, wanted]] of blocks.entries())
    if (wanted !== undefined) assert.equal(withoutTime(said[i]!), withoutTime(wanted), commands);
});

function withoutTime(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'when');
}
