/** Sessions of one lane: how they end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outbox } from '../../src/session/state/outbox.ts';
import { botPair, gone } from '../support/bot-pair.ts';

test('a session whose end meets a bug is gone all the same, says so, and is in the log', async (t) => {
  const pair = await botPair();
  const session = pair.sessionOf(1);
  pair.gone.length = 0;
  t.mock.method(Outbox.prototype, 'hurry', () => {
    throw new Error('a bug');
  });
  await gone(pair);
  assert.deepEqual([pair.gone, pair.faulty], [[session], [session]]);
  assert.match(JSON.stringify(pair.log), /a bug/);
});

test('a session whose end meets no bug says nothing of one', async () => {
  const pair = await botPair();
  const session = pair.sessionOf(1);
  pair.gone.length = 0;
  await gone(pair);
  assert.deepEqual([pair.gone, pair.faulty], [[session], []]);
});
