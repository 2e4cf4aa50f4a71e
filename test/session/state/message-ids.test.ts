import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isAfter, MessageIds } from '../../../src/session/state/message-ids.ts';

const NOW = 1_700_000_000_123.5;

test('an id carries the server time as seconds and their fraction, and ends in 00', () => {
  const ids = new MessageIds(2000);
  ids.next(NOW, 0x7fffffff);
  assert.equal(ids.high, 1_700_000_002);
  assert.ok(Math.abs((ids.low >>> 0) / 2 ** 32 - 0.1235) < 0.001);
  assert.equal(ids.low & 3, 0);
});

test('ids rise strictly, whatever the clock does', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 5000, noNaN: true }), { minLength: 2, maxLength: 50 }), (steps) => {
      const ids = new MessageIds();
      let low = 0;
      let high = 0;
      for (const step of steps) {
        ids.next(NOW + step, Math.round(step * 1e6));
        assert.ok(isAfter(ids.low, ids.high, low, high));
        assert.equal(ids.low & 3, 0);
        low = ids.low;
        high = ids.high;
      }
    }),
  );
});

test('an id on a whole second has a fraction all the same', () => {
  const ids = new MessageIds();
  ids.next(1_700_000_000_000, 0);
  assert.notEqual(ids.low, 0);
});

test('the step over a full fraction carries into the seconds', () => {
  const ids = new MessageIds();
  ids.low = -4;
  ids.high = 1_800_000_000;
  ids.next(NOW, 0);
  assert.deepEqual([ids.low, ids.high], [0, 1_800_000_001]);
});

test('seq_no is twice the content-related messages before, plus one for such a message', () => {
  const ids = new MessageIds();
  assert.deepEqual(
    [true, false, true, false, false, true].map((content) => ids.seqNo(content)),
    [1, 2, 3, 4, 4, 5],
  );
});

test('the clock takes the largest difference, and starts again when an answer lies far below its request', () => {
  const ids = new MessageIds();
  ids.learn(1_700_000_010, 0, NOW);
  ids.learn(1_700_000_005, 0, NOW);
  assert.equal(ids.serverTime(NOW), 1_700_000_010_000);
  ids.learnFromAnswer(1_699_999_990, 0, 1_700_000_010, NOW);
  assert.equal(ids.serverTime(NOW), 1_699_999_990_000);
});

test('numbers go on higher than what the server has, and never lower than that', () => {
  const ids = new MessageIds();
  for (let n = 0; n < 20; n++) ids.seqNo(true);
  ids.raise(39);
  assert.equal(ids.seqNo(true), 2 * 52 + 1);
  ids.raise(1001);
  assert.equal(ids.seqNo(true), 1003);
  ids.lower(0);
  assert.equal(ids.seqNo(true), 2 * (502 - 8) + 1);
  ids.lower(987);
  assert.equal(ids.seqNo(true), 989);
  assert.equal(ids.seqNo(false), 990);
  ids.lower(0);
  assert.equal(ids.seqNo(true), 991, 'above the container or the question before it');
});

test('one id is after another as numbers of 64 bits are, without a sign', () => {
  const half = fc.oneof(
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    fc.constantFrom(0, -1, 1, -(2 ** 31), 2 ** 31 - 1),
  );
  const whole = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  fc.assert(
    fc.property(half, half, half, half, (aLow, aHigh, bLow, bHigh) => {
      assert.equal(isAfter(aLow, aHigh, bLow, bHigh), whole(aLow, aHigh) > whole(bLow, bHigh));
      assert.equal(isAfter(aLow, aHigh, bLow, aHigh), aLow >>> 0 > bLow >>> 0, 'within one second');
    }),
  );
});
