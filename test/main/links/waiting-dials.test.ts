/** Requests that wait: the first of the least busy address, whatever stands before it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitingDials, type WaitingDial } from '../../../src/main/links/waiting-dials.ts';

const dial = (address: string, makesKey = false): WaitingDial => ({ address, makesKey });

test('the least busy address goes first, at one address whoever came first', () => {
  const waiting = new WaitingDials();
  const [busy, first, second] = [dial('busy'), dial('idle'), dial('idle')];
  for (const one of [busy, first, second]) waiting.add(one);
  const load = ({ address }: WaitingDial): number => (address === 'busy' ? 3 : 0);
  assert.equal(waiting.lightest(load), first);
  waiting.delete(first);
  assert.equal(waiting.lightest(load), second);
  waiting.delete(second);
  assert.equal(waiting.lightest(load), busy);
});

test('who has to wait holds up its address and its kind alone', () => {
  const waiting = new WaitingDials();
  const [key, plain] = [dial('a', true), dial('a')];
  waiting.add(key);
  waiting.add(plain);
  assert.equal(
    waiting.lightest(({ makesKey }) => (makesKey ? undefined : 0)),
    plain,
  );
  assert.equal(
    waiting.lightest(() => undefined),
    undefined,
  );
});

test('who was taken back is gone, once', () => {
  const waiting = new WaitingDials();
  const one = dial('a');
  waiting.add(one);
  assert.deepEqual([waiting.delete(one), waiting.delete(one), waiting.size], [true, false, 0]);
});
