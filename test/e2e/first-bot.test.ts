/**
 * The bots of docs/first-bot.md, each in its own language, against the demo: a person writes, the bot answers.
 * A language that is not on this machine is named in the closing lines as not run.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Nc } from '../support/nc.ts';
import { noteNotRun } from '../support/not-run.ts';
import { CLI, Run } from '../support/process.ts';

const FOLDER = fileURLToPath(new URL('../../../docs/first-bot', import.meta.url));
const BOT = '7000000001:demo-bot-token';
const BOT_ID = 7_000_000_001;

interface Language {
  readonly file: string;
  /** What says that the language is there. */
  readonly probe: readonly [string, ...string[]];
  readonly run: readonly [string, ...string[]];
}

const LANGUAGES: readonly Language[] = [
  { file: 'bot.py', probe: ['python3', '--version'], run: ['python3', 'bot.py'] },
  { file: 'bot.mjs', probe: ['node', '--version'], run: ['node', 'bot.mjs'] },
  { file: 'bot.go', probe: ['go', 'version'], run: ['go', 'run', 'bot.go'] },
  { file: 'bot.php', probe: ['php', '--version'], run: ['php', 'bot.php'] },
];

async function isThere([command, ...args]: Language['probe']): Promise<boolean> {
  return promisify(execFile)(command, args).then(
    () => true,
    () => false,
  );
}

async function demo(t: TestContext, environment: Record<string, string>): Promise<{ run: Run; port: number }> {
  const run = new Run(t, ['demo', '--port', '0', '--workers', '1'], environment);
  await run.until(/Ctrl-C/);
  return { run, port: await run.port() };
}

async function signIn(t: TestContext, port: number, name: string, how: Record<string, string>, input: string) {
  const args = ['signin', '--port', String(port), '--api-id', '1', '--api-hash', 'x', '--save', name];
  const signed = new Run(t, args, how, CLI, input);
  assert.equal(await signed.code(), 0, signed.err);
}

/** The program as a reader starts it, but for the port. Its whole process group ends with the test. */
function startBot(t: TestContext, { file, run: [command, ...args] }: Language, port: number, folder: string) {
  const text = readFileSync(join(FOLDER, file), 'utf8');
  assert.match(text, /\b1543\b/);
  writeFileSync(join(folder, file), text.replace('1543', String(port)));
  const child = spawn(command, args, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => end(child));
  return child;
}

function end(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** The next line that the bot prints which holds these words. */
async function said(child: ChildProcess, words: string): Promise<void> {
  let text = '';
  for await (const chunk of child.stdout!.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)
    if ((text += chunk.toString()).includes(words)) return;
  throw new Error(`the bot ended without "${words}": ${text}`);
}

/** Somebody who writes to the bot. */
class Writer {
  readonly #nc: Nc;
  #id = 0;
  #hash = '0';
  /** What came by itself. */
  readonly #heard: string[] = [];

  private constructor(nc: Nc) {
    this.#nc = nc;
  }

  static async as(name: string, port: number): Promise<Writer> {
    const writer = new Writer(await Nc.to(port));
    await writer.#ask(`"session":{"name":"${name}"}`);
    const found = await writer.#ask('"message":{"_cons":"contacts.resolveUsername","username":"demo_bot"}');
    writer.#hash = /"access_hash":(-?\d+)/.exec(found)![1]!;
    return writer;
  }

  async #ask(attributes: string): Promise<string> {
    const id = ++this.#id;
    this.#nc.send(`{"id":${id},${attributes}}\n`);
    for (;;) {
      const line = await this.#nc.line();
      if (line.startsWith(`{"id":${id},`)) return line;
      this.#heard.push(line);
    }
  }

  async write(text: string): Promise<void> {
    const peer = `{"_cons":"inputPeerUser","user_id":${BOT_ID},"access_hash":${this.#hash}}`;
    const message = JSON.stringify(text);
    const answer = await this.#ask(
      `"message":{"_cons":"messages.sendMessage","peer":${peer},"message":${message},"random_id":${this.#id + 1}}`,
    );
    assert.doesNotMatch(answer, /rpc_error|"error"/);
  }

  /** The next thing that arrives by itself and has these words. */
  async hears(words: string): Promise<string> {
    for (;;) {
      const line = this.#heard.shift() ?? (await this.#nc.line());
      if (line.includes(words)) return line;
    }
  }

  close(): void {
    this.#nc.close();
  }
}

for (const language of LANGUAGES)
  test(`${language.file} answers, and goes on when the gateway comes back`, async (t) => {
    if (!(await isThere(language.probe))) {
      noteNotRun(t, `docs/first-bot/${language.file}: ${language.probe[0]} is not on this machine`);
      return;
    }
    const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-bot-'));
    // Behind the ends of all that write into it: hooks run in the order in which they are made.
    const remove = (): void => t.after(() => rmSync(folder, { recursive: true, force: true }));
    const home = { XDG_DATA_HOME: join(folder, 'data') };
    const { run, port } = await demo(t, home);
    await signIn(t, port, 'bot1', { MTPROTO2JSON_BOT_TOKEN: BOT }, '');
    await signIn(t, port, 'me', {}, '9996621111\n22222\n');
    const child = startBot(t, language, port, folder);
    await said(child, 'ready');
    const writer = await Writer.as('me', port);
    await writer.write('hi 👋');
    assert.match(await writer.hears('You said'), /"You said: hi 👋"/);
    await writer.write('/file');
    assert.match(await writer.hears('hello.txt'), /"_cons":"messageMediaDocument"/);
    writer.close();
    run.child.kill('SIGTERM');
    await run.ended;
    const again = new Run(t, ['demo', '--port', String(port), '--workers', '1'], home);
    await again.until(/Ctrl-C/);
    await said(child, 'ready');
    const later = await Writer.as('me', port);
    await later.write('still there?');
    assert.match(await later.hears('You said'), /"You said: still there\?"/);
    later.close();
    remove();
  });
