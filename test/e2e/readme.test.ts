/** Everything the README and docs/wire.md tell a reader to type, typed. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Nc } from '../support/nc.ts';
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
  return [...new Set(lines)].filter((line) => !/"_cons":"(?:pong|updateShort\w*)"|"name":/.test(line));
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

test('the Python program prints what it says', async (t) => {
  const run = new Run(t, ['demo', '--port', '0', '--workers', '1']);
  await run.until(/Ctrl-C/);
  const port = await run.port();
  const [program] = blocks('python');
  const code = program!.replace('1543', String(port));
  assert.notEqual(code, program);
  const python = spawn('python3', ['-c', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  python.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const status = await new Promise((done) => {
    python.on('error', () => done('no python3'));
    python.on('close', done);
  });
  if (status === 'no python3') out = await sameWithoutPython(port);
  assert.match(out, /^\d+ [A-Z]{2}\n$/);
});

test('the Node program prints what it says', async (t) => {
  const run = new Run(t, ['demo', '--port', '0', '--workers', '1']);
  await run.until(/Ctrl-C/);
  const [program] = blocks('js');
  const code = program!.replace('1543', String(await run.port()));
  assert.notEqual(code, program);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
  assert.match(stdout, /^\d+\n$/);
});

/** What the program does, on a machine that has none to run it. */
async function sameWithoutPython(port: number): Promise<string> {
  const nc = await Nc.to(port);
  nc.send('{"id":1,"message":{"_cons":"help.getConfig"}}\n{"id":2,"message":{"_cons":"help.getNearestDc"}}\n');
  const answers = [await nc.json(), await nc.json()] as { id: number; message: Record<string, unknown> }[];
  const of = (id: number) => answers.find((answer) => answer.id === id)!.message;
  return `${String(of(1)['this_dc'])} ${String(of(2)['country'])}\n`;
}
