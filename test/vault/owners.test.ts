/** Who has a name: processes that live, died, were replaced by another with their PID, or are in another container. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Identity, identityOf, isAlive, SILENCE, thisProcess } from '../../src/vault/processes.ts';
import { body, folderOf, opened } from './support.ts';

const NOW = 1_800_000_000_000;

test('a process of this namespace lives as long as its PID has its start time', async (t) => {
  const one = body(t);
  assert.ok(isAlive(one.self, NOW - 10 * SILENCE, NOW), 'however long it has been silent');
  assert.ok(!isAlive({ ...one.self, started: '1' }, NOW, NOW), 'its PID is used again');
  await one.kill();
  assert.ok(!isAlive(one.self, NOW, NOW));
});

test('a process before the last start of the machine is dead', () => {
  assert.ok(isAlive(thisProcess(), NOW, NOW));
  assert.ok(!isAlive({ ...thisProcess(), boot: 'another' }, NOW, NOW));
});

test('a process of another namespace lives while it is heard', () => {
  const elsewhere: Identity = { ...identityOf(process.pid), namespace: 'pid:[1]', pid: 1, started: '5' };
  assert.ok(isAlive(elsewhere, NOW - SILENCE + 1, NOW));
  assert.ok(!isAlive(elsewhere, NOW - SILENCE, NOW));
});

test("a silent container's names are taken, and it may not write them any more", async (t) => {
  const folder = folderOf(t);
  const far: Identity = { ...identityOf(process.pid), namespace: 'pid:[1]' };
  const [one, two] = [await opened(t, { folder, self: far }), await opened(t, { folder })];
  await one.claim('a');
  await one.write('a', Buffer.from('1'));
  assert.equal(await two.claim('a'), undefined);
  const clock = t.mock.method(Date, 'now', () => performance.timeOrigin + performance.now() + SILENCE + 1_000);
  assert.equal((await two.claim('a'))?.isClean, false);
  clock.mock.restore();
  await assert.rejects(one.write('a', Buffer.from('2')), { fault: 'VaultWriteFailed', message: /not this process's/ });
  await one.release('a', Buffer.from('3'));
  assert.equal(Buffer.from(two.read('a')!).toString(), '1');
  assert.equal(two.list()[0]!.owner, 'here');
});

test('a living silent process keeps what it has', async (t) => {
  const folder = folderOf(t);
  const other = body(t);
  const [one, two] = [await opened(t, { folder, self: other.self }), await opened(t, { folder })];
  await one.claim('a');
  const clock = t.mock.method(Date, 'now', () => performance.timeOrigin + performance.now() + 100 * SILENCE);
  assert.equal(await two.claim('a'), undefined);
  clock.mock.restore();
});
