/** Which key counts, after each of the things that may happen to a key. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthKey } from '../../../src/crypto/auth-key.ts';
import { Keys } from '../../../src/session/state/keys.ts';

const keyOf = (byte: number): AuthKey => AuthKey.from(new Uint8Array(256).fill(byte));

test('without forward secrecy messages go under the permanent key', () => {
  const keys = new Keys(false);
  const permanent = keyOf(1);
  keys.takePermanent(permanent, 1000, false);
  assert.equal(keys.inForce, permanent);
  assert.ok(keys.isPermanentInForce);
  assert.equal(keys.dropTemporary(), false);
  assert.equal(keys.inForce, permanent);
});

test('with it nothing is in force until a temporary key is made, and binding counts from then', () => {
  for (const [isAlways, wants] of [
    [true, false],
    [false, true],
  ] as const) {
    const keys = new Keys(isAlways);
    keys.takePermanent(keyOf(1), 1000, wants);
    assert.equal(keys.inForce, undefined);
    const temporary = keyOf(2);
    keys.takeTemporary(temporary, 2000);
    assert.deepEqual([keys.inForce, keys.temporaryUntil, keys.isBound], [temporary, 2000, false]);
    keys.bound();
    assert.ok(keys.isBound);
  }
});

test('a temporary key that is dropped is zeroed and unbound; the permanent one stays', () => {
  const keys = new Keys(true);
  const [permanent, temporary] = [keyOf(1), keyOf(2)];
  keys.begin(permanent);
  keys.takeTemporary(temporary, 2000);
  keys.bound();
  assert.equal(keys.dropTemporary(), true);
  assert.ok(temporary.bytes.every((byte) => byte === 0));
  assert.deepEqual([keys.inForce, keys.isBound, keys.permanent], [undefined, false, permanent]);
});

test('failures count in a row: a binding, or doing without, ends the row', () => {
  const keys = new Keys(false);
  keys.takePermanent(keyOf(1), 1000, true);
  assert.deepEqual([keys.failed(), keys.failed()], [1, 2]);
  keys.takeTemporary(keyOf(2), 2000);
  keys.bound();
  assert.equal(keys.failed(), 1);
  keys.dropTemporary();
  keys.usePermanent(5000);
  assert.equal(keys.failed(), 1);
});

test('doing without for a while, and the end of that', () => {
  const keys = new Keys(false);
  keys.takePermanent(keyOf(1), 1000, true);
  keys.usePermanent(5000);
  assert.deepEqual([keys.inForce, keys.hasForwardSecrecy, keys.forwardSecrecyAt], [keys.permanent, false, 5000]);
  keys.wantTemporary();
  assert.deepEqual([keys.inForce, keys.hasForwardSecrecy, keys.forwardSecrecyAt], [undefined, true, Infinity]);
});

test('a shared key is permanent to whoever shares it: never dropped, and forgotten without being zeroed', () => {
  const [home, media] = [new Keys(true), new Keys(true)];
  home.begin(keyOf(1));
  home.takeTemporary(keyOf(2), 2000);
  media.shareFrom(home);
  assert.equal(media.inForce, home.inForce);
  assert.equal(media.dropTemporary(), false);
  media.forget();
  assert.deepEqual([media.inForce, media.permanent], [undefined, undefined]);
  assert.ok(home.inForce!.bytes.every((byte) => byte === 2));
});

test('a key of another data centre begins anew, unbound', () => {
  const keys = new Keys(false);
  keys.takePermanent(keyOf(1), 1000, true);
  keys.takeTemporary(keyOf(2), 2000);
  keys.bound();
  const other = keyOf(3);
  keys.begin(other);
  assert.deepEqual([keys.permanent, keys.permanentSince, keys.inForce, keys.isBound], [other, 0, undefined, false]);
});

test('what was saved comes back; a temporary key that was not there is missing still', () => {
  const saved = {
    permanent: keyOf(1),
    permanentSince: 7,
    temporary: keyOf(2),
    temporaryUntil: 2000,
    isBound: true,
    hasForwardSecrecy: true,
    forwardSecrecyAt: Infinity,
  };
  const keys = new Keys(false);
  keys.restore(saved);
  assert.deepEqual([keys.inForce, keys.isBound, keys.permanentSince], [saved.temporary, true, 7]);
  keys.restore({ ...saved, temporary: undefined, isBound: false });
  assert.equal(keys.inForce, undefined);
  keys.restore({ ...saved, temporary: undefined, isBound: false, hasForwardSecrecy: false });
  assert.equal(keys.inForce, saved.permanent);
});

test('at the end nothing is in force, and a temporary key is zeroed', () => {
  const keys = new Keys(true);
  keys.begin(keyOf(1));
  const temporary = keyOf(2);
  keys.takeTemporary(temporary, 2000);
  keys.wipe();
  assert.ok(temporary.bytes.every((byte) => byte === 0));
  assert.deepEqual([keys.inForce, keys.permanent], [undefined, undefined]);
});
