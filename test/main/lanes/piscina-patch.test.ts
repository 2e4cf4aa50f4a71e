/** Patched Piscina: Piscina does what it did, and makes nothing anew for its balancer. Fails when Piscina looks otherwise. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Piscina } from 'piscina';
import { patchPiscina, Tasks } from '../../../src/main/lanes/piscina-patch.ts';

/** A pool of one thread, and the objects its balancer was shown. */
function leanPool(): { pool: Piscina; shown: Set<object> } {
  const shown = new Set<object>();
  const pool = new Piscina({
    filename: new URL('../../support/doubling-worker.js', import.meta.url).href,
    minThreads: 1,
    maxThreads: 1,
    atomics: 'sync',
    stricterFIFO: true,
    concurrentTasksPerWorker: 3,
    loadBalancer: (_, workers) => {
      for (const worker of workers) shown.add(worker);
      return workers[0] ?? null;
    },
  });
  patchPiscina(pool);
  return { pool, shown };
}

test('tasks are answered in their order, one under way when the worker came included', async (t) => {
  const { pool, shown } = leanPool();
  t.after(() => pool.destroy());
  const done: number[] = [];
  const tasks = Array.from({ length: 50 }, (_, n) => pool.run(n).then((result: number) => done.push(result)));
  await Promise.all(tasks);
  assert.deepEqual(
    done,
    Array.from({ length: 50 }, (_, n) => n * 2),
  );
  shown.clear();
  for (let n = 0; n < 20; n++) assert.equal(await pool.run(n), n * 2);
  assert.equal(shown.size, 1, 'the worker is shown as one object for good');
});

test('a thread that ends takes all its tasks, and the next one goes on', async (t) => {
  const { pool } = leanPool();
  t.after(() => pool.destroy());
  await pool.run(1);
  const lost = await Promise.allSettled([pool.run(-1), pool.run(2), pool.run(3)]);
  assert.deepEqual(
    lost.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
  assert.equal(await pool.run(4), 8);
});

test('a table of tasks holds what a Map would', () => {
  const [tasks, map] = [new Tasks(), new Map<number, string>()];
  const look = (): void => {
    assert.equal(tasks.size, map.size);
    assert.deepEqual([...tasks], [...map]);
    assert.deepEqual([...tasks.values()], [...map.values()]);
    for (let id = 0; id < 4; id++) assert.deepEqual([tasks.has(id), tasks.get(id)], [map.has(id), map.get(id)]);
  };
  for (const id of [0, 1, 2]) {
    tasks.set(id, `task ${id}`);
    map.set(id, `task ${id}`);
    look();
  }
  for (const id of [1, 1, 3, 0]) {
    assert.equal(tasks.delete(id), map.delete(id));
    look();
  }
  tasks.clear();
  map.clear();
  look();
});
