/** Ledgers: each ticket closed once, and no ticket anybody else’s. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Ledger } from '../../../src/main/sessions/ledger.ts';
import { FakeEnv } from '../../support/fake-env.ts';

test('a ledger closes each ticket once, and no ticket is anybody else’s', () => {
  const env = new FakeEnv();
  const [one, other] = [new Ledger(env), new Ledger(env)];
  const line = Buffer.from('{}');
  const open = (ledger: Ledger, id: string): number => ledger.open(id, line, 0, 2).number;
  const a = open(one, '1');
  const b = open(other, '1');
  assert.notEqual(a, b);
  assert.equal(other.close(a), undefined);
  assert.equal(one.close(a)?.number, a);
  assert.equal(one.close(a), undefined);
  const c = open(other, '"x"');
  assert.deepEqual(
    other.drain().map(({ number, id }) => [number, id]),
    [
      [b, '1'],
      [c, '"x"'],
    ],
  );
  assert.equal(other.size, 0);
});

test('the ledgers of one client count together, and how many of them have as many open as one may', () => {
  const tally = { open: 0, bytes: 0, full: 0, most: 2 };
  const [one, other] = [new Ledger(new FakeEnv(), tally), new Ledger(new FakeEnv(), tally)];
  const line = Buffer.from('{}');
  const first = one.open('1', line, 0, 2);
  other.open('1', line, 0, 2);
  assert.deepEqual([tally.open, tally.bytes, tally.full], [2, 4, 0]);
  one.open('2', line, 0, 2);
  assert.deepEqual([tally.open, tally.full], [3, 1]);
  other.adopt(one.close(first.number)!);
  assert.deepEqual([tally.open, tally.full], [3, 1]);
  other.drain();
  assert.deepEqual([tally.open, tally.bytes, tally.full], [1, 2, 0]);
});
