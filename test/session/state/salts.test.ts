import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Salts } from '../../../src/session/state/salts.ts';

const T = 1_700_000_000;

test('salts follow each other at their times', () => {
  const salts = new Salts();
  salts.set(1, 1, T);
  salts.add(T + 100, T + 1900, 2, 2);
  salts.add(T + 1000, T + 2800, 3, 3);
  salts.advance(T + 99);
  assert.equal(salts.low, 1);
  salts.advance(T + 100);
  assert.equal(salts.low, 2);
  salts.advance(T + 5000);
  assert.equal(salts.low, 3);
});

test('more are asked for when nothing is sure for a minute, and at most once a minute', () => {
  const salts = new Salts();
  salts.set(1, 1, T);
  assert.equal(salts.shouldAsk(T, 0), false);
  assert.equal(salts.shouldAsk(T + 541, 0), true);
  salts.noteAsked(0);
  assert.equal(salts.shouldAsk(T + 541, 59_999), false);
  assert.equal(salts.shouldAsk(T + 601, 60_000), true);
  salts.add(T + 600, T + 4000, 2, 2);
  assert.equal(salts.shouldAsk(T + 601, 60_000), false);
});

test('a salt the server gives replaces all that was known', () => {
  const salts = new Salts();
  salts.add(T, T + 9999, 2, 2);
  salts.set(7, 8, T);
  salts.advance(T + 10);
  assert.deepEqual([salts.low, salts.high], [7, 8]);
});
