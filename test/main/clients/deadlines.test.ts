/** Things that must end within one fixed time. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Deadlines } from '../../../src/main/clients/deadlines.ts';

test('deadlines: the late in order, none before its time, none twice', () => {
  const late: string[] = [];
  const deadlines = new Deadlines<string>(100, (thing) => late.push(thing));
  deadlines.begin('a', 0);
  deadlines.begin('b', 10);
  deadlines.begin('a', 50);
  deadlines.begin('c', 60);
  deadlines.end('b');
  deadlines.look(99);
  assert.deepEqual(late, []);
  deadlines.look(159);
  assert.deepEqual(late, ['a']);
  deadlines.look(160);
  assert.deepEqual(late, ['a', 'c']);
  assert.equal(deadlines.size, 0);
});

test('a late thing may begin again', () => {
  let times = 0;
  const deadlines: Deadlines<string> = new Deadlines<string>(10, (thing) => {
    times++;
    deadlines.begin(thing, 10);
  });
  deadlines.begin('a', 0);
  deadlines.look(10);
  assert.deepEqual([times, deadlines.size], [1, 1]);
});
