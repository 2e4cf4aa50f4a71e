/** Everything the README and docs/wire.md tell a reader to type, typed. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../support/free-port.ts';
import { Nc } from '../support/nc.ts';
import { noteNotRun } from '../support/not-run.ts';
import { Run } from '../support/process.ts';
import { README, WIRE_DOC } from '../support/reference-tables.ts';
import { shell } from '../support/shell.ts';

const text = readFileSync(README, 'utf8') + readFileSync(WIRE_DOC, 'utf8');

/** The fenced blocks of one language, in order. */
function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((found) => found[1]!);
}

/** JSON lines that ask for something, as against those that show an answer; each once. */
function requests(): string[] {
  const lines = blocks('json').flatMap((block) => block.trim().split('\n'));
  return [...new Set(lines)].filter((line) => !/"_cons":"(?:pong|updateShort\w*)"|"name":|"as":/.test(line));
}

test('the shell commands are ones package.json has', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const commands = [...text.matchAll(/\bnpm (?:run\s+(\w+)|(test|start))/g)].map((found) => found[1] ?? found[2]!);
  assert.ok(commands.length >= 3);
  for (const command of commands) assert.ok(scripts[command], command);
});

test('every line of the nc session works on the demo, the update among them', async (t) => {
  const run = new Run(t, ['demo', '--port', '0', '--workers', '1']);
  await run.until(/Ctrl-C/);
  const port = await run.port();
  const session = run.out.split('\n').find((line) => line.startsWith('{"session"'))!;
  const asked = requests();
  assert.equal(asked.length, 6);
  for (const line of asked) {
    const nc = await Nc.to(port);
    if (/getDialogs|sendMessage/.test(line)) {
      nc.send(`${session}\n`);
      await nc.json();
    }
    nc.send(`${line}\n`);
    const answer = (await nc.json()) as { error?: string; message?: { _cons: string } };
    assert.equal(answer.error, undefined, line);
    assert.notEqual(answer.message?._cons, 'rpc_error', line);
    if (line.includes('sendMessage')) {
      const update = (await nc.json()) as { id: number; message: { message: string } };
      assert.deepEqual([update.id, update.message.message], [0, 'hello']);
    }
    nc.end();
    await nc.rest();
  }
});

/** Shell blocks that call the command; the first is the first call of all. */
const SHELL = blocks('sh').filter((block) => /mtproto2json|umask/.test(block));
test('signing in, by name, a key for the vault: as it is written there', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-readme-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const home = { XDG_DATA_HOME: join(folder, '.local/share') };
  const run = new Run(t, ['demo', '--port', '0', '--workers', '1'], home);
  await run.until(/Ctrl-C/);
  const port = await run.port();
  assert.equal(SHELL.length, 4);
  const said: string[] = [];
  // The last one goes on with another gateway.
  for (const block of SHELL) said.push(await shell(folder, port, block.replace(/^npm .*$/m, '')));
  assert.match(said[0]!, /^\{"_cons":"pong","msg_id":\d+,"ping_id":1\}\n$/);
  assert.match(said[1]!, /keeps the session as me/);
  assert.match(said[2]!, /keeps the session as demo[^]*keeps the session as bot1/);
  assert.equal(statSync(join(folder, 'vault.key')).size, 32);

  run.child.kill('SIGKILL');
  await run.ended;
  const again = new Run(t, ['demo', '--port', '0', '--workers', '1'], home);
  await again.until(/Ctrl-C/);
  const nc = await Nc.to(await again.port());
  const [line] = blocks('json').flatMap((block) =>
    block
      .trim()
      .split('\n')
      .filter((one) => one.includes('"name":')),
  );
  nc.send(`${line}\n`);
  let answer = await nc.line();
  while (answer.startsWith('{"id":0,')) answer = await nc.line();
  assert.match(answer, /"_cons":"user",.*"username":"guarded_user"/);
  nc.close();
});

/** The README's own programs, by the names it gives them. */
const PROGRAMS = { 'echo.py': blocks('python')[0]!, 'echo.mjs': blocks('js')[0]! };

/** Somebody who writes to the bot, and what the bot says to that. */
async function writeTo(port: number, name: string, text: string): Promise<() => Promise<string>> {
  const nc = await Nc.to(port);
  const ask = async (attributes: string): Promise<string> => {
    nc.send(`{"id":7,${attributes}}\n`);
    for (;;) {
      const line = await nc.line();
      if (line.startsWith('{"id":7,')) return line;
    }
  };
  const found = await ask(
    `"session":{"name":"${name}"},"message":{"_cons":"contacts.resolveUsername","username":"demo_bot"}`,
  );
  const hash = /"id":7000000001,"access_hash":(-?\d+)/.exec(found)![1]!;
  const peer = `{"_cons":"inputPeerUser","user_id":7000000001,"access_hash":${hash}}`;
  await ask(`"message":{"_cons":"messages.sendMessage","peer":${peer},"message":"${text}","random_id":${Date.now()}}`);
  return async () => {
    for (;;) {
      const [, said] = /"_cons":"updateShortMessage".*"message":"([^"]*)"/.exec(await nc.line()) ?? [];
      if (said !== undefined) return said;
    }
  };
}

test('two workers in two languages share the bot: each person is answered once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-echo-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const run = new Run(t, ['demo', '--port', '0', '--workers', '1'], { XDG_DATA_HOME: join(folder, 'data') });
  await run.until(/Ctrl-C/);
  const port = await run.port();
  for (const block of SHELL.slice(1, 3)) await shell(folder, port, block);
  for (const [file, code] of Object.entries(PROGRAMS)) {
    assert.ok(code.includes('1543'));
    writeFileSync(join(folder, file), code.replace('1543', String(port)));
  }
  const commands = blocks('sh').find((block) => block.includes('echo.py'))!;
  assert.equal(commands, 'python3 echo.py 0 2\nnode echo.mjs 1 2\n');
  const hasPython = await promisify(execFile)('python3', ['--version']).then(
    () => true,
    () => false,
  );
  if (!hasPython) noteNotRun(t, 'README.md: echo.py: python3 is not on this machine');
  const typed = commands
    .trim()
    .split('\n')
    .filter((command) => hasPython || !command.startsWith('python3'));
  for (const command of typed) {
    const [program, ...args] = command.split(' ');
    const child = spawn(program!, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
  }
  await connections(port, 'bot1', typed.length);
  // 5000000001 falls to the second worker, 5000000002 to the first.
  for (const name of hasPython ? ['demo', 'me'] : ['demo']) {
    const next = await writeTo(port, name, `first of ${name}`);
    assert.equal(await next(), `first of ${name}`);
    const after = await writeTo(port, name, `second of ${name}`);
    assert.equal(await next(), `second of ${name}`);
    assert.equal(await after(), `second of ${name}`);
  }
});

/** Waits until so many connections speak in a kept session. */
async function connections(port: number, name: string, count: number): Promise<void> {
  const nc = await Nc.to(port);
  for (let seen = -1; seen !== count;) {
    nc.send('{"session":{"list":true}}\n');
    const { session } = (await nc.json()) as { session: { list: { name: string; connections: number }[] } };
    seen = session.list.find((one) => one.name === name)!.connections;
  }
  nc.close();
}

test('lines for several sessions on one connection, and calls by curl: as they are written there', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-as-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const httpPort = await freePort();
  const home = { XDG_DATA_HOME: join(folder, 'data') };
  const run = new Run(t, ['demo', '--port', '0', '--workers', '1', '--http-port', String(httpPort)], home);
  await run.until(/Ctrl-C/);
  const port = await run.port();
  for (const block of SHELL.slice(1, 3)) await shell(folder, port, block);
  const asked = (line: string): boolean => line.includes('"as":') && !line.includes('"key":');
  const lines = blocks('json').flatMap((block) => block.split('\n').filter(asked));
  assert.ok(lines.length >= 2);
  const nc = await Nc.to(port);
  for (const line of lines) {
    nc.send(`${line}\n`);
    let answer = await nc.line();
    while (answer.startsWith('{"id":0,')) answer = await nc.line();
    const username = line.includes('"bot1"') ? 'demo_bot' : 'guarded_user';
    assert.match(answer, new RegExp(`"_cons":"user","self".*"username":"${username}"`), line);
  }
  nc.close();
  const calls = blocks('sh').filter((block) => block.includes('curl'));
  assert.equal(calls.length, 1);
  const said = await shell(folder, port, calls[0]!.replaceAll('8080', String(httpPort)));
  assert.match(said, /"_cons":"updateShortSentMessage"[^]*"username":"demo_bot"/);
});
