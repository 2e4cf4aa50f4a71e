/** What of a stored session is on the disk before what is said, and what of it stays in memory. */
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { LazyVault } from '../../../src/main/names/lazy-vault.ts';
import { RecordWriter } from '../../../src/main/names/record-writer.ts';
import type { Vault } from '../../../src/vault/vault.ts';
import { In, NamedFlag, NameOp } from '../../../src/batch/records.ts';
import { FakeEnv } from '../../support/fake-env.ts';
import { MemoryStore } from '../../support/memory-vault.ts';
import { fault, Fixture, log, settled } from '../../support/registry-fixture.ts';

describe('a vault that cannot write', () => {
  it('lets the session go on, says so once, and is tried again until it can', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    fixture.store(one, 'urgent', 'a');
    await settled();
    fixture.vault.failure = fault;
    fixture.store(one, 'urgent', 'b');
    await settled();
    assert.ok(!one.isCorked);
    assert.deepEqual(one.notices, ['VaultWriteFailed ENOSPC']);
    assert.ok(fixture.registry.isDegraded);
    fixture.store(one, 'urgent', 'c');
    fixture.env.advance(1_000);
    await settled();
    assert.equal(one.notices.length, 1);
    fixture.vault.failure = undefined;
    assert.equal(await fixture.stored(), 'a', 'what was kept before still is');
    fixture.env.advance(60_000);
    assert.equal(await fixture.stored(), 'c');
    assert.ok(!fixture.registry.isDegraded);
  });

  it('answers what was asked for explicitly', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    fixture.vault.failure = fault;
    fixture.store(one, 'explicit', 'a', 7);
    await settled();
    assert.equal(one.last, 'VaultWriteFailed ENOSPC');
    assert.deepEqual(one.notices, []);
    assert.ok(!fixture.registry.isDegraded);
  });

  it('answers all that asked for it explicitly', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    fixture.vault.hold();
    for (const ticket of [7, 8, 9]) fixture.store(one, 'explicit', 'a', ticket);
    fixture.vault.go();
    await settled();
    const answered = one.said.filter(({ flags }) => (flags & NamedFlag.OP) === NameOp.STORE);
    assert.deepEqual(
      answered.map(({ ticket }) => ticket),
      [7, 8, 9],
    );
  });

  it('is tried by one alone when the owner goes while it fails', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    const write = fixture.vault.write.bind(fixture.vault);
    const ends: (() => void)[] = [];
    fixture.vault.write = (_, record) => {
      assert.equal(Buffer.from(record).toString(), 'a');
      return new Promise((_resolve, reject) => ends.push(() => reject(fault)));
    };
    fixture.store(one, 'urgent', 'a');
    await settled();
    fixture.registry.gone(one);
    ends.shift()!();
    await settled();
    for (const wait of [1_000, 2_000, 4_000]) {
      fixture.env.advance(wait);
      await settled();
      assert.equal(ends.length, 1);
      ends.shift()!();
      await settled();
    }
    fixture.vault.write = write;
    fixture.env.advance(60_000);
    assert.equal(await fixture.stored(), 'a');
    assert.equal(await fixture.claim(fixture.session()), 'granted:a');
  });

  it('tells a client only when the newest of what was urgent is on the disk', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    const ends: (() => void)[] = [];
    const write = fixture.vault.write.bind(fixture.vault);
    fixture.vault.write = async (...args) => {
      await new Promise<void>((resolve) => ends.push(resolve));
      await write(...args);
    };
    /** The write that is on its way ends, and the next one begins. */
    const written = async (): Promise<void> => {
      ends.shift()!();
      await settled();
    };
    fixture.store(one, 'urgent', 'key');
    await settled();
    fixture.store(one, 'urgent', 'login');
    await written();
    assert.equal(await fixture.stored(), 'key');
    assert.ok(one.isCorked, 'what it would hear says that it is logged in');
    await written();
    assert.equal(await fixture.stored(), 'login');
    assert.ok(!one.isCorked);
    // What is not urgent holds nobody, and lets nobody go who waits for what was.
    fixture.store(one, 'later', 'a counter');
    assert.ok(!one.isCorked);
    fixture.store(one, 'urgent', 'second login');
    await settled();
    fixture.store(one, 'later', 'a counter after it');
    assert.ok(one.isCorked);
    await written();
    assert.ok(!one.isCorked);
  });

  it('that hangs holds no client for more than five seconds', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    fixture.vault.hold();
    fixture.store(one, 'urgent', 'a');
    await settled();
    assert.ok(one.isCorked);
    fixture.env.advance(5_000);
    assert.ok(!one.isCorked);
    assert.deepEqual(one.notices, ['VaultWriteFailed ETIMEDOUT']);
  });

  it('writes what is not urgent once in five seconds, the newest', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    fixture.store(one, 'urgent', 'a');
    await settled();
    for (const record of ['b', 'c', 'd']) fixture.store(one, 'later', record);
    assert.equal(await fixture.stored(), 'a');
    fixture.env.advance(5_000);
    assert.equal(await fixture.stored(), 'd');
  });
});

/** A writer of records, with a vault whose writes end when they are told to. */
function writerOf() {
  const env = new FakeEnv();
  const begun: { record: Uint8Array; said: string; end: (error?: Error) => Promise<void> }[] = [];
  const vault = {
    write: (_name: string, record: Uint8Array) =>
      new Promise<void>((resolve, reject) => {
        const end = (error?: Error): Promise<void> => {
          if (error === undefined) resolve();
          else reject(error);
          return settled();
        };
        begun.push({ record, said: Buffer.from(record).toString(), end });
      }),
  } as unknown as Vault;
  const open = (): Promise<Vault> => Promise.resolve(vault);
  const lazy = new LazyVault(open, log, () => undefined);
  const writer = new RecordWriter({ name: 'me', owner: undefined }, lazy, log, env);
  return { writer, env, begun };
}

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

test('a record is zeroed when a newer one replaces it, and when it is written', async () => {
  const { writer, begun } = writerOf();
  const [first, second] = [Buffer.from('first'), Buffer.from('second')];
  writer.store(first, 'later', 0);
  writer.store(second, 'urgent', 0);
  await settled();
  assert.deepEqual([isZero(first), second.toString()], [true, 'second']);
  await begun[0]!.end();
  assert.ok(isZero(second));
});

test('a record that could not be written does not replace a newer one, and is zeroed', async () => {
  const { writer, env, begun } = writerOf();
  const [first, second] = [Buffer.from('first'), Buffer.from('second')];
  writer.store(first, 'urgent', 0);
  await settled();
  writer.store(second, 'later', 0);
  await begun[0]!.end(fault);
  env.advance(60_000);
  await settled();
  assert.deepEqual(
    begun.map(({ said }) => said),
    ['first', 'second'],
  );
  assert.ok(isZero(first));
});

test('a record that could not be written is zeroed if its client was told so', async () => {
  const { fixture, record } = await explicitlyFailed();
  assert.ok(isZero(record));
  fixture.env.advance(60_000);
  assert.equal(await fixture.stored(), undefined);
});

/** @returns the bytes that the vault refused */
async function explicitlyFailed(): Promise<{ fixture: Fixture; record: Uint8Array }> {
  const fixture = new Fixture();
  const one = await fixture.named();
  let seen: Uint8Array | undefined;
  fixture.vault.write = (_, record) => {
    seen = record;
    return Promise.reject(fault);
  };
  fixture.store(one, 'explicit', 'a', 7);
  await settled();
  assert.equal(one.last, 'VaultWriteFailed ENOSPC');
  return { fixture, record: seen! };
}

describe('what waits for the disk', () => {
  it('is said when the name is given up and the last record is on the disk, not before', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    fixture.vault.hold();
    fixture.store(one, 'urgent', 'login');
    await settled();
    fixture.store(one, 'last', 'login2');
    fixture.registry.gone(one);
    assert.ok(one.isCorked, 'the block that said so is still being applied, and nothing is stored');
    await settled();
    assert.ok(one.isCorked);
    fixture.vault.go();
    assert.equal(await fixture.stored(), 'login2');
    assert.ok(!one.isCorked);
    assert.equal(fixture.env.timers, 0);
  });

  it('waits five seconds for that, no more', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    fixture.vault.write = () => new Promise(() => undefined);
    fixture.vault.release = () => new Promise(() => undefined);
    fixture.store(one, 'urgent', 'a');
    fixture.store(one, 'last', 'b');
    fixture.env.advance(4_999);
    await settled();
    assert.ok(one.isCorked);
    fixture.env.advance(1);
    await settled();
    assert.ok(!one.isCorked);
  });

  it('waits five seconds for a removal that hangs, when the name is given up', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    fixture.vault.remove = () => new Promise(() => undefined);
    void fixture.request(one, NameOp.LOGGED_OUT, 0);
    fixture.registry.gone(one);
    await settled();
    fixture.env.advance(4_999);
    assert.ok(one.isCorked);
    fixture.env.advance(1);
    assert.ok(!one.isCorked);
  });

  it('is said when a write fails that a forget has made useless', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    fixture.store(one, 'urgent', 'a');
    await settled();
    fixture.vault.hold();
    fixture.store(one, 'urgent', 'b');
    await settled();
    fixture.vault.failure = fault;
    void fixture.request(one, NameOp.FORGET, 2);
    fixture.vault.go();
    await settled();
    assert.ok(!one.isCorked);
    assert.equal(one.last, 'VaultWriteFailed ENOSPC');
  });

  it('is answered though a log-out makes it useless; the name stays, whoever wants it', async () => {
    const store = new MemoryStore();
    const [here, there] = [new Fixture(store), new Fixture(store)];
    const one = await here.named();
    here.vault.hold();
    here.store(one, 'urgent', 'a');
    here.store(one, 'explicit', 'b', 7);
    here.registry.request(one, NameOp.LOGGED_OUT, 0);
    here.vault.go();
    await settled();
    const answered = one.said.filter(({ kind, ticket }) => kind === In.NAMED && ticket === 7);
    assert.equal(answered.length, 1);
    assert.ok(!one.isCorked);
    const claim = there.vault.claim('me');
    assert.equal(await claim, undefined, 'it was never free');
    here.store(one, 'urgent', 'c');
    assert.equal(await here.stored(), 'c');
  });
});
