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
