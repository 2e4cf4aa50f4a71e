import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ReceivedIds } from '../../../src/session/state/received-ids.ts';

test('every id is new once, in any order, as a set would say', () => {
  const id = fc.tuple(fc.integer(), fc.integer({ min: 1_600_000_000, max: 1_600_000_003 }));
  fc.assert(
    fc.property(fc.array(id, { maxLength: 300 }), (ids) => {
      const seen = new Set<string>();
      const window = new ReceivedIds();
      for (const [low, high] of ids) {
        const name = `${low} ${high}`;
        assert.equal(window.has(low, high), seen.has(name));
        assert.equal(window.note(low, high), seen.has(name) ? 'seen' : 'new');
        seen.add(name);
      }
    }),
  );
});

test('a full window forgets its lowest and calls what lies below it old', () => {
  const window = new ReceivedIds();
  for (let i = 0; i < 1024; i++) assert.equal(window.note(i * 4, 5), 'new');
  assert.equal(window.note(-4, 4), 'old');
  assert.equal(window.note(4096, 5), 'new');
  assert.equal(window.has(0, 5), false);
  assert.equal(window.note(4, 5), 'seen');
  assert.equal(window.note(0, 5), 'old');
});
