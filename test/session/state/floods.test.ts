/** Waits that the server named: which one makes room when there are too many, and which go on with a stored session. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Floods } from '../../../src/session/state/floods.ts';
import type { Pending } from '../../../src/session/state/pending.ts';

const call = (method: number): Pending => ({ method }) as Pending;
const nobody = (): string => assert.fail('no slow mode is known here');

test('of too many waits the one that is over first makes room, the others hold', () => {
  const floods = new Floods();
  // The first ones are the longest.
  for (let method = 0; method < 300; method++) floods.note(call(method), 'FLOOD_WAIT', 10_000 - method, nobody);
  assert.equal(floods.before(call(0), 0, nobody)?.until, 10_000);
  assert.equal(floods.before(call(254), 0, nobody)?.until, 10_000 - 254);
  assert.equal(floods.before(call(298), 0, nobody), undefined);
  assert.equal(floods.before(call(299), 0, nobody)?.until, 10_000 - 299);
});

test('a slow mode that made room is that of one chat of its method', () => {
  const floods = new Floods();
  const to = (chat: string) => (): string => chat;
  floods.note(call(1), 'SLOWMODE_WAIT', 50, to('short'));
  floods.note(call(1), 'SLOWMODE_WAIT', 5_000, to('long'));
  for (let method = 2; method < 257; method++) floods.note(call(method), 'FLOOD_WAIT', 9_000, nobody);
  assert.equal(floods.before(call(1), 0, to('short')), undefined);
  assert.equal(floods.before(call(1), 0, to('long'))?.until, 5_000);
});

test('of waits that were kept those are gone on with that are not over', () => {
  const floods = new Floods();
  const [over, open] = [
    { method: 1, until: 1_000 },
    { method: 2, until: 1_001 },
  ];
  floods.restore([over, open], 1_000);
  assert.deepEqual(floods.toStored(), [open]);
});
