/** Opening a vault: keys, passphrases, versions, foreign files, modes. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openVault, rewrapVault, type VaultOptions } from '../../src/vault/open.ts';
import type { KeySource } from '../../src/vault/key-source.ts';
import { folderOf } from './support.ts';

const RECORD = Buffer.from('the-planted-secret-of-a-session');

type Sealed = Pick<VaultOptions, 'source' | 'maySeal'>;

const OPEN: KeySource = { kind: 'modes' };
const byKey = (key: Buffer): { readonly source: KeySource } => ({ source: { kind: 'key', key } });
const byPassphrase = (passphrase: string): { readonly source: KeySource } => ({
  source: { kind: 'passphrase', passphrase },
});

async function made(folder: string, options: Sealed): Promise<void> {
  const vault = await openVault({ folder, ...options });
  await vault.claim('a');
  await vault.release('a', RECORD);
  await vault.close();
}

async function recordIn(folder: string, options: Sealed): Promise<string | undefined> {
  const vault = await openVault({ folder, ...options });
  const record = vault.read('a');
  await vault.close();
  return record && Buffer.from(record).toString();
}

/** @returns the one sentence */
async function refusal(folder: string, options: Sealed): Promise<string> {
  const error = await openVault({ folder, ...options }).then(
    async (vault) => {
      await vault.close();
      throw new Error('it opened');
    },
    (reason: unknown) => reason as Error & { fault?: string },
  );
  assert.equal(error.fault, 'VaultClosed', error.message);
  assert.doesNotMatch(error.message, /\n|planted/);
  return error.message;
}

function everything(folder: string): Buffer {
  return Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
}

test('a vault opens with its key, and with no other', async (t) => {
  const folder = folderOf(t);
  const key = randomBytes(32);
  await made(folder, byKey(key));
  assert.equal(await recordIn(folder, byKey(key)), RECORD.toString());
  assert.match(await refusal(folder, byKey(randomBytes(32))), /^this is not the key of the vault /);
  assert.match(
    await refusal(folder, byPassphrase('x')),
    /is sealed with a key: give --vault-key-file or MTPROTO2JSON_/,
  );
  assert.match(await refusal(folder, {}), /is sealed with a key/);
  assert.equal(await recordIn(folder, byKey(key)), RECORD.toString(), 'nothing was changed by the wrong ones');
  assert.ok(!everything(folder).includes(RECORD) && !everything(folder).includes(key));
});

test('a folder with a dot in its name is a folder', async (t) => {
  const folder = join(folderOf(t), 'my.vault');
  await made(folder, {});
  assert.equal(await recordIn(folder, {}), RECORD.toString());
});

test('a vault opens with its passphrase, and with no other', async (t) => {
  const folder = folderOf(t);
  await made(folder, byPassphrase('planted passphrase é'));
  // The same letters, composed in another way.
  assert.equal(await recordIn(folder, byPassphrase('planted passphrase e\u0301')), RECORD.toString());
  assert.match(await refusal(folder, byPassphrase('planted other')), /^this is not the passphrase of the vault /);
  assert.match(await refusal(folder, {}), /is sealed with a passphrase: give --vault-passphrase-file or MTPROTO2JSON_/);
  assert.ok(!everything(folder).includes(RECORD) && !everything(folder).includes('planted'));
});

test('each vault has a salt of its own for its passphrase, and a guess costs what was measured', async (t) => {
  const costs = [];
  for (const folder of [folderOf(t), folderOf(t)]) {
    await made(folder, byPassphrase('the same'));
    const [line] = readFileSync(join(folder, 'key'), 'utf8').split('\n');
    const { salt, ...cost } = (JSON.parse(line!) as { scrypt: { salt: string } }).scrypt;
    assert.equal(Buffer.from(salt, 'base64').length, 16);
    costs.push([salt, cost]);
  }
  assert.notEqual(costs[0]![0], costs[1]![0]);
  for (const [, cost] of costs) assert.deepEqual(cost, { n: 131_072, r: 8, p: 1 });
});

test('without either it is protected by modes alone, and a key that is given for it later is refused', async (t) => {
  const folder = join(folderOf(t), 'deep/vault');
  await made(folder, {});
  for (const name of readdirSync(folder))
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, `modes of ${name}`);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  const open = await openVault({ folder });
  assert.equal(open.protection, 'modes');
  await open.close();
  const key = randomBytes(32);
  const before = everything(folder);
  assert.match(await refusal(folder, byKey(key)), /is not sealed, but a key was given for it: leave it out, or seal/);
  assert.deepEqual(everything(folder), before);
  assert.equal(await recordIn(folder, {}), RECORD.toString());
});

test('the key can be replaced: the records stay as they are', async (t) => {
  const folder = folderOf(t);
  const [one, two] = [byKey(randomBytes(32)), byKey(randomBytes(32))];
  await made(folder, one);
  const before = readFileSync(join(folder, 'data.mdb'));
  await assert.rejects(rewrapVault(folder, two.source, one.source), { fault: 'VaultClosed' });
  await rewrapVault(folder, one.source, two.source);
  assert.ok(before.equals(readFileSync(join(folder, 'data.mdb'))));
  assert.match(await refusal(folder, one), /not the key/);
  assert.equal(await recordIn(folder, two), RECORD.toString());
});

test('two processes that make a vault at once make one', async (t) => {
  const folder = folderOf(t);
  const key = byKey(randomBytes(32));
  const [one, two] = await Promise.all([openVault({ folder, ...key }), openVault({ folder, ...key })]);
  await one.claim('a');
  await one.release('a', RECORD);
  assert.deepEqual(Buffer.from(two.read('a')!), RECORD);
  await one.close();
  await two.close();
});

test('a newer, a foreign, a missing key file is refused in a sentence', async (t) => {
  const folder = folderOf(t);
  await made(folder, {});
  const path = join(folder, 'key');
  const line = readFileSync(path, 'utf8');
  const cases: [string, RegExp][] = [
    [newerOf(line), /is of a newer vault \(version 2, this program reads 1\)/],
    ['{"format":"something else"}\n', /is not the key of a vault, or it is damaged/],
    ['', /is not the key of a vault/],
  ];
  for (const [content, sentence] of cases) {
    writeFileSync(path, content);
    assert.match(await refusal(folder, {}), sentence);
  }
});

/** With a sum that is right. */
function newerOf(text: string): string {
  const { sum: _, ...wrapped } = JSON.parse(text.split('\n')[0]!) as Record<string, unknown>;
  const newer = { ...wrapped, version: 2 };
  const sum = createHash('sha256').update(JSON.stringify(newer)).digest('base64').slice(0, 22);
  return `${JSON.stringify({ ...newer, sum })}\n`;
}

test('sealed sessions without their key file are not taken for an empty vault', async (t) => {
  const folder = folderOf(t);
  await made(folder, {});
  rmSync(join(folder, 'key'));
  for (const maySeal of [false, true])
    assert.match(await refusal(folder, { maySeal }), /holds sealed sessions, but not the file that opens them: key/);
});

test('a folder of ours that others may use is made private, and its files: a fresh volume, a pod with an fsGroup', async (t) => {
  const folder = folderOf(t);
  mkdirSync(join(folder, 'lost+found'));
  for (const mode of [0o755, 0o2770]) {
    chmodSync(folder, mode);
    if (mode === 0o2770) chmodSync(join(folder, 'key'), 0o660);
    const warnings: string[] = [];
    const vault = await openVault({ folder, warn: (sentence) => warnings.push(sentence) });
    await vault.close();
    assert.equal(statSync(folder).mode & 0o7777, 0o700);
    assert.equal(statSync(join(folder, 'key')).mode & 0o777, 0o600);
    // Of a volume with nothing on it there is nothing to say.
    assert.equal(
      warnings.join().replace(/.* was/, ''),
      mode === 0o755 ? '' : ' open to others (2770): its mode is 0700 now',
    );
  }
});

test('in a folder that is not the vault’s alone it gets one inside, which is found again', async (t) => {
  const [shared, busy] = [folderOf(t), folderOf(t)];
  writeFileSync(join(busy, 'mine'), '');
  for (const [folder, mode] of [
    [shared, 0o1777],
    [busy, 0o755],
  ] as const) {
    chmodSync(folder, mode);
    const warnings: string[] = [];
    const vault = await openVault({ folder, warn: (sentence) => warnings.push(sentence) });
    await vault.claim('a');
    await vault.release('a', RECORD);
    await vault.close();
    assert.equal(statSync(folder).mode & 0o7777, mode, 'nothing is taken from others');
    assert.equal(statSync(join(folder, 'vault')).mode & 0o777, 0o700);
    assert.match(warnings.join('|'), /^others may use the folder .* \(\d{4}\): the vault is in .*vault$/);
    assert.equal(await recordIn(folder, {}), RECORD.toString());
    // A key that is rotated is that of the vault inside, and it stays where it is when the folder is private at last.
    const key = byKey(randomBytes(32));
    await rewrapVault(folder, OPEN, key.source);
    chmodSync(folder, 0o700);
    assert.equal(await recordIn(folder, key), RECORD.toString());
  }
});

test('a vault that stands open beside files of others is refused', async (t) => {
  const folder = folderOf(t);
  await made(folder, {});
  writeFileSync(join(folder, 'mine'), '');
  chmodSync(folder, 0o750);
  assert.match(await refusal(folder, {}), /is open to others \(0750\); chmod it to 0700/);
});

test('a folder inside that another has put there is not believed', async (t) => {
  const [folder, elsewhere] = [folderOf(t), folderOf(t)];
  symlinkSync(elsewhere, join(folder, 'vault'));
  chmodSync(folder, 0o1777);
  assert.match(await refusal(folder, {}), /vault is not a folder of this user/);
  await made(elsewhere, {});
  assert.match(await refusal(folder, {}), /vault is not a folder of this user/);
});

test('only who serves an empty vault seals it with the key that is given', async (t) => {
  const folder = folderOf(t);
  await made(folder, {});
  rmSync(join(folder, 'data.mdb'));
  rmSync(join(folder, 'last'), { force: true });
  const key = byKey(randomBytes(32));
  assert.match(await refusal(folder, key), /is not sealed, but a key was given for it/);
  const vault = await openVault({ folder, ...key, maySeal: true });
  await vault.close();
  assert.match(await refusal(folder, {}), /is sealed with a key/);
});

test('a file in the place of the folder', async (t) => {
  const path = join(folderOf(t), 'vault');
  writeFileSync(path, 'x', { mode: 0o600 });
  assert.match(await refusal(path, {}), /vault/);
  assert.match(await refusal(join(path, 'below'), {}), /cannot be made \(ENOTDIR\)/);
});

test('a name in the folder that is none of the vault stays', async (t: TestContext) => {
  const folder = folderOf(t);
  mkdirSync(join(folder, 'mine'));
  await made(folder, {});
  assert.ok(statSync(join(folder, 'mine')).isDirectory());
});
