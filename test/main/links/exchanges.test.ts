/** Key exchanges at once: places in all, for one address, for those that have made no key yet. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Exchanges, type ExchangeOn } from '../../../src/main/links/exchanges.ts';

/** Begins as many as may begin with an address. */
function fill(exchanges: Exchanges, address: string, at = 0): ExchangeOn[] {
  const begun: ExchangeOn[] = [];
  while (exchanges.mayBegin(address, at)) {
    const dial = { address };
    exchanges.begin(dial, at);
    begun.push(dial);
  }
  return begun;
}

/** An address that has made a key, with nothing under way. */
function prove(exchanges: Exchanges, address: string): void {
  const dial = { address };
  exchanges.begin(dial, 0);
  exchanges.made(dial);
}

test('an address that has made no key gets an eighth of the places, all such addresses a quarter', () => {
  const exchanges = new Exchanges(64);
  assert.equal(fill(exchanges, 'mute 1').length, 8);
  assert.equal(fill(exchanges, 'mute 2').length, 8);
  assert.equal(fill(exchanges, 'mute 3').length, 0);
});

test('an address that makes keys gets three quarters, whatever the others hold', () => {
  const exchanges = new Exchanges(64);
  prove(exchanges, 'good 1');
  for (const mute of ['mute 1', 'mute 2']) fill(exchanges, mute);
  assert.equal(fill(exchanges, 'good 1').length, 48);
  assert.equal(exchanges.countOf('good 1'), 48);
  assert.equal(exchanges.mayBegin('mute 1', 0), false);
});

test('never more in all than there are places', () => {
  const exchanges = new Exchanges(8);
  for (const name of ['a', 'b', 'c']) prove(exchanges, name);
  assert.deepEqual(
    ['a', 'b', 'c'].map((name) => fill(exchanges, name).length),
    [6, 2, 0],
  );
});

test('the first key proves an address with all that is under way there', () => {
  const exchanges = new Exchanges(64);
  const [first] = fill(exchanges, 'new 1');
  fill(exchanges, 'mute 1');
  assert.equal(exchanges.mayBegin('other 1', 0), false);
  exchanges.made(first!);
  // Its seven count for it now, and no longer among those of the unproven.
  assert.equal(fill(exchanges, 'other 1').length, 8);
  assert.equal(fill(exchanges, 'new 1').length, 41);
});

test('an exchange left after four seconds without a key shows a mute address; one left at once shows nothing', () => {
  const exchanges = new Exchanges(64);
  prove(exchanges, 'good 1');
  const begun = fill(exchanges, 'good 1');
  exchanges.ended(begun[0]!, 3_999);
  assert.equal(exchanges.mayBegin('good 1', 3_999), true);
  exchanges.ended(begun[1]!, 4_000);
  assert.equal(exchanges.mayBegin('good 1', 4_000), false);
  // What it still holds counts among those of the unproven.
  assert.equal(exchanges.mayBegin('other 1', 4_000), false);
  for (const dial of begun.slice(2)) exchanges.ended(dial, 4_001);
  assert.equal(fill(exchanges, 'good 1', 4_001).length, 8);
});

test('of too many addresses that make keys the one that made none for longest is forgotten, and no other', () => {
  const exchanges = new Exchanges(64);
  for (let i = 0; i < 1_024; i++) prove(exchanges, `good ${i}`);
  prove(exchanges, 'good 0');
  prove(exchanges, 'good 0');
  prove(exchanges, 'new 1');
  assert.equal(fill(exchanges, 'good 1').length, 8);
  assert.equal(fill(exchanges, 'good 0').length, 48);
});

test('an exchange whose end nobody reported has ended after ten seconds, and shows nothing', () => {
  const exchanges = new Exchanges(8);
  prove(exchanges, 'good 1');
  const begun = fill(exchanges, 'good 1');
  assert.equal(exchanges.mayBegin('good 1', 9_999), false);
  assert.equal(exchanges.mayBegin('good 1', 10_000), true);
  exchanges.ended(begun[0]!, 10_001);
  assert.equal(fill(exchanges, 'good 1', 10_001).length, 6);
});
