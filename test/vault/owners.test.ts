/** Who has a name: processes that live, died, were replaced by another with their PID, or are in another container. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test, type TestContext } from 'node:test';
import { type Identity, identityOf, isAlive, SILENCE, thisProcess } from '../../src/vault/processes.ts';
import {
  isProcessAlive,
  LivenessSocket,
  livenessOf,
  readProcessRow,
  writeProcessRow,
} from '../../src/vault/liveness.ts';
import { noteNotRun } from '../support/not-run.ts';
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
  // As where no sockets can be made.
  for (const file of readdirSync(folder)) if (file.startsWith('alive-')) rmSync(join(folder, file));
  const clock = t.mock.method(Date, 'now', () => performance.timeOrigin + performance.now() + SILENCE + 1_000);
  assert.equal((await two.claim('a'))?.isClean, false);
  clock.mock.restore();
  await assert.rejects(one.write('a', Buffer.from('2')), { fault: 'VaultWriteFailed', message: /not this process's/ });
  await one.release('a', Buffer.from('3'));
  assert.equal(Buffer.from(two.read('a')!).toString(), '1');
  assert.equal((await two.list())[0]!.owner, 'here');
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

test('a silent process of another namespace keeps what it has while its socket answers', async (t) => {
  const folder = folderOf(t);
  const far: Identity = { ...identityOf(process.pid), namespace: 'pid:[1]' };
  const [one, two] = [await opened(t, { folder, self: far }), await opened(t, { folder })];
  await one.claim('a');
  const clock = t.mock.method(Date, 'now', () => performance.timeOrigin + performance.now() + 100 * SILENCE);
  assert.equal(await two.claim('a'), undefined);
  clock.mock.restore();
  await one.close();
  assert.deepEqual(
    readdirSync(folder).filter((name) => name === `alive-${far.uuid}`),
    [],
    'who ends in order leaves no file',
  );
});

test('a socket that refuses says nothing if it is not the one its process spoke of', async (t) => {
  const folder = folderOf(t);
  const far: Identity = { ...identityOf(process.pid), namespace: 'pid:[1]' };
  const socket = new LivenessSocket(folder, far.uuid);
  await socket.open();
  const row = readProcessRow(writeProcessRow(far, socket));
  assert.equal(await livenessOf(folder, far.uuid, row.file), 'alive');
  await socket.close();
  assert.equal(await livenessOf(folder, far.uuid, row.file), undefined, 'its file is gone');
  assert.equal(await isProcessAlive(folder, row), true, 'its row was written just now');
  // A file that nobody listens on, as another mount would show it.
  const left = spawnSync(process.execPath, ['-e', LEAVES_A_SOCKET, join(folder, `alive-${far.uuid}`)]);
  assert.equal(left.signal, 'SIGKILL');
  assert.equal(await livenessOf(folder, far.uuid, '1:1'), undefined);
  assert.equal(await isProcessAlive(folder, { ...row, file: '1:1' }), true);
});

const LEAVES_A_SOCKET =
  "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";

const OWNER = fileURLToPath(new URL('../support/vault-owner.js', import.meta.url));

/** LMDB asks a hundred times whether the other process of its number is ending, and waits ten seconds in between. */
const WITHOUT_WAITING = ['--import', 'data:text/javascript,Atomics.wait=()=>"timed-out"'];

/** A process in a PID namespace of its own, that has a name. @param isFirst its PID is 1 @param flags of Node */
function container(t: TestContext, folder: string, isFirst = true, flags: string[] = []): Promise<Container> {
  const owner = [process.execPath, ...flags, OWNER, folder, 'a'];
  const command = isFirst ? owner : ['sh', '-c', 'exec 3<&0; "$@" <&3 & wait', 'sh', ...owner];
  return owning(t, ['unshare', ...UNSHARE, ...command]);
}

/** @param command runs `vault-owner.ts`; resolves when it has said what came of it */
async function owning(t: TestContext, [program, ...args]: string[]): Promise<Container> {
  const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const kill = async (): Promise<unknown> => (child.kill('SIGKILL'), ended);
  t.after(kill);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { said: said.toString().trim(), kill };
}

interface Container {
  readonly said: string;
  readonly kill: () => Promise<unknown>;
}

const UNSHARE = ['--pid', '--fork', '--kill-child', '--mount-proc'];

test('a list says of a silent process of another namespace whether it lives now, not when its name was asked for last', async (t) => {
  const folder = folderOf(t);
  const seen = await opened(t, { folder });
  const owner = await owning(t, [process.execPath, OWNER, folder, 'a', 'pid:[1]']);
  assert.match(owner.said, / claimed$/);
  assert.equal(await seen.claim('a'), undefined);
  assert.equal((await seen.list())[0]?.owner, 'elsewhere');
  await owner.kill();
  assert.equal((await seen.list())[0]?.owner, undefined);
});

test('a container that is killed and started again at once has its names; one that lives keeps them', async (t) => {
  if (spawnSync('unshare', [...UNSHARE, 'true']).status !== 0)
    return noteNotRun(t, 'the names of a killed container: no PID namespaces can be made here');
  const folder = folderOf(t);
  const first = await container(t, folder);
  assert.equal(first.said, '1 claimed');
  const twin = container(t, folder, true, WITHOUT_WAITING);
  const other = await container(t, folder, false);
  assert.match(other.said, /^[2-9] in use$/);
  assert.match(
    (await twin).said,
    /^1 the vault .* is open in another container, in a process with the same number \(PID 1\)/,
  );
  await first.kill();
  const again = await container(t, folder);
  assert.equal(again.said, '1 claimed');
  const seen = await opened(t, { folder });
  assert.equal((await seen.list())[0]?.owner, 'elsewhere');
  await again.kill();
  assert.equal((await seen.list())[0]?.owner, undefined);
  const later = await opened(t, { folder });
  assert.equal((await later.list())[0]?.owner, undefined, 'who opens it sees that nobody has it');
});
