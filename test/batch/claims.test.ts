import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { ClaimTable, makeClaims } from '../../src/batch/claims.ts';

test('a key has one owner until it is given back by that owner', () => {
  const claims = new ClaimTable(makeClaims(64));
  assert.equal(claims.claim(1, 2, 10), undefined);
  assert.equal(claims.claim(1, 2, 10), undefined);
  assert.equal(claims.claim(1, 2, 11), 'held');
  claims.release(1, 2, 11);
  assert.equal(claims.claim(1, 2, 11), 'held');
  claims.release(1, 2, 10);
  assert.equal(claims.claim(1, 2, 11), undefined);
});

test('keys that fall on one place stand beside each other, also after one has left', () => {
  const claims = new ClaimTable(makeClaims(8));
  for (let i = 0; i < 5; i++) assert.equal(claims.claim(3 + i * 8, i, 100 + i), undefined);
  claims.release(3, 0, 100);
  assert.equal(claims.claim(3 + 4 * 8, 4, 999), 'held');
  assert.equal(claims.claim(77, 77, 200), undefined);
  claims.releaseAll(new Set([101, 102]));
  assert.equal(claims.claim(3 + 8, 1, 300), undefined);
});

test('a full table refuses', () => {
  const claims = new ClaimTable(makeClaims(2));
  assert.deepEqual(
    [claims.claim(1, 0, 1), claims.claim(2, 0, 2), claims.claim(3, 0, 3)],
    [undefined, undefined, 'full'],
  );
  assert.equal(claims.claim(1, 0, 9), 'held', 'though there is no place either');
  assert.equal(claims.claim(1, 0, 1), undefined);
});

test('threads that race for the same keys never both win', async () => {
  const block = makeClaims(4096);
  const won = new SharedArrayBuffer(1024 * 4);
  const code = `
    const { workerData, parentPort } = require('node:worker_threads');
    import(workerData.module).then(({ ClaimTable }) => {
      const claims = new ClaimTable(workerData.block);
      const won = new Int32Array(workerData.won);
      for (let key = 1; key <= 1024; key++) if (claims.claim(key, key, workerData.owner) === undefined) Atomics.add(won, key - 1, 1);
      parentPort.postMessage('done');
    });`;
  const module = new URL('../../src/batch/claims.js', import.meta.url).href;
  const workers = [1, 2].map((owner) => new Worker(code, { eval: true, workerData: { block, won, owner, module } }));
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  await Promise.all(workers.map((worker) => worker.terminate()));
  assert.deepEqual(
    [...new Int32Array(won)],
    Array.from({ length: 1024 }, () => 1),
  );
});
