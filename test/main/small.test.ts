/** The small parts of the main thread: gates, ledgers, deadlines, descriptors. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Deadlines } from '../../src/main/clients/deadlines.ts';
import { descriptorLimit, Descriptors } from '../../src/main/limits/descriptors.ts';
import { Gate, Why } from '../../src/main/flow/gate.ts';
import { AddressRates } from '../../src/main/clients/address-rates.ts';
import { Memory, Step } from '../../src/main/limits/memory.ts';
import { FakeEnv } from '../support/fake-env.ts';
import { Ledger } from '../../src/main/sessions/ledger.ts';

test('a gate reads exactly when no reason is left, and says each change once', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.constantFrom(...Object.values(Why)))), (steps) => {
      const reasons = new Set<number>();
      let isReading = true;
      const gate = new Gate(
        () => {
          assert.ok(isReading);
          isReading = false;
        },
        () => {
          assert.ok(!isReading);
          isReading = true;
        },
      );
      for (const [shuts, why] of steps) {
        if (shuts) reasons.add(why);
        else reasons.delete(why);
        if (shuts) gate.shut(why);
        else gate.open(why);
        assert.equal(isReading, reasons.size === 0);
        assert.equal(gate.isOpen, isReading);
      }
    }),
  );
});

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

test('deadlines: the late in order, none before its time, none twice', () => {
  const late: string[] = [];
  const deadlines = new Deadlines<string>(100, (thing) => late.push(thing));
  deadlines.begin('a', 0);
  deadlines.begin('b', 10);
  deadlines.begin('a', 50);
  deadlines.begin('c', 60);
  deadlines.end('b');
  deadlines.look(99);
  assert.deepEqual(late, []);
  deadlines.look(159);
  assert.deepEqual(late, ['a']);
  deadlines.look(160);
  assert.deepEqual(late, ['a', 'c']);
  assert.equal(deadlines.size, 0);
});

test('a late thing may begin again', () => {
  let times = 0;
  const deadlines: Deadlines<string> = new Deadlines<string>(10, (thing) => {
    times++;
    deadlines.begin(thing, 10);
  });
  deadlines.begin('a', 0);
  deadlines.look(10);
  assert.deepEqual([times, deadlines.size], [1, 1]);
});

test('descriptors never touch the reserve', () => {
  const descriptors = new Descriptors(10, 7);
  assert.deepEqual([descriptors.take(1), descriptors.take(1), descriptors.take(1)], [true, true, false]);
  assert.deepEqual([descriptors.take(), descriptors.take()], [true, false]);
  descriptors.give();
  assert.equal(descriptors.take(), true);
  assert.ok(descriptorLimit() >= 64);
});

test('rates of addresses: each its own, back with time; an IPv6 network counts as one', () => {
  const rates = new AddressRates(2, 1_000);
  assert.deepEqual(
    [rates.take('10.0.0.1', 0), rates.take('10.0.0.1', 0), rates.take('10.0.0.1', 0)],
    [true, true, false],
  );
  assert.equal(rates.take('10.0.0.2', 0), true);
  assert.equal(rates.take('10.0.0.1', 499), false);
  assert.equal(rates.take('10.0.0.1', 500), true);
  assert.equal(rates.take('10.0.0.1', 500), false);
  assert.deepEqual([rates.take('2001:db8::1', 0), rates.take('2001:db8::2', 0)], [true, true]);
  assert.equal(rates.take('2001:db8::3', 0), false);
  assert.equal(rates.take('2001:db8:0:1::3', 0), true);
  assert.equal(rates.take('::1', 0), true);
});

test('memory: parts of the limit, and the last one seen when it cannot be read', () => {
  let held = (): number => 93;
  const memory = new Memory(100, () => held());
  assert.equal(memory.reached(Step.CLOSED), false);
  memory.look();
  assert.deepEqual(
    [memory.reached(Step.CLOSED), memory.reached(Step.CUT), memory.reached(Step.REFUSE)],
    [true, true, false],
  );
  held = () => {
    throw new Error('EMFILE');
  };
  memory.look();
  assert.equal(memory.part, 0.93);
});
