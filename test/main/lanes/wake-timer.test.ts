/** The timer that wakes a lane: never early, never twice, and one timer at a time. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { WakeTimer } from '../../../src/main/lanes/wake-timer.ts';
import { FakeEnv } from '../../support/fake-env.ts';

function wakeTimerOf(): { wakeTimer: WakeTimer; env: FakeEnv; woken: number[]; at: (ms: number) => number } {
  const env = new FakeEnv();
  const start = env.time;
  const woken: number[] = [];
  return { wakeTimer: new WakeTimer(env, () => woken.push(env.time - start)), env, woken, at: (ms) => start + ms };
}

test('it wakes once, when its time has come', () => {
  const { wakeTimer, env, woken, at } = wakeTimerOf();
  assert.equal(wakeTimer.set(at(100)), false);
  env.advance(99);
  assert.deepEqual(woken, []);
  env.advance(1_000);
  assert.deepEqual(woken, [100]);
  assert.equal(env.timers, 0);
});

test('a time that has passed is the caller’s to see to', () => {
  const { wakeTimer, env, woken, at } = wakeTimerOf();
  assert.equal(wakeTimer.set(at(0)), true);
  assert.equal(wakeTimer.set(at(-5)), true);
  env.advance(1_000);
  assert.deepEqual(woken, []);
});

test('moved later it wakes later, moved earlier it wakes earlier, with one timer', () => {
  const { wakeTimer, env, woken, at } = wakeTimerOf();
  wakeTimer.set(at(100));
  wakeTimer.set(at(250));
  assert.equal(env.timers, 1);
  env.advance(200);
  assert.deepEqual(woken, []);
  wakeTimer.set(at(210));
  assert.equal(env.timers, 1);
  env.advance(1_000);
  assert.deepEqual(woken, [210]);
});

test('it does not wake without a deadline, nor after it was cleared', () => {
  const { wakeTimer, env, woken, at } = wakeTimerOf();
  wakeTimer.set(at(100));
  wakeTimer.set(Infinity);
  env.advance(1_000);
  wakeTimer.set(at(1_100));
  wakeTimer.clear();
  assert.equal(env.timers, 0);
  env.advance(1_000);
  assert.deepEqual(woken, []);
});

test('a deadline beyond what a timer holds is waited for in parts', () => {
  const { wakeTimer, env, woken, at } = wakeTimerOf();
  const far = 3 * 0x7fffffff;
  wakeTimer.set(at(far));
  env.advance(far - 1);
  assert.deepEqual(woken, []);
  env.advance(1);
  assert.deepEqual(woken, [far]);
});
