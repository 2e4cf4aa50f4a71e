import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { lockState } from '../../src/commands/state-lock.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-lock-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A process that has the lock, killed. */
async function leaveDeadLock(folder: string): Promise<void> {
  const listening = `require('node:net').createServer().listen(${JSON.stringify(join(folder, 'lock'))}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', listening], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('of those who find a dead lock at the same time one gets it', async (t) => {
  const folder = folderOf(t);
  await leaveDeadLock(folder);
  const tries = await Promise.allSettled([lockState(folder), lockState(folder), lockState(folder)]);
  const held = tries.filter((one) => one.status === 'fulfilled');
  for (const one of tries) if (one.status === 'rejected') assert.match(String(one.reason), /another demo uses /);
  assert.equal(held.length, 1);
  await assert.rejects(lockState(folder), /another demo uses /);
  assert.deepEqual(readdirSync(folder), ['lock']);
  held[0]!.value.close();
});

test('who died while it took a dead lock over holds nobody up', async (t) => {
  const folder = folderOf(t);
  await leaveDeadLock(folder);
  const turn = join(folder, 'lock.turn');
  mkdirSync(turn);
  await assert.rejects(lockState(folder), /another demo uses /);
  utimesSync(turn, 1, 1);
  (await lockState(folder)).close();
});

test('what stands in the place of the lock and is none is named', async (t) => {
  const folder = folderOf(t);
  mkdirSync(join(folder, 'lock'));
  await assert.rejects(lockState(folder), /lock should be a socket of the demo, but is a file: move it away/);
});
