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
