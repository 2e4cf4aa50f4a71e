/** Files of secrets as operators, Docker and Kubernetes lay them down: who can read and write them. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exposedTo, isReadOnlyIn, readSecretFile, SecretFileError } from '../src/secret-file.ts';
import { folderOf } from './vault/support.ts';

const OPEN = [0o40755, 0o41777];

test('what others can write is refused, what they can read is said', () => {
  const judged = (mode: number, folderModes = OPEN, isReadOnly = false): string | undefined =>
    exposedTo({ mode, folderModes, isReadOnly });
  assert.deepEqual(
    [0o400, 0o600].map((mode) => judged(mode)),
    [undefined, undefined],
  );
  assert.deepEqual(
    [0o440, 0o444, 0o644].map((mode) => judged(mode)),
    ['readers', 'readers', 'readers'],
  );
  assert.deepEqual(
    [0o620, 0o602, 0o666].map((mode) => judged(mode)),
    ['writers', 'writers', 'writers'],
  );
  assert.equal(judged(0o666, [0o40755, 0o40700, 0o40755]), undefined, 'in a folder that others cannot enter');
  assert.equal(judged(0o666, [0o40766, 0o40755]), undefined, 'one that they can list only');
  assert.equal(judged(0o666, [0o40710, 0o40755]), 'writers', 'the group can enter');
  assert.equal(judged(0o666, OPEN, true), undefined, 'on a mount where nobody can change it');
});

test('a mount is read-only by its own flag, the innermost counts, and of two at one place the later', () => {
  const line = (id: number, point: string, options: string): string =>
    `${id} 1 0:42 / ${point} ${options} shared:1 - tmpfs tmpfs rw,size=64k`;
  const info = [
    line(1, '/', 'rw,relatime'),
    line(2, '/run/secrets', 'ro,relatime'),
    line(3, '/run/secrets/work', 'rw'),
    line(4, '/twice', 'rw'),
    line(5, '/twice', 'ro'),
    line(6, '/with\\040blank', 'nosuid,ro'),
  ].join('\n');
  const readOnly = ['/run/secrets/key', '/run/secrets', '/twice/key', '/with blank/key'];
  const others = ['/etc/key', '/run/secretsX/key', '/run/secrets/work/key', '/with'];
  for (const path of readOnly) assert.equal(isReadOnlyIn(info, path), true, path);
  for (const path of others) assert.equal(isReadOnlyIn(info, path), false, path);
  assert.equal(isReadOnlyIn('', '/key'), false);
});

test('through links as Kubernetes makes them, the file at their end is judged', (t) => {
  const folder = folderOf(t);
  mkdirSync(join(folder, '..2026'));
  writeFileSync(join(folder, '..2026/key'), 'x', { mode: 0o600 });
  symlinkSync('..2026', join(folder, '..data'));
  symlinkSync('..data/key', join(folder, 'key'));
  const key = join(folder, 'key');
  assert.deepEqual(readSecretFile(key), { content: Buffer.from('x'), warning: undefined });
  for (const path of [folder, join(folder, '..2026')]) chmodSync(path, 0o755);
  chmodSync(join(folder, '..2026/key'), 0o440);
  assert.match(readSecretFile(key).warning!, /key can be read by others \(0440\); chmod it to 0600/);
  chmodSync(join(folder, '..2026'), 0o700);
  assert.equal(readSecretFile(key).warning, undefined);
  chmodSync(join(folder, '..2026'), 0o755);
  chmodSync(join(folder, '..2026/key'), 0o660);
  assert.throws(() => readSecretFile(key), SecretFileError);
});
