/** Turns of callers whose work waits. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FairQueue } from '../../../src/main/names/fair-queue.ts';
import { settled } from '../../support/registry-fixture.ts';

/** A queue, what of its work has begun, and how one of it ends. */
function queueOf(most: number) {
  const queue = new FairQueue<string>(most);
  const begun: string[] = [];
  const ends = new Map<string, { resolve(work: string): void; reject(error: Error): void }>();
  const ask = (caller: string, work: string): Promise<string> =>
    queue.run(caller, () => {
      begun.push(work);
      return new Promise<string>((resolve, reject) => ends.set(work, { resolve, reject }));
    });
  const end = async (work: string): Promise<void> => {
    ends.get(work)!.resolve(work);
    await settled();
  };
  return { ask, begun, ends, end };
}

describe('work of many callers', () => {
  it('begins at once while little of it is under way, and ends with what came of it', async () => {
    const { ask, begun, end } = queueOf(2);
    const first = ask('a', 'a1');
    void ask('a', 'a2');
    void ask('a', 'a3');
    assert.deepEqual(begun, ['a1', 'a2']);
    await end('a1');
    assert.deepEqual([await first, begun.at(-1)], ['a1', 'a3']);
  });

  it('has turns, each caller’s in its order', async () => {
    const { ask, begun, end } = queueOf(1);
    for (const work of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']) void ask(work[0]!, work);
    for (const work of ['a1', 'a2', 'b1', 'c1', 'a3', 'b2']) await end(work);
    assert.deepEqual(begun, ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
  });

  it('that fails gives its place to the next, and is told so', async () => {
    const { ask, begun, ends, end } = queueOf(1);
    const first = ask('a', 'a1');
    void ask('b', 'b1');
    ends.get('a1')!.reject(new Error('no'));
    await assert.rejects(first, /no/);
    await settled();
    assert.deepEqual(begun, ['a1', 'b1']);
    await end('b1');
    void ask('c', 'c1');
    assert.equal(begun.at(-1), 'c1', 'its place is free');
  });
});
