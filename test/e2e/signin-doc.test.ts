/** Everything docs/signin.md tells a reader to type, typed in one folder, against the demo. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Nc } from '../support/nc.ts';
import { CLI, Run } from '../support/process.ts';
import { SIGNIN_DOC, signinFilled } from '../support/reference-tables.ts';

const text = readFileSync(SIGNIN_DOC, 'utf8');

test('its table of options is that of the code (npm run docs writes it)', () => {
  assert.equal(text, signinFilled(text));
});

function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((found) => found[1]!);
}

/** Programs by the names the document calls them by. */
function writeCommands(folder: string): void {
  const command = (name: string, code: string): void => writeFileSync(join(folder, name), `#!${code}`, { mode: 0o755 });
  command('mtproto2json', `/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`);
  // As `nc -N` does, on whatever machine: all of stdin, then the end, then what comes.
  command(
    'nc',
    `${process.execPath}\nif (process.argv.slice(2).join(' ') !== '-N localhost 1543') process.exit(2);\n` +
      "const socket = require('node:net').connect({ host: '127.0.0.1', port: +process.env.MTPROTO2JSON_PORT, allowHalfOpen: true });\n" +
      'process.stdin.pipe(socket).pipe(process.stdout);\n',
  );
}

interface Shell {
  out: string;
  err: string;
  readonly ended: Promise<number>;
}

function shell(t: TestContext, folder: string, port: number, block: string): Shell {
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}`, MTPROTO2JSON_PORT: String(port) };
  const child = spawn('/bin/sh', ['-c', block], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  const ended = new Promise<number>((done) => child.on('close', (code) => done(code ?? -1)));
  const run: Shell = { out: '', err: '', ended };
  child.stdout.on('data', (chunk: Buffer) => (run.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (run.err += chunk.toString()));
  return run;
}

/** Accepts the QR code that is shown, as the document says, from the session the demo has printed. */
async function accept(port: number, session: string, run: Shell): Promise<void> {
  let token: string | undefined;
  // Its output comes by events; each turn of the loop lets some in.
  while ((token = /tg:\/\/login\?token=([\w-]+)\n/.exec(run.err)?.[1]) === undefined)
    await new Promise((done) => setImmediate(done));
  const [line] = blocks('json');
  const nc = await Nc.to(port);
  nc.send(`${session}\n`);
  await nc.json();
  nc.send(line!.replace('TOKEN', token));
  const answer = (await nc.json()) as { message?: { _cons: string } };
  assert.equal(answer.message?._cons, 'authorization', JSON.stringify(answer));
  nc.close();
}

test('every command works on the demo, the QR code accepted by the demo user', async (t) => {
  const demo = new Run(t, ['demo', '--port', '0', '--workers', '1']);
  await demo.until(/Ctrl-C/);
  const port = await demo.port();
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeCommands(folder);
  const session = (): string => readFileSync(join(folder, 'session.json'), 'utf8');
  const demoUser = demo.out.split('\n').find((line) => line.startsWith('{"session"'))!;
  const commands = blocks('sh');
  assert.equal(commands.length, 6);
  for (const block of commands) {
    const run = shell(t, folder, port, block);
    if (block.includes('--qr')) await accept(port, demoUser, run);
    assert.equal(await run.ended, 0, `${block}${run.err}`);
    if (block.includes('nc -N')) {
      const [restored, user] = run.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      assert.equal(typeof restored!['session'], 'object');
      assert.equal((user!['message'] as { username: string }[])[0]!.username, 'demo_user');
    } else {
      assert.match(
        block.includes('> session.json') ? session() : run.out,
        /^\{"id":1,"session":\{"auth_key":".*\}\}\n$/,
      );
    }
  }
});
