/** The dialler: how many, how fast, in which order, and who is told that an address answers again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Dialler, type DialRequest } from '../../../src/main/links/dialler.ts';
import { FakeEnv } from '../../support/fake-env.ts';
import { LIMITS } from '../../../src/main/limits/limits.ts';

interface Begun extends DialRequest {
  readonly name: string;
}

/** A dialler and what it began, in order. */
function diallerOf(limits: Partial<typeof LIMITS>): { dialler: Dialler; begun: string[]; ask: Ask; env: FakeEnv } {
  const env = new FakeEnv();
  const dialler = new Dialler({ ...LIMITS, ...limits }, env);
  const begun: string[] = [];
  const ask: Ask = (name, { address = 'a 1', makesKey = false, isUrgent = true } = {}) => {
    const dial: Begun = {
      name,
      address,
      makesKey,
      isUrgent,
      start: () => begun.push(name),
    };
    dialler.ask(dial);
    return dial;
  };
  return { dialler, begun, ask, env };
}

type Ask = (name: string, what?: { address?: string; makesKey?: boolean; isUrgent?: boolean }) => DialRequest;

test('never more in a second than the limit; the rest in the order they asked', () => {
  const { dialler, begun, ask, env } = diallerOf({ dialsPerSecond: 40, dialsPerAddress: 100 });
  const names = Array.from({ length: 45 }, (_, i) => `d${i}`);
  for (const name of names) ask(name);
  assert.equal(begun.length, 2);
  // In any second of the made-up clock at most 40, and never fewer than a tenth less.
  const counts = [begun.length];
  while (begun.length < names.length && counts.length < 2_000) {
    env.advance(1);
    counts.push(begun.length);
  }
  for (let at = 1_000; at < counts.length; at++) assert.ok(counts[at]! - counts[at - 1_000]! <= 40);
  assert.ok(counts[1_000]! >= 36, String(counts[1_000]));
  assert.deepEqual(begun, names);
  assert.equal(dialler.waiting, 0);
});

test('an exchange that says nothing gives its place back with time, without a report', () => {
  const { begun, ask, env } = diallerOf({ handshakesAtOnce: 16 });
  for (const name of ['k1', 'k2', 'k3']) ask(name, { makesKey: true });
  assert.deepEqual(begun, ['k1', 'k2']);
  env.advance(9_000);
  assert.deepEqual(begun, ['k1', 'k2']);
  env.advance(2_000);
  assert.deepEqual(begun, ['k1', 'k2', 'k3']);
});

test('attempts under way to one address hold up that address only', () => {
  const { dialler, begun, ask } = diallerOf({ dialsPerAddress: 2 });
  const first = ask('a1');
  ask('a2');
  ask('a3');
  ask('b1', { address: 'b 1' });
  assert.deepEqual(begun, ['a1', 'a2', 'b1']);
  dialler.connected(first);
  assert.deepEqual(begun, ['a1', 'a2', 'b1', 'a3']);
});

test('key exchanges have a limit of their own, until the key is there or the connection is not', () => {
  // Of 16 places two are for an address that has made no key yet.
  const { dialler, begun, ask } = diallerOf({ handshakesAtOnce: 16 });
  const made = ask('k1', { makesKey: true });
  const lost = ask('k2', { makesKey: true });
  ask('k3', { makesKey: true });
  ask('k4', { makesKey: true });
  ask('plain');
  assert.deepEqual(begun, ['k1', 'k2', 'plain']);
  dialler.connected(made);
  assert.equal(begun.length, 3);
  dialler.abandoned(lost);
  assert.deepEqual(begun, ['k1', 'k2', 'plain', 'k3']);
  dialler.keyMade(made);
  assert.deepEqual(begun, ['k1', 'k2', 'plain', 'k3', 'k4']);
});

test('the address with the fewest key exchanges goes first, whoever asked first', () => {
  const { dialler, begun, ask } = diallerOf({ handshakesAtOnce: 16 });
  const mute = Array.from({ length: 5 }, (_, i) => ask(`mute${i}`, { address: 'mute 1', makesKey: true }));
  Array.from({ length: 5 }, (_, i) => ask(`dumb${i}`, { address: 'dumb 1', makesKey: true }));
  assert.deepEqual(begun, ['mute0', 'mute1', 'dumb0', 'dumb1']);
  // All four places of such addresses are taken; the next one is for whoever has none.
  ask('good', { address: 'good 1', makesKey: true });
  dialler.abandoned(mute[0]!);
  assert.deepEqual(begun.slice(4), ['good']);
});

test('who has a request goes before who has none, but for every eighth', () => {
  const { begun, ask, env } = diallerOf({ dialsPerSecond: 320 });
  for (let i = 0; i < 16; i++) ask(`x${i}`);
  for (let i = 0; i < 3; i++) ask(`idle${i}`, { isUrgent: false });
  for (let i = 0; i < 13; i++) ask(`urgent${i}`);
  env.advance(1_000);
  assert.equal(begun.length, 32);
  const second = begun.slice(16);
  assert.deepEqual(
    second.filter((name) => name.startsWith('urgent')),
    Array.from({ length: 13 }, (_, i) => `urgent${i}`),
  );
  assert.ok(second.slice(0, 8).some((name) => name.startsWith('idle')));
  assert.equal(second.slice(0, 8).filter((name) => name.startsWith('urgent')).length, 7);
});

test('taken back before its turn; told once when the address answers again', () => {
  const { dialler, begun, ask } = diallerOf({ dialsPerAddress: 1 });
  const first = ask('one');
  const second = ask('two');
  assert.equal(dialler.cancel(second), true);
  assert.equal(dialler.cancel(first), false);
  const told: string[] = [];
  const gone = {};
  dialler.failed(first, {}, () => told.push('one'));
  const third = ask('three');
  dialler.failed(third, gone, () => told.push('gone'));
  dialler.forget(gone);
  const elsewhere = ask('b', { address: 'b 1' });
  dialler.connected(elsewhere);
  assert.deepEqual(told, []);
  const fourth = ask('four');
  dialler.connected(fourth);
  assert.deepEqual(told, ['one']);
  const fifth = ask('five');
  dialler.connected(fifth);
  assert.deepEqual([told, begun], [['one'], ['one', 'three', 'b', 'four', 'five']]);
});
