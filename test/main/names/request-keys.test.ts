/** Idempotency keys in the main thread: who may go, what is stored, what is held until it is (wire: Idempotency keys). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Writer } from '../../../src/bytes/writer.ts';
import { type KeyEnd, readOutcome, writeOutcome } from '../../../src/batch/key-records.ts';
import { LazyVault } from '../../../src/main/names/lazy-vault.ts';
import type { KeyOwner, RequestStanding } from '../../../src/main/names/open-key.ts';
import { RequestKeys } from '../../../src/main/names/request-keys.ts';
import { FakeEnv } from '../../support/fake-env.ts';
import { MemoryStore, MemoryVault } from '../../support/memory-vault.ts';
import { fault, log, settled } from '../../support/registry-fixture.ts';
import { VaultError } from '../../../src/vault/vault.ts';

const DAY = 24 * 3_600_000;

/** A session that notes what it is told: `ticket verdict`, with the outcome's text. */
class Owner implements KeyOwner {
  readonly number: number;
  readonly name: string | undefined;
  readonly said: string[] = [];
  readonly open = new Map<number, RequestStanding>();
  readonly lane: KeyOwner['lane'] = {
    keyed: (_session, ticket, { verdict, outcome, fault: why }) => {
      const text = outcome === undefined ? '' : ` ${Buffer.from(readOutcome(outcome).bytes).toString()}`;
      this.said.push(`${ticket} ${verdict}${text}${why === undefined ? '' : ` ${why.error} ${why.reason}`}`);
    },
  };

  constructor(number: number, name: string | undefined = 'me') {
    this.number = number;
    this.name = name;
  }

  standingOf(ticket: number): RequestStanding | undefined {
    return this.open.get(ticket);
  }

  take(): string[] {
    return this.said.splice(0);
  }
}

class Fixture {
  readonly env = new FakeEnv();
  readonly store: MemoryStore;
  readonly vault: MemoryVault;
  readonly keys: RequestKeys;

  constructor(store = new MemoryStore()) {
    this.store = store;
    this.vault = new MemoryVault(store, this.env.now);
    const lazy = new LazyVault(
      () => Promise.resolve(this.vault),
      log,
      () => undefined,
    );
    this.keys = new RequestKeys(lazy, log, this.env);
    void this.vault.claim('me');
  }

  async ask(owner: Owner, ticket: number, key = 'k', message = 'm'): Promise<string[]> {
    this.keys.ask(owner, { ticket, key, fingerprint: Buffer.alloc(32, message) });
    await settled();
    return owner.take();
  }

  async end(owner: Owner, ticket: number, end: KeyEnd, text = ''): Promise<string[]> {
    const out = new Writer(16);
    if (end === 'known') writeOutcome(out, 'result', 0, Buffer.from(text));
    this.keys.ended(owner.number, ticket, { end, outcome: Buffer.from(out.written()) });
    await settled();
    return owner.take();
  }
}

describe('a key', () => {
  it('lets the first go; the next hears its outcome', async () => {
    const all = new Fixture();
    const one = new Owner(1);
    assert.deepEqual(await all.ask(one, 1), ['1 fresh']);
    assert.deepEqual(await all.ask(one, 2), ['2 waits']);
    assert.deepEqual(await all.ask(one, 3, 'k', 'other'), ['3 reused']);
    assert.deepEqual(await all.end(one, 1, 'known', 'done'), ['2 done done']);
    assert.deepEqual(await all.ask(one, 4), ['4 done done']);
    assert.deepEqual(await all.ask(one, 5, 'k', 'other'), ['5 reused']);
  });

  it('is freed by what was not carried out: the next goes, one of those that waited', async () => {
    const all = new Fixture();
    const one = new Owner(1);
    for (const ticket of [1, 2, 3]) await all.ask(one, ticket);
    assert.deepEqual(await all.end(one, 1, 'free'), ['3 waits', '2 fresh']);
    assert.deepEqual(await all.end(one, 2, 'known', 'done'), ['3 done done']);
  });

  it('is unknown where nobody can say, for this process and the next', async () => {
    const all = new Fixture();
    const one = new Owner(1);
    await all.ask(one, 1);
    await all.ask(one, 2);
    assert.deepEqual(await all.end(one, 1, 'unknown'), ['2 unknown']);
    all.vault.die();
    assert.deepEqual(await new Fixture(all.store).ask(new Owner(1), 1), ['1 unknown']);
  });

  it('is unknown where its row is damaged, too', async () => {
    const all = new Fixture();
    const one = new Owner(1);
    await all.ask(one, 1);
    await all.end(one, 1, 'known', 'done');
    for (const row of all.store.outcomes.values()) row.body = row.body.subarray(0, 20);
    assert.deepEqual(await all.ask(one, 2), ['2 unknown']);
  });

  it('is forgotten after a day, counted from when it was noted', async () => {
    const all = new Fixture();
    const one = new Owner(1);
    await all.ask(one, 1);
    await all.end(one, 1, 'known', 'done');
    all.env.advance(DAY - 1);
    assert.deepEqual(await all.ask(one, 2), ['2 done done']);
    all.env.advance(1);
    assert.deepEqual(await all.ask(one, 3), ['3 fresh']);
  });

  it('keeps of a very long result only that there was one', async () => {
    const all = new Fixture();
    const one = new Owner(1);
    await all.ask(one, 1);
    await all.end(one, 1, 'known', 'x'.repeat(1 << 20));
    assert.deepEqual(await all.ask(one, 2), ['2 done ']);
  });
});

describe('the disk', () => {
  it('has the key before its request goes, and the outcome before that is said', async () => {
    const all = new Fixture();
    const one = new Owner(1);
    all.vault.hold();
    assert.deepEqual(await all.ask(one, 1), []);
    all.vault.go();
    await settled();
    assert.deepEqual(one.take(), ['1 fresh']);
    all.vault.hold();
    await all.end(one, 1, 'known', 'done');
    assert.equal(all.keys.holds(1, 1), true);
    all.keys.sayLater(1, 1, () => one.said.push('answer'));
    all.vault.go();
    await settled();
    assert.deepEqual(one.take(), ['answer']);
    assert.equal(all.keys.holds(1, 1), false);
  });

  it('that has no room: nothing goes, and an outcome is still known to this process', async () => {
    const all = new Fixture();
    const one = new Owner(1);
    all.vault.failure = fault;
    assert.deepEqual(await all.ask(one, 1), ['1 refused VaultWriteFailed ENOSPC']);
    all.vault.failure = undefined;
    assert.deepEqual(await all.ask(one, 2), ['2 fresh']);
    all.vault.failure = fault;
    await all.end(one, 2, 'known', 'done');
    assert.deepEqual(await all.ask(one, 3), ['3 done done']);
    assert.deepEqual(await all.ask(one, 4, 'other'), ['4 refused VaultWriteFailed ENOSPC']);
    all.vault.failure = undefined;
    all.keys.forgotten('m');
    assert.deepEqual(await all.ask(one, 5), ['5 done done'], 'another session was forgotten');
    await all.vault.remove('me');
    all.keys.forgotten('me');
    await all.vault.claim('me');
    assert.deepEqual(await all.ask(one, 6), ['6 fresh']);
  });

  it('that has no room is waited for with a thousand outcomes, no more', async () => {
    const all = new Fixture();
    const one = new Owner(1);
    for (let i = 1; i <= 1_001; i++) assert.deepEqual(await all.ask(one, i, `k${i}`), [`${i} fresh`]);
    all.vault.failure = fault;
    for (let i = 1; i <= 1_001; i++) await all.end(one, i, 'known', 'done');
    assert.deepEqual(await all.ask(one, 2_001, 'k1'), ['2001 unknown'], 'what is on the disk says no more');
    assert.deepEqual(await all.ask(one, 2_002, 'k2'), ['2002 done done']);
  });

  it('whose row cannot be read says that something was begun, with whichever message', async () => {
    const all = new Fixture();
    const one = new Owner(1);
    await all.vault.outcomes.write('me', 'k', Buffer.from('cut'));
    assert.deepEqual(await all.ask(one, 1), ['1 unknown']);
    all.vault.outcomes.read = () => {
      throw new VaultError('VaultRecordBroken', 'no seal', undefined);
    };
    assert.deepEqual(await all.ask(one, 2), ['2 unknown']);
  });

  it('that does not answer is waited for five seconds; what it has noted after all is free', async () => {
    const all = new Fixture();
    const one = new Owner(1);
    all.vault.hold();
    await all.ask(one, 1);
    all.env.advance(5_000);
    assert.deepEqual(one.take(), ['1 refused VaultWriteFailed ETIMEDOUT']);
    all.vault.go();
    await settled();
    assert.deepEqual(one.take(), []);
    assert.deepEqual(await all.ask(one, 2), ['2 fresh']);
  });

  it('that does not answer holds no answer for longer than that', async () => {
    const all = new Fixture();
    const one = new Owner(1);
    await all.ask(one, 1);
    all.vault.hold();
    await all.end(one, 1, 'known', 'done');
    all.keys.sayLater(1, 1, () => one.said.push('answer'));
    all.env.advance(5_000);
    assert.deepEqual(one.take(), ['answer']);
  });
});

describe('a gateway that stops', () => {
  it('says what waits for the disk, once', async () => {
    const all = new Fixture();
    const one = new Owner(1);
    await all.ask(one, 1);
    all.vault.hold();
    await all.end(one, 1, 'known', 'done');
    all.keys.sayLater(1, 1, () => one.said.push('answer'));
    all.keys.sayHeld();
    assert.deepEqual(one.take(), ['answer']);
    all.vault.go();
    await settled();
    assert.deepEqual(one.take(), []);
  });
});

describe('a lost thread', () => {
  it('is told again what it was told; nobody else may go', async () => {
    const all = new Fixture();
    const one = new Owner(1);
    one.open.set(1, { isSent: false });
    await all.ask(one, 1);
    await all.ask(one, 2);
    one.open.set(2, { isSent: false });
    all.keys.resumed(one);
    assert.deepEqual(await all.ask(one, 1), ['1 fresh']);
    assert.deepEqual(await all.ask(one, 2), ['2 waits']);
    assert.deepEqual(await all.end(one, 1, 'known', 'done'), ['2 done done']);
  });

  it('leaves unknown what its client will not hear of', async () => {
    const all = new Fixture();
    const one = new Owner(1);
    await all.ask(one, 1);
    one.open.set(2, { isSent: false });
    await all.ask(one, 2);
    all.keys.resumed(one);
    await settled();
    assert.deepEqual(one.take(), ['2 unknown']);
  });

  it('ends its session: what was not sent is free, what was is unknown', async () => {
    const all = new Fixture();
    const [one, two] = [new Owner(1), new Owner(2)];
    await all.ask(one, 1, 'sent');
    await all.ask(one, 2, 'unsent');
    one.open.set(1, { isSent: true });
    one.open.set(2, { isSent: false });
    all.keys.lost(one);
    all.keys.gone(one);
    await settled();
    assert.deepEqual(await all.ask(two, 3, 'sent'), ['3 unknown']);
    assert.deepEqual(await all.ask(two, 4, 'unsent'), ['4 fresh']);
  });

  it('dies of a request, which is given up: sent or not decides', async () => {
    const all = new Fixture();
    const one = new Owner(1);
    await all.ask(one, 1, 'sent');
    await all.ask(one, 2, 'unsent');
    all.keys.crashed(one, 1, true);
    all.keys.crashed(one, 2, false);
    await settled();
    assert.deepEqual([await all.ask(one, 3, 'sent'), await all.ask(one, 4, 'unsent')], [['3 unknown'], ['4 fresh']]);
  });
});

describe('a session that has ended', () => {
  it('frees what it was granted and did not tell of; those of it that waited wait no longer', async () => {
    const all = new Fixture();
    const [one, two] = [new Owner(1), new Owner(2)];
    await all.ask(one, 1);
    await all.ask(one, 2);
    await all.ask(two, 3);
    all.keys.gone(one);
    await settled();
    assert.deepEqual([one.take(), two.take()], [[], ['3 fresh']]);
  });

  it('frees what was being noted for it', async () => {
    const all = new Fixture();
    const [one, two] = [new Owner(1), new Owner(2)];
    all.vault.hold();
    await all.ask(one, 1);
    all.keys.gone(one);
    all.vault.go();
    await settled();
    assert.deepEqual(one.take(), []);
    assert.deepEqual(await all.ask(two, 2), ['2 fresh']);
  });
});
