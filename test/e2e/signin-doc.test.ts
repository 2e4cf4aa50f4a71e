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

/** @param input of what asks for everything */
function shell(t: TestContext, folder: string, port: number, block: string, input: string): Shell {
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}`, MTPROTO2JSON_PORT: String(port) };
  const child = spawn('/bin/sh', ['-c', block], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined).end(input);
  t.after(() => child.kill('SIGKILL'));
  const ended = new Promise<number>((done) => child.on('close', (code) => done(code ?? -1)));
  const run: Shell = { out: '', err: '', ended };
  child.stdout.on('data', (chunk: Buffer) => (run.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (run.err += chunk.toString()));
  return run;
}

/** Accepts the QR code that is shown, as the document says, from the session that was saved. */
async function accept(port: number, run: Shell): Promise<void> {
  let token: string | undefined;
  // Its output comes by events; each turn of the loop lets some in.
  while ((token = /tg:\/\/login\?token=([\w-]+)\n/.exec(run.err)?.[1]) === undefined)
    await new Promise((done) => setImmediate(done));
  const [line] = blocks('json');
  const nc = await Nc.to(port);
  nc.send(line!.replace('TOKEN', token));
  const answer = (await nc.json()) as { message?: { _cons: string } };
  assert.equal(answer.message?._cons, 'authorization', JSON.stringify(answer));
  nc.close();
}

test('every command works on the demo, the QR code accepted by the session that was saved', async (t) => {
  const demo = new Run(t, ['demo', '--port', '0', '--workers', '1']);
  await demo.until(/Ctrl-C/);
  const port = await demo.port();
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeCommands(folder);
  const session = (): string => readFileSync(join(folder, 'session.json'), 'utf8');
  const commands = blocks('sh');
  assert.equal(commands.length, 8);
  for (const block of commands) {
    const run = shell(t, folder, port, block, `${block.includes('--api-id') ? '' : '1\nx\n'}9996621111\n22222\n`);
    if (block.includes('--qr')) await accept(port, run);
    assert.equal(await run.ended, 0, `${block}${run.err}`);
    const lines = run.out.trim().split('\n');
    if (block.includes('--save')) assert.match(lines[0]!, /^The gateway keeps the session as (me|demo): /);
    if (block.includes('nc -N')) {
      const { message } = JSON.parse(lines.at(-1)!) as { message: { username: string }[] };
      assert.equal(message[0]!.username, 'demo_user');
    } else if (!block.includes('--save')) {
      assert.match(
        block.includes('--out session.json') ? session() : run.out,
        /^\{"id":1,"session":\{"auth_key":".*\}\}\n$/,
      );
    }
  }
});
