/**
 * Secrets of sessions that are kept by name: `signin`, the vault, `sessions`, a vault that is broken or of another key:
 * none in any log, error or list, and none readable in the vault's files (threats: Secrets).
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { sentences } from '../support/planted.ts';
import { CLI, Run } from '../support/process.ts';
import { raise, SECRET, type Stage } from '../support/secret-stage.ts';

const VAULT_KEY = randomBytes(32).toString('hex');
const OTHER_KEY = randomBytes(32).toString('base64');
const PASSPHRASE = `passphrase ${randomBytes(9).toString('hex')}`;

/** Formats whose strings need no more than what a login knows. */
const FORMATS = ['json', 'string', 'telethon', 'pyrogram'] as const;

function secretFile(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, `${text}\n`, { mode: 0o600 });
  return file;
}

/** A command whose every word is searched, but for stdout where it is the answer. */
async function command(t: TestContext, stage: Stage, args: readonly string[], input = ''): Promise<Run> {
  const environment = { MTPROTO2JSON_API_HASH: SECRET.apiHash };
  const run = new Run(t, args, environment, CLI, input === '' ? undefined : input);
  await run.ended;
  const isAnswer = args[1] === 'export' || (args[0] === 'signin' && !args.includes('--save'));
  if (!isAnswer) stage.said.add(`${args[0]} ${args[1]}: stdout`, run.out);
  stage.said.add(`${args[0]} ${args[1]}: stderr`, run.err);
  return run;
}

test('signed in by name, looked at, exported, imported wrongly, broken: no secret but where it was asked for', async (t) => {
  const own = mkdtempSync(join(tmpdir(), 'mtproto2json-vault-'));
  t.after(() => rmSync(own, { recursive: true, force: true }));
  const vault = join(own, 'vault');
  const keyFile = secretFile(own, 'vault.key', VAULT_KEY);
  const kept = { vault, 'vault-key-file': keyFile };
  const stage = await raise(t, undefined, kept);
  const { planted, port, run } = stage;
  for (const [name, secret] of Object.entries({ VAULT_KEY, OTHER_KEY, PASSPHRASE })) planted.add(name, secret);
  planted.add('bytes of the vault key', Buffer.from(VAULT_KEY, 'hex'));

  const signin = [
    'signin',
    '--port',
    String(port),
    '--api-id',
    '1',
    '--token-file',
    secretFile(own, 'token', SECRET.token),
  ];
  const answers = [SECRET.phone, SECRET.wrongCode, SECRET.code, SECRET.wrongPassword, SECRET.password];
  const saved = await command(t, stage, [...signin, '--save', 'mine'], `${answers.join('\n')}\n`);
  assert.equal(saved.child.exitCode, 0, saved.err);
  const bot = ['--bot-token-file', secretFile(own, 'bot', SECRET.botToken)];
  assert.equal((await command(t, stage, [...signin, ...bot])).child.exitCode, 0);
  const wrongBot = ['--bot-token-file', secretFile(own, 'wrong-bot', `${SECRET.wrongToken} no token`)];
  assert.equal((await command(t, stage, [...signin, ...wrongBot])).child.exitCode, 1);
  const wrongToken = ['--token-file', secretFile(own, 'wrong-token', SECRET.wrongToken)];
  assert.equal((await command(t, stage, ['signin', '--port', String(port), ...bot, ...wrongToken])).child.exitCode, 1);

  const client = await stage.client();
  const { session } = await client.ask({ session: { name: 'mine' } });
  assert.ok(!('auth_key' in (session as object)));
  await client.call('messages.sendMessage', { peer: { _cons: 'inputPeerSelf' }, message: SECRET.text, random_id: '1' });
  assert.equal((await client.ask({ session: { name: 'mine', export: true } }))['error'], 'ExportNotAllowed');
  const second = await stage.client();
  assert.equal((await second.ask({ session: { name: 'mine', exclusive: true } }))['error'], 'SessionInUse');
  await client.ask({ session: { list: true } });
  assert.equal((await client.ask({ session: { name: 'mine', takeover: SECRET.token } }))['error'], 'InvalidSession');

  const at = Object.entries(kept).flatMap(([name, value]) => [`--${name}`, value]);
  const look = async (...args: string[]): Promise<Run> => command(t, stage, ['sessions', ...args, ...at]);
  for (const args of [['list'], ['list', '--json'], ['show', 'mine'], ['show', 'mine', '--json']])
    assert.equal((await look(...args)).child.exitCode, 0);
  await exportAndBreak(t, stage, at);
  for (const wrong of [
    ['--vault-key-file', secretFile(own, 'other', OTHER_KEY)],
    ['--vault-passphrase-file', secretFile(own, 'phrase', PASSPHRASE)],
  ])
    assert.notEqual((await command(t, stage, ['sessions', 'list', '--vault', vault, ...wrong])).child.exitCode, 0);

  run.child.kill('SIGKILL');
  await run.ended;
  readAtRest(stage, vault);
  breakRecords(vault);
  await look('list');
  await look('show', 'mine');
  await look('export', 'mine', '--format', 'json');
  stage.search();
});

/** Every format out, whose text is a secret from then on; back in with a part of it changed or missing. */
async function exportAndBreak(t: TestContext, stage: Stage, at: readonly string[]): Promise<void> {
  for (const format of FORMATS) {
    const out = await command(t, stage, ['sessions', 'export', 'mine', '--format', format, ...at]);
    assert.equal(out.child.exitCode, 0, out.err);
    const text = out.out.trim();
    stage.planted.add(`the session as ${format}`, text);
    for (const broken of [text.slice(0, -9), text.replace(/[A-Za-z]{3}/, '!?')])
      await command(t, stage, ['sessions', 'import', `as-${format}`, ...at], `${broken}\n`);
  }
}

/** The files are sealed, and nobody else's. */
function readAtRest({ planted }: Stage, vault: string): void {
  assert.equal(statSync(vault).mode & 0o777, 0o700);
  for (const name of readdirSync(vault)) {
    const file = join(vault, name);
    const stat = statSync(file);
    assert.equal(stat.mode & 0o777, 0o600, name);
    // By a socket others see that the process lives; nothing can be read from its file.
    if (stat.isSocket()) continue;
    assert.deepEqual(sentences(planted.search(name, readFileSync(file))), []);
  }
}

/** Every tenth byte of every file, from the middle on. */
function breakRecords(vault: string): void {
  for (const name of readdirSync(vault)) {
    if (statSync(join(vault, name)).isSocket()) continue;
    const bytes = readFileSync(join(vault, name));
    for (let i = bytes.length >> 1; i < bytes.length; i += 10) bytes[i]! ^= 0x55;
    writeFileSync(join(vault, name), bytes);
  }
}
