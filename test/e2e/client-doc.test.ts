/** docs/client.md, and `call` as a process: what it prints and how it exits. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, after, test, type TestContext } from 'node:test';
import { CALL_OPTIONS } from '../../src/commands/call.ts';
import { Run } from '../support/process.ts';
import { shell } from '../support/shell.ts';

const text = readFileSync(new URL('../../../docs/client.md', import.meta.url), 'utf8');
const BLOCKS = [...text.matchAll(/^```sh\n([^]*?)^```/gm)].map((found) => found[1]!);

const afterAll: (() => unknown)[] = [];
let port = 0;
let folder = '';

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mtproto2json-client-'));
  const demo = new Run({ after: (end: () => unknown) => void afterAll.push(end) } as unknown as TestContext, [
    'demo',
    '--port',
    '0',
    '--workers',
    '1',
  ]);
  await demo.until(/Ctrl-C/);
  port = await demo.port();
});
after(async () => {
  for (const end of afterAll) await end();
  rmSync(folder, { recursive: true, force: true });
});

function call(t: TestContext, args: readonly string[], input?: string): Run {
  return new Run(t, ['call', ...args], { MTPROTO2JSON_PORT: String(port) }, undefined, input);
}

async function ended(run: Run): Promise<[unknown, string, string]> {
  return [await run.code(), run.out, run.err];
}

test('every command of the document works, and the options are those there are', async () => {
  assert.equal(BLOCKS.length, 4);
  const said: string[] = [];
  for (const block of BLOCKS) said.push(await shell(folder, port, block));
  assert.match(said[0]!, /^\{"_cons":"pong","msg_id":\d+,"ping_id":1\}\n$/);
  assert.match(said[1]!, /keeps the session as me[^]*"messages\.dialogs[^]*"guarded_user"[^]*"updateShortSentMessage"/);
  assert.match(said[2]!, /"ping_id":-1111111111111111111\}\n.*"ping_id":1\}\n\{"_cons":"config"/);
  assert.match(said[3]!, /"ping_id":1\}\nping#[^]*result: Pong[^]*"session"[^]*"guarded_user"/);
  const rows = [...text.matchAll(/^\| `(--[^`]+)` \| (.*) \|$/gm)].map(([, flag, what]) => [flag, what]);
  assert.deepEqual(rows, CALL_OPTIONS);
});

test('exit 1 and the whole line for what Telegram refuses', async (t) => {
  const [code, out] = await ended(call(t, ['account.updateStatus', 'offline=true']));
  assert.equal(code, 1);
  assert.match(
    out,
    /^\{"id":1,"message":\{"_cons":"rpc_error",.*"delivered":"yes","msg":"nobody is signed in [^"]*"\}\n$/,
  );
});

test('exit 2 for what the gateway refuses, and for what was never sent', async (t) => {
  const [code, out] = await ended(call(t, ['ping']));
  assert.equal(code, 2);
  assert.match(out, /"error":"MissingField".*"path":"message\.ping_id"/);
  assert.deepEqual(await ended(call(t, ['pin'])).then(([status, line]) => [status, line]), [2, '']);
  const wrong = [
    ['--follow'],
    ['ping', '--timeout', '0'],
    ['ping', '--port', '0'],
    ['ping', '--token-file', '/none'],
    ['ping', '--scheme', '/none'],
  ];
  for (const args of wrong) {
    const [status, line, sentence] = await ended(call(t, args));
    assert.deepEqual([status, line], [2, ''], sentence);
    assert.match(sentence, /^mtproto2json call: .*(?:--follow|--timeout|--port|--token-file|--scheme).*\n$/);
  }
  const [status, , sentence] = await ended(call(t, ['ping', '-'], '{"ping_id"'));
  assert.deepEqual([status, sentence], [2, 'mtproto2json call: stdin is not valid JSON\n']);
  const [nothing, , advice] = await ended(call(t, [], '\n'));
  assert.deepEqual([nothing, /: give a METHOD \(/.test(advice)], [2, true]);
  const [kept, refusal] = await ended(call(t, ['users.getUsers', 'id=inputUserSelf', '--session', 'misspelt']));
  assert.deepEqual([kept, /"SessionNotFound"/.test(refusal)], [2, true]);
});

test('exit 3 and how to start one where no gateway is', async (t) => {
  const [code, , sentence] = await ended(call(t, ['ping', 'ping_id=1', '--port', '1']));
  assert.equal(code, 3);
  assert.match(sentence, /^mtproto2json call: No gateway answers at localhost:1; .*`mtproto2json demo`.*--port\n$/);
});

test('--raw is the line, --follow stays for updates and ends by Ctrl-C with 0', async (t) => {
  const [, raw] = await ended(call(t, ['ping', 'ping_id=1', '--raw']));
  assert.match(raw, /^\{"id":1,"message":\{"_cons":"pong"/);
  const echo = ['peer.user_id=6000000001', 'peer.access_hash=1577390868426562543', 'message=hear me'];
  const run = call(t, ['messages.sendMessage', ...echo, '--session', 'me', '--follow']);
  await run.until(/"_cons":"updateShortMessage",.*"message":"hear me".*\n/);
  assert.match(run.out, /"updateShortSentMessage"/);
  run.child.kill('SIGINT');
  assert.equal(await run.code(), 0);
});
