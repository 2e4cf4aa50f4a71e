/** Things that must end within one fixed time. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { TimeoutQueue } from '../../../src/main/clients/timeout-queue.ts';

test('the late in order, none before its time, none twice', () => {
  const late: string[] = [];
  const queue = new TimeoutQueue<string>(100, (thing) => late.push(thing));
  queue.begin('a', 0);
  queue.begin('b', 10);
  queue.begin('a', 50);
  queue.begin('c', 60);
  queue.end('b');
  queue.look(99);
  assert.deepEqual(late, []);
  queue.look(159);
  assert.deepEqual(late, ['a']);
  queue.look(160);
  assert.deepEqual(late, ['a', 'c']);
  assert.equal(queue.size, 0);
});

test('a late thing may begin again', () => {
  let times = 0;
  const queue: TimeoutQueue<string> = new TimeoutQueue<string>(10, (thing) => {
    times++;
    queue.begin(thing, 10);
  });
  queue.begin('a', 0);
  queue.look(10);
  assert.deepEqual([times, queue.size], [1, 1]);
});
