/** Which vault: folder, key, passphrase; what is wrong with them is said at the start. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startFields } from '../../src/commands/start-line.ts';
import { loadConfig } from '../../src/config/config.ts';
import { toVaultSettings, type VaultSettings } from '../../src/config/vault-settings.ts';
import { openVault } from '../../src/vault/open.ts';
import { Run } from '../support/process.ts';
import { folderOf } from '../vault/support.ts';

const KEY = Buffer.alloc(32, 0xa5);

function settings(flags: Record<string, unknown>, environment: Record<string, string> = {}): VaultSettings | undefined {
  return toVaultSettings(loadConfig({ flags, environment, file: undefined }), environment);
}

test('the folder: in the data home, named, or none', () => {
  assert.equal(settings({})?.folder, join(homedir(), '.local/share/mtproto2json/vault'));
  assert.equal(settings({}, { XDG_DATA_HOME: '/data' })?.folder, '/data/mtproto2json/vault');
  assert.equal(settings({ vault: '/v' })?.folder, '/v');
  assert.equal(settings({}, { MTPROTO2JSON_VAULT: 'off' }), undefined);
});

test('a key: raw, hex, base64; from a file or the environment', (t) => {
  const file = join(folderOf(t), 'key');
  for (const content of [KEY, `${KEY.toString('hex')}\n`, KEY.toString('base64'), KEY.toString('base64url')]) {
    writeFileSync(file, content, { mode: 0o600 });
    assert.deepEqual(settings({ vaultKeyFile: file })?.source, { kind: 'key', key: KEY });
  }
  const inEnvironment = settings({}, { MTPROTO2JSON_VAULT_KEY: KEY.toString('hex') });
  assert.deepEqual(inEnvironment?.source, { kind: 'key', key: KEY });
});

test('the file of a key is read once', async (t) => {
  const folder = folderOf(t);
  const file = join(folder, 'key');
  writeFileSync(file, KEY, { mode: 0o600 });
  const found = settings({ vault: join(folder, 'vault'), vaultKeyFile: file })!;
  rmSync(file);
  const vault = await openVault({ ...found, maySeal: true });
  assert.equal(vault.protection, 'key');
  await vault.close();
  assert.match(
    JSON.stringify(startFields(loadConfig({ flags: {}, environment: {}, file: undefined }), 1, found)),
    /sealed by a key/,
  );
});

test('a passphrase: the first line of a file, or the environment', (t) => {
  const file = join(folderOf(t), 'passphrase');
  writeFileSync(file, 'correct horse\n', { mode: 0o600 });
  const expected = { kind: 'passphrase', passphrase: 'correct horse' };
  assert.deepEqual(settings({ vaultPassphraseFile: file })?.source, expected);
  assert.deepEqual(settings({}, { MTPROTO2JSON_VAULT_PASSPHRASE: 'correct horse\n' })?.source, expected);
  assert.deepEqual(settings({})?.source, { kind: 'modes' });
});

test('what cannot be right is a sentence, without the secret', (t) => {
  const folder = folderOf(t);
  const [open, short, empty] = ['open', 'short', 'empty'].map((name) => join(folder, name));
  writeFileSync(open!, KEY);
  chmodSync(open!, 0o662);
  chmodSync(folder, 0o755);
  writeFileSync(short!, 'too-short-secret', { mode: 0o600 });
  writeFileSync(empty!, '\n', { mode: 0o600 });
  const cases: [Record<string, string>, Record<string, string>, RegExp][] = [
    [{ vaultKeyFile: join(folder, 'none') }, {}, /none cannot be read \(ENOENT\)/],
    [{ vaultKeyFile: open! }, {}, /open can be written by others \(0662\); chmod it to 0600/],
    [{ vaultKeyFile: short! }, {}, /short holds no vault key/],
    [{ vaultKeyFile: folder }, {}, /is not a file/],
    [{ vaultPassphraseFile: empty! }, {}, /empty holds no passphrase/],
    [{ vaultKeyFile: short!, vaultPassphraseFile: empty! }, {}, /not both/],
    [{}, { MTPROTO2JSON_VAULT_KEY: 'too-short-secret' }, /MTPROTO2JSON_VAULT_KEY holds no vault key/],
  ];
  for (const [flags, environment, sentence] of cases) {
    assert.throws(
      () => settings(flags, environment),
      (error: Error) => sentence.test(error.message) && !error.message.includes('too-short-secret'),
    );
  }
});

test('the gateway says it at its start; a folder that was not named is made when it is needed', async (t) => {
  const folder = folderOf(t);
  const start = (...more: string[]): Run =>
    new Run(t, ['--port', '0', '--workers', '1', ...more], { XDG_DATA_HOME: folder });
  const wrong = start('--vault', join(folder, 'vault'), '--vault-key-file', join(folder, 'none'));
  assert.equal(await wrong.code(), 2);
  assert.match(wrong.err, /the vault's key file .* cannot be read \(ENOENT\)/);
  // A file system that refuses every new folder with the error of one whose parent is missing.
  const nowhere = process.platform === 'linux' ? '/proc/x' : join(writtenIn(folder), 'x');
  const unmade = start('--vault', nowhere);
  assert.equal(await unmade.code(), 2);
  assert.match(unmade.err, /--vault: the vault's folder .*x cannot be made \(E/);
  const named = start('--vault', join(folder, 'vault'));
  await named.port();
  assert.ok(existsSync(join(folder, 'vault')));
  const right = start();
  await right.port();
  assert.ok(!existsSync(join(folder, 'mtproto2json')));
});

/** A file where a folder is expected. */
function writtenIn(folder: string): string {
  const path = join(folder, 'file');
  writeFileSync(path, '');
  return path;
}
