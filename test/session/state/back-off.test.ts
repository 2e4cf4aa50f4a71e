import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackOff } from '../../../src/session/state/back-off.ts';

test('the bound doubles from half a second to a minute, with full jitter', () => {
  const backOff = new BackOff();
  assert.equal(backOff.delay(0.999), 0);
  const bounds = Array.from({ length: 10 }, () => {
    backOff.failed();
    assert.equal(backOff.delay(0), 0);
    return backOff.delay(1);
  });
  assert.deepEqual(bounds, [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  backOff.succeeded();
  assert.equal(backOff.delay(1), 0);
});

test('a transport flood waits at least five seconds, then twice as long each time', () => {
  const backOff = new BackOff();
  for (const least of [5000, 10_000, 20_000]) {
    backOff.flooded();
    assert.equal(backOff.delay(0), least);
  }
});
