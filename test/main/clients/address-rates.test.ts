/** How often something may happen from one address. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { AddressRates } from '../../../src/main/clients/address-rates.ts';

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

test('rates of addresses: what was not used is not saved up, and so many addresses are remembered', () => {
  const rates = new AddressRates(2, 1_000);
  for (const address of ['10.0.0.1', '10.0.0.2']) assert.equal(rates.take(address, 0), true);
  assert.deepEqual(
    [1, 2, 3].map(() => rates.take('10.0.0.1', 60_000)),
    [true, true, false],
  );
  const address = (i: number): string => `11.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
  for (let i = 0; i < 10_000; i++) rates.take(address(i), 60_000);
  // Forgotten, as the one seen longest ago: it begins anew.
  assert.equal(rates.take('10.0.0.1', 60_000), true);
  assert.equal(rates.take(address(9_999), 60_000), true);
  assert.equal(rates.take(address(9_999), 60_000), false);
});
