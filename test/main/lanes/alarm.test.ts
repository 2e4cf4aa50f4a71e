/** The timer that wakes a lane: never early, never twice, and one timer at a time. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Alarm } from '../../../src/main/lanes/alarm.ts';
import { FakeEnv } from '../../support/fake-env.ts';

function alarmOf(): { alarm: Alarm; env: FakeEnv; rung: number[]; at: (ms: number) => number } {
  const env = new FakeEnv();
  const start = env.time;
  const rung: number[] = [];
  return { alarm: new Alarm(env, () => rung.push(env.time - start)), env, rung, at: (ms) => start + ms };
}

test('it rings once, when its time has come', () => {
  const { alarm, env, rung, at } = alarmOf();
  assert.equal(alarm.set(at(100)), false);
  env.advance(99);
  assert.deepEqual(rung, []);
  env.advance(1_000);
  assert.deepEqual(rung, [100]);
  assert.equal(env.timers, 0);
});

test('a time that has passed is the caller’s to see to', () => {
  const { alarm, env, rung, at } = alarmOf();
  assert.equal(alarm.set(at(0)), true);
  assert.equal(alarm.set(at(-5)), true);
  env.advance(1_000);
  assert.deepEqual(rung, []);
});

test('moved later it rings later, moved earlier it rings earlier, with one timer', () => {
  const { alarm, env, rung, at } = alarmOf();
  alarm.set(at(100));
  alarm.set(at(250));
  assert.equal(env.timers, 1);
  env.advance(200);
  assert.deepEqual(rung, []);
  alarm.set(at(210));
  assert.equal(env.timers, 1);
  env.advance(1_000);
  assert.deepEqual(rung, [210]);
});

test('it does not ring without a deadline, nor after it was cleared', () => {
  const { alarm, env, rung, at } = alarmOf();
  alarm.set(at(100));
  alarm.set(Infinity);
  env.advance(1_000);
  alarm.set(at(1_100));
  alarm.clear();
  assert.equal(env.timers, 0);
  env.advance(1_000);
  assert.deepEqual(rung, []);
});

test('a deadline beyond what a timer holds is waited for in parts', () => {
  const { alarm, env, rung, at } = alarmOf();
  const far = 3 * 0x7fffffff;
  alarm.set(at(far));
  env.advance(far - 1);
  assert.deepEqual(rung, []);
  env.advance(1);
  assert.deepEqual(rung, [far]);
});
