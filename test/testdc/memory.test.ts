/** What a test DC knows again after it was killed, and what a file makes of that. */
import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { codeOf } from '../../src/testdc/answers/codes.ts';
import { fold } from '../../src/testdc/memory/memory.ts';
import type { MemoryEntry } from '../../src/testdc/memory/memory.ts';
import { openMemory } from '../../src/testdc/memory/memory-file.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import type { TlObject } from '../../src/testdc/tl/tl-value.ts';
import { DEMO_ID } from '../../src/testdc/world/seed.ts';
import { RawClient } from '../support/raw-client.ts';
import { DIALOGS, NEAREST, withDc } from './support.ts';

function stateFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-state-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'made', 'dc.jsonl');
}

/** A DC with that memory, from a start to an end of which the memory hears nothing. */
async function life(file: string, run: (dc: TestDc) => Promise<void>): Promise<void> {
  await withDc({ memory: openMemory(file) }, run);
}

async function fresh(dc: TestDc): Promise<RawClient> {
  const client = await RawClient.connect(dc.port());
  await client.makeKey({ pem: dc.publicKeyPem });
  await client.init(NEAREST);
  return client;
}

async function signIn(client: RawClient, phone_number: string): Promise<void> {
  const settings: TlObject = { _: 'codeSettings' };
  const sent = (await client.call({
    _: 'auth.sendCode',
    phone_number,
    api_id: 1,
    api_hash: 'x',
    settings,
  })) as TlObject;
  const phone_code = codeOf(phone_number, 'Sms');
  await client.call({ _: 'auth.signIn', phone_number, phone_code_hash: sent['phone_code_hash']!, phone_code });
}

/** The same key and session after the restart. */
async function again(client: RawClient): Promise<RawClient> {
  const next = await client.reconnect();
  await next.init(NEAREST);
  return next;
}

const self: TlObject = { _: 'users.getUsers', id: [{ _: 'inputUserSelf' }] };

describe('a DC that was killed and started again', () => {
  it('has the same address and RSA key, and knows keys and who is signed in', async (t) => {
    const file = stateFile(t);
    let client!: RawClient;
    let before!: readonly unknown[];
    await life(file, async (dc) => {
      client = await fresh(dc);
      await signIn(client, '9996621111');
      before = [dc.port(), dc.publicKeyPem, await client.call(self)];
    });
    await life(file, async (dc) => {
      client = await again(client);
      assert.deepEqual([dc.port(), dc.publicKeyPem, await client.call(self)], before);
      assert.equal(((await client.call(DIALOGS)) as TlObject)._, 'messages.dialogs');
      assert.equal(dc.counters.handshakes, 0);
      await client.call({ _: 'auth.logOut' });
    });
    await life(file, async () => {
      client = await again(client);
      await assert.rejects(client.call(self), { message: 'AUTH_KEY_UNREGISTERED' });
      client.close();
    });
  });

  it('knows accounts that were made there, and which session was ended by another', async (t) => {
    const file = stateFile(t);
    let clients!: RawClient[];
    let user!: unknown;
    await life(file, async (dc) => {
      clients = [await fresh(dc), await fresh(dc)];
      for (const client of clients) await signIn(client, '9996624321');
      user = await clients[0]!.call(self);
      await clients[0]!.call({ _: 'auth.resetAuthorizations' });
    });
    await life(file, async (dc) => {
      const [first, second] = [await again(clients[0]!), await again(clients[1]!)];
      assert.deepEqual(await first.call(self), user);
      await assert.rejects(second.call(self), { message: 'SESSION_REVOKED' });
      const newcomer = await fresh(dc);
      await signIn(newcomer, '9996625432');
      assert.notDeepEqual(await newcomer.call(self), user);
      for (const client of [first, second, newcomer]) client.close();
    });
  });

  it('shows the same signed-in user, until that one has logged out', async (t) => {
    const file = stateFile(t);
    const keys: string[] = [];
    for (const _ of [1, 2, 3])
      await life(file, async (dc) => {
        const user = dc.rememberedUser();
        assert.equal(user.userId, DEMO_ID);
        keys.push(`${user.authKey.toString('hex')} ${user.sessionId}`);
        if (keys.length === 2) dc.world.signOut(user.key);
      });
    assert.equal(keys[1], keys[0]);
    assert.notEqual(keys[2], keys[0]);
  });

  it('knows which temporary key stands for which', async (t) => {
    const file = stateFile(t);
    const expiresAt = Date.now() + 3_600_000;
    let id = 0n;
    await life(file, async (dc) => {
      const { key } = dc.rememberedUser();
      const client = await RawClient.connect(dc.port());
      await client.makeKey({ pem: dc.publicKeyPem, expiresIn: 60 });
      const temporary = [...dc.centres.get(2)!.keys.values()].find(({ isTemporary }) => isTemporary)!;
      id = temporary.id;
      dc.world.memory!.keep({ what: 'bind', dc: 2, id, to: key.id, expiresAt });
      client.close();
    });
    await life(file, async (dc) => {
      const temporary = dc.centres.get(2)!.keys.get(id)!;
      assert.deepEqual([temporary.isTemporary, temporary.userId, temporary.expiresAt], [true, DEMO_ID, expiresAt]);
    });
  });
});

const KEY = { what: 'key', dc: 2, key: new Uint8Array(256).fill(7), salt: -5n } as const;
const key = (id: bigint): MemoryEntry => ({ ...KEY, id });

describe('the file', () => {
  it('is its owner’s alone, also if it was not', (t) => {
    const file = stateFile(t);
    openMemory(file).keep(key(1n));
    assert.deepEqual([statSync(file).mode & 0o777, statSync(dirname(file)).mode & 0o777], [0o600, 0o700]);
    chmodSync(file, 0o644);
    openMemory(file);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('torn at any byte of its last line, it has all the others, and goes on', (t) => {
    const file = stateFile(t);
    const memory = openMemory(file);
    memory.keep(key(1n));
    const { size } = statSync(file);
    memory.keep(key(-(2n ** 63n)));
    const whole = readFileSync(file);
    for (let end = size; end < whole.length; end++) {
      writeFileSync(file, whole.subarray(0, end));
      openMemory(file).keep(key(3n));
      const ids = openMemory(file).recalled.map((entry) => 'id' in entry && entry.id);
      assert.deepEqual(ids, [1n, 3n], `cut at ${end}`);
    }
    writeFileSync(file, whole);
    assert.deepEqual(openMemory(file).recalled, [
      { ...KEY, key: Buffer.alloc(256, 7), id: 1n },
      { ...KEY, key: Buffer.alloc(256, 7), id: -(2n ** 63n) },
    ]);
  });

  it('names itself and the line, if a line is none', (t) => {
    const file = stateFile(t);
    openMemory(file).keep(key(1n));
    appendFileSync(file, 'secret\n');
    assert.throws(() => openMemory(file), { message: `${file}:2: not a line of a test data centre's state` });
  });

  it('is written anew when it has grown, and loses nothing to a second process that has it open', (t) => {
    const file = stateFile(t);
    const other = openMemory(file);
    for (let i = 0; i < 5; i++) other.keep({ what: 'user', dc: 2, id: 1n, user: BigInt(i), at: 0 });
    const memory = openMemory(file, { compactFrom: 1 });
    assert.equal(readFileSync(file, 'utf8').split('\n').length, 2);
    other.keep(key(2n));
    memory.keep(key(3n));
    const ids = openMemory(file).recalled.map((entry) => 'id' in entry && entry.id);
    assert.deepEqual(ids, [1n, 2n, 3n]);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });
});

describe('what still counts', () => {
  it('is the last of each place, and nothing of a key that is forgotten or has expired', () => {
    const expired: MemoryEntry = { ...KEY, id: 3n, expiresAt: 1_000 };
    const user = (id: bigint, at: number): MemoryEntry => ({ what: 'user', dc: 2, id, user: 5n, at });
    const entries = [key(1n), key(2n), expired, user(1n, 1), user(2n, 1), user(1n, 2)];
    const forgotten: MemoryEntry = { what: 'forget', dc: 2, id: 2n };
    assert.deepEqual(fold([...entries, forgotten], 2_000), [key(1n), user(1n, 2)]);
    const bound: MemoryEntry = { what: 'bind', dc: 2, id: 3n, to: 1n, expiresAt: 3_000 };
    assert.deepEqual(fold([key(1n), expired, bound], 2_000), [key(1n), expired, bound]);
  });

  it('is a bounded number of keys that nobody is signed in with, the newest', () => {
    const user: MemoryEntry = { what: 'user', dc: 2, id: 0n, user: 5n, at: 0 };
    const keys = Array.from({ length: 1_500 }, (_, i) => key(BigInt(i)));
    const kept = fold([...keys, user], 0).filter(({ what }) => what === 'key');
    assert.deepEqual(
      kept.map((entry) => 'id' in entry && entry.id),
      [0n, ...Array.from({ length: 1_000 }, (_, i) => BigInt(500 + i))],
    );
  });
});
