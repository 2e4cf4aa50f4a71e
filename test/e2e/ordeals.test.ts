/**
 * The ordeals of `npm run bench -- kills outage stops`, smaller: workers that die, a DC that goes away, a gateway that is
 * stopped, all under load, and the books of clients and DC compared. They throw if a request was lost or doubled.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killsOf } from '../trials/kills.ts';
import { mostInASecond, outageOf } from '../trials/outage.ts';
import { stopOnce } from '../trials/stops.ts';

test('workers die under load: every request is answered once, no client is dropped', async () => {
  const { figures } = await killsOf(4, 300, 8, () => undefined, 1_000);
  assert.equal(figures.length, 4);
});

test('the DC goes away and everybody comes back, no faster than allowed', async () => {
  const { later } = await outageOf(30, 2);
  assert.ok(later! <= 200);
});

test('SIGTERM under load: exit 0, and nobody is left without an answer', async () => {
  const { asked, done } = await stopOnce(300, 8);
  assert.ok(asked! > 0 && done! > 0);
});

test('the most in any second', () => {
  assert.equal(mostInASecond([]), 0);
  assert.equal(mostInASecond([0, 500, 999, 1_000, 1_400]), 4);
});
