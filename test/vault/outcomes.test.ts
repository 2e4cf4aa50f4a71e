/** Which outcomes of requests go, and what a rebuilt vault has of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  OUTCOME_BOUNDS,
  OUTCOME_LIFE,
  type OutcomeEntry,
  outcomeRowName,
  surplusOutcomes,
} from '../../src/vault/outcomes.ts';

const NOW = 1_795_000_000_000;

function entry(name: string, key: string, age: number, length = 100): OutcomeEntry {
  return { name: outcomeRowName(name, key), at: NOW - age, length };
}

test('a row stands under the session and a hash of the key, and no other key or session has that', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
      const row = outcomeRowName('me', a);
      assert.ok(row.startsWith('me\0') && row.length === 46);
      assert.equal(row === outcomeRowName('me', b), a === b);
      assert.notEqual(row, outcomeRowName('me2', a));
    }),
  );
});

test('what is a day old goes, and nothing else while there is room', () => {
  const entries = [entry('a', 'new', 0), entry('a', 'old', OUTCOME_LIFE), entry('b', 'almost', OUTCOME_LIFE - 1)];
  assert.deepEqual(surplusOutcomes(entries, NOW), [entries[1]!.name]);
});

test('beyond the bounds of one name its oldest go, not those of others', () => {
  const { count, bytes } = OUTCOME_BOUNDS.ofName;
  const many = Array.from({ length: count + 3 }, (_, i) => entry('a', `${i}`, 1_000 + i));
  const others = [entry('b', 'oldest', 100_000)];
  assert.deepEqual(
    surplusOutcomes([...others, ...many], NOW),
    many.slice(count).map(({ name }) => name),
  );
  const large = [entry('a', 'old', 2, bytes), entry('a', 'new', 1, 1)];
  assert.deepEqual(surplusOutcomes([...large, ...others], NOW), [large[0]!.name]);
});

test('beyond the bounds of all the oldest go, whosever', () => {
  const { bytes } = OUTCOME_BOUNDS.ofName;
  const names = Array.from({ length: OUTCOME_BOUNDS.ofAll.bytes / bytes + 1 }, (_, i) => entry(`n${i}`, 'k', i, bytes));
  assert.deepEqual(surplusOutcomes(names, NOW), [names.at(-1)!.name]);
});
