/**
 * What every vault does: run over each of them.
 * In: how to open one more process on the same store, and how to kill one. Out: tests.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { OUTCOME_LIFE } from '../../src/vault/outcomes.ts';
import type { Vault } from '../../src/vault/vault.ts';

export interface Store {
  /** One more process, or what stands for one. */
  open(): Promise<Vault>;
  /** Ends it without a word. */
  die(vault: Vault): Promise<void>;
}

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const textOf = (body: Uint8Array | undefined): string | undefined => body && Buffer.from(body).toString();

/** Waits until the clock shows another millisecond, and returns it. */
async function nextMillisecond(): Promise<number> {
  const now = Date.now();
  while (Date.now() === now) await new Promise(setImmediate);
  return Date.now();
}

export function contract(kind: string, make: (t: TestContext) => Store): void {
  test(`${kind}: what was written is read back, by every process`, async (t) => {
    const store = make(t);
    const [one, two] = [await store.open(), await store.open()];
    assert.equal(one.read('bot1'), undefined);
    assert.deepEqual(await one.claim('bot1'), { record: undefined, isClean: false });
    await one.write('bot1', bytes('first'));
    await one.write('bot1', bytes('second'));
    assert.deepEqual(one.read('bot1'), bytes('second'));
    assert.deepEqual(two.read('bot1'), bytes('second'));
    assert.deepEqual(
      (await two.list()).map(({ name, record, owner }) => ({ name, record, owner })),
      [{ name: 'bot1', record: bytes('second'), owner: 'elsewhere' }],
    );
    await one.close();
    assert.deepEqual(two.read('bot1'), bytes('second'));
    await two.close();
  });

  test(`${kind}: a name has one owner, and the next has its last state, clean`, async (t) => {
    const store = make(t);
    const [one, two] = [await store.open(), await store.open()];
    await one.claim('a');
    assert.equal(await two.claim('a'), undefined);
    assert.notEqual(await one.claim('a'), undefined, 'idempotent');
    await assert.rejects(two.write('a', bytes('no')), { fault: 'VaultWriteFailed' });
    await one.write('a', bytes('running'));
    await one.release('a', bytes('stopped'));
    assert.deepEqual(await two.claim('a'), { record: bytes('stopped'), isClean: true });
    assert.equal(await one.claim('a'), undefined);
    await one.close();
    await two.close();
  });

  test(`${kind}: what was not released with a record is not clean`, async (t) => {
    const store = make(t);
    const [one, two] = [await store.open(), await store.open()];
    await one.claim('a');
    await one.release('a', bytes('1'));
    await one.claim('a');
    await one.release('a');
    assert.deepEqual(await two.claim('a'), { record: bytes('1'), isClean: false });
    await two.release('a', bytes('2'));
    await two.claim('a');
    await two.write('a', bytes('3'));
    await two.close();
    assert.deepEqual(await one.claim('a'), { record: bytes('3'), isClean: false });
    await one.close();
  });

  test(`${kind}: a list tells when each record was written last, by a write or with a release`, async (t) => {
    const store = make(t);
    const vault = await store.open();
    const writtenAt = async (): Promise<number> => (await vault.list())[0]!.writtenAt;
    /** What is done between two readings of the clock that differ from those before and after. */
    const timed = async (act: () => Promise<unknown>): Promise<[from: number, to: number]> => {
      const from = await nextMillisecond();
      await act();
      const to = Date.now();
      await nextMillisecond();
      return [from, to];
    };
    await vault.claim('a');
    for (const act of [() => vault.write('a', bytes('1')), () => vault.release('a', bytes('2'))]) {
      const [from, to] = await timed(act);
      const at = await writtenAt();
      assert.ok(from <= at && at <= to, `${from} <= ${at} <= ${to}`);
    }
    const before = await writtenAt();
    await vault.claim('a');
    await vault.release('a');
    assert.equal(await writtenAt(), before, 'nothing was written');
    await vault.close();
  });

  test(`${kind}: a dead owner owns nothing`, async (t) => {
    const store = make(t);
    const [one, two] = [await store.open(), await store.open()];
    await one.claim('a');
    await one.release('a', bytes('1'));
    await one.claim('a');
    await store.die(one);
    assert.deepEqual(await two.claim('a'), { record: bytes('1'), isClean: false });
    await two.close();
  });

  test(`${kind}: an owner hears that it is asked, and nobody else does`, { timeout: 20_000 }, async (t) => {
    const store = make(t);
    const [one, two, three] = [await store.open(), await store.open(), await store.open()];
    await one.claim('a');
    await three.claim('b');
    three.asked = two.asked = () => assert.fail('not the owner');
    const asked = (): Promise<[string, boolean]> =>
      new Promise((done) => (one.asked = (name, isIfIdle) => done([name, isIfIdle])));
    for (const isIfIdle of [true, false]) {
      const heard = asked();
      await two.ask('a', isIfIdle);
      assert.deepEqual(await heard, ['a', isIfIdle]);
    }
    one.asked = () => assert.fail('asked before, and answered');
    await one.release('a', bytes('over to you'));
    assert.deepEqual(await two.claim('a'), { record: bytes('over to you'), isClean: true });
    for (const vault of [one, two, three]) await vault.close();
  });

  test(`${kind}: a removed name is gone; a living owner's is not removed`, async (t) => {
    const store = make(t);
    const [one, two] = [await store.open(), await store.open()];
    await one.claim('a');
    await one.write('a', bytes('1'));
    assert.equal(await two.remove('a'), false);
    assert.equal(await one.remove('a'), true);
    assert.equal(two.read('a'), undefined);
    assert.deepEqual(await two.list(), []);
    assert.deepEqual(await two.claim('a'), { record: undefined, isClean: false });
    await one.close();
    await two.close();
  });

  test(`${kind}: outcomes of requests are read back, by every process, until they are removed or their name is`, async (t) => {
    const store = make(t);
    const [one, two] = [await store.open(), await store.open()];
    await one.claim('a');
    await one.write('a', bytes('record'));
    assert.equal(one.outcomes.read('a', 'k'), undefined);
    await one.outcomes.write('a', 'k', bytes('begun'));
    await one.outcomes.write('a', 'k', bytes('done'));
    await one.outcomes.write('a', 'ключ'.repeat(16), bytes('other'));
    for (const vault of [one, two]) {
      assert.deepEqual(textOf(vault.outcomes.read('a', 'k')), 'done');
      assert.deepEqual(textOf(vault.outcomes.read('a', 'ключ'.repeat(16))), 'other');
      assert.equal(vault.outcomes.read('ab', 'k'), undefined);
    }
    assert.deepEqual(
      (await two.list()).map(({ name }) => name),
      ['a'],
      'no name of its own',
    );
    await assert.rejects(two.outcomes.write('a', 'k', bytes('no')), { fault: 'VaultWriteFailed' });
    await assert.rejects(two.outcomes.remove('a', 'k'), { fault: 'VaultWriteFailed' });
    await one.outcomes.remove('a', 'k');
    assert.equal(two.outcomes.read('a', 'k'), undefined);
    await two.claim('ab');
    await two.outcomes.write('ab', 'k', bytes('stays'));
    await one.remove('a');
    assert.equal(two.outcomes.read('a', 'ключ'.repeat(16)), undefined);
    assert.notEqual(two.outcomes.read('ab', 'k'), undefined);
    await one.close();
    await two.close();
  });

  test(`${kind}: outcomes of requests go when their day is over`, async (t) => {
    const vault = await make(t).open();
    await vault.claim('a');
    for (let i = 0; i < 70; i++) await vault.outcomes.write('a', `k${i}`, bytes('done'));
    await vault.outcomes.prune(Date.now() + OUTCOME_LIFE - 60_000);
    assert.notEqual(vault.outcomes.read('a', 'k0'), undefined);
    await vault.outcomes.prune(Date.now() + OUTCOME_LIFE);
    for (let i = 0; i < 70; i++) assert.equal(vault.outcomes.read('a', `k${i}`), undefined);
    await vault.close();
  });

  test(`${kind}: any order of claims, writes, releases and removals ends as in a map`, async (t) => {
    const step = fc.record({
      act: fc.constantFrom('claim', 'write', 'release', 'end', 'remove'),
      by: fc.nat(1),
      name: fc.constantFrom('a', 'b', 'ключ'),
      record: fc.uint8Array({ minLength: 1, maxLength: 5000, size: 'max' }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const store = make(t);
        const vaults = [await store.open(), await store.open()];
        const kept = new Map<string, Uint8Array>();
        const owners = new Map<string, number>();
        for (const { act, by, name, record } of steps) {
          const [vault, owner] = [vaults[by]!, owners.get(name)];
          const mine = owner === by;
          if (act === 'claim') {
            const claim = await vault.claim(name);
            assert.equal(claim !== undefined, owner === undefined || mine);
            if (claim === undefined) continue;
            assert.deepEqual(claim.record, kept.get(name));
            owners.set(name, by);
          } else if (act === 'write') {
            const written = vault.write(name, record);
            if (!mine) await assert.rejects(written, { fault: 'VaultWriteFailed' });
            else kept.set(name, (await written, record));
          } else if (act === 'remove') {
            const removed = await vault.remove(name);
            assert.equal(removed, owner === undefined || mine);
            if (removed) kept.delete(name);
            if (removed) owners.delete(name);
          } else {
            await vault.release(name, act === 'end' ? record : undefined);
            if (mine && act === 'end') kept.set(name, record);
            if (mine) owners.delete(name);
          }
        }
        for (const vault of vaults) {
          const found = (await vault.list()).map(({ name, record }) => [name, record]);
          assert.deepEqual(
            found,
            [...kept].toSorted(([a], [b]) => (a < b ? -1 : 1)),
          );
        }
        for (const vault of vaults) await vault.close();
      }),
      { numRuns: 30 },
    );
  });
}
