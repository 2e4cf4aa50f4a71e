/** The demo, used as its own words say: every line pasted as printed. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test from 'node:test';
import { Nc } from '../support/nc.ts';
import { CLI, Run } from '../support/process.ts';

test('what the demo prints works as printed', async (t) => {
  const run = new Run(t, ['demo', '--port', '0', '--workers', '1']);
  await run.until(/Ctrl-C/);
  const port = Number(/nc localhost (\d+)/.exec(run.out)![1]);
  const [session, ping, dialogs, message] = run.out.split('\n').filter((line) => line.startsWith('{'));

  const [, line] = /^npx mtproto2json (call .*)$/m.exec(run.out)!;
  const call = new Run(t, line!.split(' '));
  assert.equal(await call.code(), 0, call.err);
  assert.match(call.out, /^\{"_cons":"pong",.*"ping_id":1\}\n$/);

  const nc = await Nc.to(port);
  nc.send(`${session}\n${ping}\n`);
  assert.ok((await nc.json())['session'] !== undefined);
  assert.match(await nc.line(), /^\{"id":100,"message":\{"_cons":"pong","msg_id":\d+,"ping_id":100\}\}$/);
  nc.send(`${dialogs}\n`);
  const answer = (await nc.json()) as { id: number; message: { _cons: string; dialogs: unknown[] } };
  assert.deepEqual([answer.id, answer.message._cons, answer.message.dialogs.length], [1, 'messages.dialogs', 20]);
  nc.send(`${message}\n`);
  const lines = [await nc.json(), await nc.json()] as { id: number; message: { _cons: string; message?: string } }[];
  assert.match(lines.find(({ id }) => id === 2)!.message._cons, /^update/);
  assert.equal(lines.find(({ id }) => id === 0)!.message.message, 'hello');
  nc.close();
  run.child.kill('SIGTERM');
  assert.equal(await run.code(), 0);
});

test('without the session line a call that needs a login is refused as Telegram refuses it', async (t) => {
  const run = new Run(t, ['demo', '--port', '0', '--workers', '1']);
  const nc = await Nc.to(await run.port());
  await run.until(/Ctrl-C/);
  const dialogs = run.out.split('\n').find((line) => line.includes('getDialogs'))!;
  nc.send(`${dialogs}\n`);
  const { message } = (await nc.json()) as { message: { error_message: string } };
  assert.match(message.error_message, /^(?:AUTH_KEY_UNREGISTERED|CONNECTION_NOT_INITED)$/);
  nc.close();
});

/** Says lines on one connection, each when the one before has been answered. @returns the answers, without notices */
async function say(port: number, ...lines: string[]): Promise<string[]> {
  const nc = await Nc.to(port);
  const answers: string[] = [];
  for (const line of lines) {
    nc.send(`${line}\n`);
    let answer = await nc.line();
    while (answer.startsWith('{"id":0,')) answer = await nc.line();
    answers.push(answer);
  }
  nc.close();
  return answers;
}

test('a session survives kill -9 of the demo: no new key, no new login', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-state-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const args = ['demo', '--port', '0', '--workers', '1', '--state', folder];
  const keysMade = (): number => readFileSync(join(folder, 'dc.jsonl'), 'utf8').split('"what":"key"').length;

  const first = new Run(t, args);
  await first.until(/Ctrl-C/);
  const bot = '"_cons":"auth.importBotAuthorization","flags":0,"api_id":1,"api_hash":"demo"';
  const token = /bot token (\S+)/.exec(first.out)![1];
  const login = `{"message":{${bot},"bot_auth_token":"${token}"}}`;
  const [authorized, made] = await say(await first.port(), login, '{"session":{}}');
  assert.match(authorized!, /"_cons":"auth\.authorization"/);
  first.child.kill('SIGKILL');
  await first.ended;
  const before = keysMade();

  const second = new Run(t, args);
  await second.until(/Ctrl-C/);
  const asked = '{"message":{"_cons":"users.getUsers","id":[{"_cons":"inputUserSelf"}]}}';
  const printed = second.out.split('\n').find((line) => line.startsWith('{"session"'))!;
  assert.ok(first.out.includes(printed), 'the demo user has another key');
  const [, users] = await say(await second.port(), made!, asked);
  assert.match(users!, /"_cons":"user",.*"bot":/);
  assert.equal(keysMade(), before);
});

test('with --state off the demo keeps nothing', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'mtproto2json-home-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const run = new Run(t, ['demo', '--port', '0', '--workers', '1', '--state', 'off'], { XDG_DATA_HOME: home });
  await run.until(/Ctrl-C/);
  assert.deepEqual(readdirSync(home), []);
});

/** The must-show of signing in: what `signin` has saved is there after a kill, under its name. */
test('signed in by phone, code and password, kept by name: kill -9, and it goes on without a key or a login', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-state-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const args = ['demo', '--port', '0', '--workers', '1', '--state', folder];
  const state = (): string => readFileSync(join(folder, 'dc.jsonl'), 'utf8');
  const count = (what: string): number => state().split(`"what":"${what}"`).length;

  const first = new Run(t, args);
  await first.until(/Ctrl-C/);
  const [, phone, code, password] = /phone (\d+), code (\d+), then the password: (.*)/.exec(first.out)!;
  const [, line] = /^npx mtproto2json (signin .*)$/m.exec(first.out)!;
  const signin = new Run(t, line!.split(' '), {}, CLI, `${phone}\n${code}\n${password}\n`);
  assert.equal(await signin.code(), 0, signin.err);
  assert.match(signin.out, /keeps the session as me/);
  first.child.kill('SIGKILL');
  await first.ended;
  const before = [count('key'), count('user')];

  const second = new Run(t, args);
  await second.until(/Ctrl-C/);
  const asked =
    '{"session":{"name":"me"},"message":{"_cons":"messages.getDialogs","offset_date":0,"offset_id":0,"offset_peer":{"_cons":"inputPeerEmpty"},"limit":0}}';
  const [dialogs] = await say(await second.port(), asked);
  assert.match(dialogs!, /"_cons":"messages\.dialogs/);
  assert.deepEqual([count('key'), count('user')], before);
});

test('a second demo with the same state refuses, whatever the path to it; a killed one holds nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-state-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const state = join(folder, 'state');
  const deep = join(folder, 'd'.repeat(60), 'e'.repeat(60));
  for (const path of [state, deep]) {
    const args = ['demo', '--port', '0', '--workers', '1', '--state', path];
    const first = new Run(t, args);
    await first.until(/Ctrl-C/);
    const second = new Run(t, [...args.slice(0, -1), `${path}/../${basename(path)}`]);
    assert.equal(await second.code(), 2);
    assert.match(second.err, /another demo uses .*: stop it, or give this one another --state/);
    first.child.kill('SIGKILL');
    await first.ended;
    const third = new Run(t, args);
    await third.until(/Ctrl-C/);
  }
});

test('a state that cannot be used is one sentence with the name of the option', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-state-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'dc.jsonl');
  writeFileSync(file, 'no state\n');
  // A file system that refuses every new folder with the error of one whose parent is missing.
  const nowhere = process.platform === 'linux' ? '/proc/x/y' : join(file, 'y');
  const demo = ['demo', '--port', '0', '--workers', '1'];
  const cases: [string[], Record<string, string>, number, RegExp][] = [
    [
      [...demo, '--state', folder],
      {},
      2,
      /^mtproto2json: --state .*dc\.jsonl:1: not a line of .* \(remove the file, or /,
    ],
    [demo, { XDG_DATA_HOME: nowhere }, 2, /^mtproto2json: --state .*y\/mtproto2json\/demo cannot be made \(E/],
    [['dc', '--port', '0', '--state', file], {}, 2, /^mtproto2json: --state .* cannot be used: .*:1: not a line of/],
    [['dc', '--port', '0', '--state', join(nowhere, 'z')], {}, 2, /^mtproto2json: --state .*z cannot be used: E/],
  ];
  for (const [args, environment, code, sentence] of cases) {
    const run = new Run(t, args, environment);
    assert.equal(await run.code(), code, run.err);
    assert.match(run.err, sentence);
    assert.equal(run.err.trim().split('\n').length, 1, run.err);
  }
});
