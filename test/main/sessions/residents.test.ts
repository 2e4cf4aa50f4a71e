/** Sessions that are opened at the start and kept open: which, how fast, and when again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Residents } from '../../../src/main/sessions/residents.ts';
import type { OpenSession } from '../../../src/main/sessions/open-session.ts';
import { FakeEnv } from '../../support/fake-env.ts';
import { settled } from '../../support/registry-fixture.ts';

/** As much of a session as residents know of. */
interface Fake {
  readonly name: string;
  readonly attachments: Set<unknown>;
  isStored: boolean;
  isResident: boolean;
  isLost: boolean;
  /** Ends it. */
  end(): void;
}

function residentsOf(names: () => Promise<string[]>, dialsPerSecond = 40) {
  const env = new FakeEnv();
  const open = new Map<string, Fake>();
  const opened: string[] = [];
  const begin = (name: string): Fake => {
    const ends: (() => void)[] = [];
    const fake = {
      ...{ name, attachments: new Set(), isStored: false, isResident: false, isLost: false },
      whenEnded: (then: () => void) => void ends.push(then),
      end: () => {
        open.delete(name);
        for (const then of ends) then();
      },
    };
    open.set(name, fake);
    return fake;
  };
  const named = (name: string): OpenSession => {
    opened.push(name);
    return (open.get(name) ?? begin(name)) as unknown as OpenSession;
  };
  const residents = new Residents({ named }, { residents: names }, env, { dialsPerSecond });
  return { env, open, opened, begin, residents, took: () => opened.splice(0) };
}

const NAMES = ['a', 'b', 'c', 'd', 'e'];

describe('residents', () => {
  it('are opened in their order, as fast as connections may be begun', async () => {
    const { residents, env, took } = residentsOf(() => Promise.resolve([...NAMES]));
    await residents.start();
    assert.deepEqual([took(), residents.waiting], [['a', 'b'], 3], 'two in 50 ms are 40 a second');
    env.advance(49);
    assert.deepEqual(took(), []);
    env.advance(1);
    assert.deepEqual(took(), ['c', 'd']);
    env.advance(50);
    assert.deepEqual([took(), residents.waiting, env.timers], [['e'], 0, 0]);
  });

  it('are none if the vault cannot be read', async () => {
    const { residents, env, took } = residentsOf(() => Promise.reject(new Error('shut')));
    await residents.start();
    await settled();
    assert.deepEqual([took(), env.timers], [[], 0]);
  });

  it('stay what somebody who is there already has made of them', async () => {
    const { residents, begin, open } = residentsOf(() => Promise.resolve(['a', 'b', 'c']), 1_000);
    begin('a').attachments.add(1);
    begin('b').isStored = true;
    await residents.start();
    assert.deepEqual(
      ['a', 'b', 'c'].map((name) => open.get(name)!.isResident),
      [false, false, true],
    );
  });

  it('are opened again when they end, after a pause that doubles up to five minutes', async () => {
    const { residents, env, open, took } = residentsOf(() => Promise.resolve(['a']));
    await residents.start();
    took();
    for (const pause of [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
      open.get('a')!.end();
      assert.equal(residents.waiting, 1);
      env.advance(pause - 1);
      assert.deepEqual(took(), []);
      env.advance(1);
      assert.deepEqual(took(), ['a'], `after ${pause} ms`);
    }
    env.advance(300_001);
    open.get('a')!.end();
    env.advance(5_000);
    assert.deepEqual(took(), ['a'], 'one that was open for long begins anew');
  });

  it('are not opened again once they are none, are lost, or the gateway stops', async () => {
    const { residents, env, open, took } = residentsOf(() => Promise.resolve(['a', 'b', 'c']), 1_000);
    await residents.start();
    took();
    open.get('a')!.isResident = false;
    open.get('b')!.isLost = true;
    open.get('a')!.end();
    open.get('b')!.end();
    open.get('c')!.end();
    assert.equal(residents.waiting, 1);
    residents.stop();
    env.advance(600_000);
    assert.deepEqual([took(), residents.waiting, env.timers], [[], 0, 0]);
  });
});
