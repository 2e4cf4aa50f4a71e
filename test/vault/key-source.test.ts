/** Where the vault's key or passphrase is from, and what is no key. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { KEY_VARIABLE, keySource, PASSPHRASE_VARIABLE } from '../../src/vault/key-source.ts';
import { folderOf } from './support.ts';

const KEY = randomBytes(32);

function fileWith(t: TestContext, content: string | Uint8Array): string {
  const path = join(folderOf(t), 'secret');
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

test('a key has 32 bytes: raw, hex or base64', (t) => {
  for (const content of [KEY, `${KEY.toString('hex')}\n`, KEY.toString('base64'), KEY.toString('base64url')])
    assert.deepEqual(keySource({ keyFile: fileWith(t, content) }).source, { kind: 'key', key: KEY });
  for (const content of ['', 'short', KEY.subarray(1), Buffer.concat([KEY, KEY]), KEY.toString('hex').slice(2)])
    assert.throws(() => keySource({ keyFile: fileWith(t, content) }), { fault: 'VaultClosed', message: /32 bytes/ });
});

test('a passphrase is one line without its end, and not empty', (t) => {
  const { source } = keySource({ passphraseFile: fileWith(t, ' open sesame \r\n') });
  assert.deepEqual(source, { kind: 'passphrase', passphrase: ' open sesame ' });
  for (const content of ['', '\n'])
    assert.throws(() => keySource({ passphraseFile: fileWith(t, content) }), {
      fault: 'VaultClosed',
      message: /no passphrase/,
    });
});

test('a file goes before the environment, a key before a passphrase; both files are refused', (t) => {
  const environment = { [KEY_VARIABLE]: KEY.toString('hex'), [PASSPHRASE_VARIABLE]: 'from outside' };
  const passphraseFile = fileWith(t, 'from a file');
  assert.deepEqual(keySource({ passphraseFile, environment }).source, {
    kind: 'passphrase',
    passphrase: 'from a file',
  });
  assert.deepEqual(keySource({ environment }).source, { kind: 'key', key: KEY });
  assert.equal(keySource({ environment: { ...environment, [KEY_VARIABLE]: '' } }).source.kind, 'passphrase');
  assert.deepEqual(keySource({ environment: { [PASSPHRASE_VARIABLE]: '' } }).source, { kind: 'modes' });
  assert.throws(() => keySource({ keyFile: passphraseFile, passphraseFile }), { fault: 'VaultClosed' });
});
