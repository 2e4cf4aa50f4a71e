/** Temporary keys: when a session goes on without, and when the next one is due. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthKey } from '../../../src/crypto/auth-key.ts';
import { fallBack, noteLostExchange } from '../../../src/session/link/fall-back.ts';
import { failHandshake } from '../../../src/session/link/make-keys.ts';
import type { Handshake } from '../../../src/session/handshake/handshake.ts';
import { refusal } from '../../../src/session/answers/refusals.ts';
import { dropTemporary, TEMPORARY_SECONDS, wornAt } from '../../../src/session/link/temporary.ts';
import { ACTS, Lone, NOW, READS } from '../../support/lone-state.ts';

/** A session whose temporary key is in use, so many of its seconds left. */
function bound(mode: 'made' | 'always', left = TEMPORARY_SECONDS): Lone {
  const lone = new Lone('home', mode);
  const { s } = lone.ready();
  s.keys.goOnWith(AuthKey.from(new Uint8Array(256).fill(9)), s.serverSeconds(NOW) + left);
  return lone;
}

/** The exchange of a temporary key is under way. */
function exchanging(lone: Lone): void {
  lone.s.keys.wantTemporary();
  lone.s.link.handshake = { expiresIn: TEMPORARY_SECONDS, wipe: () => undefined } as unknown as Handshake;
}

test('where they are wanted always nothing goes under the permanent key, whatever fails and however often', () => {
  const lone = bound('always');
  const { s } = lone;
  for (let i = 0; i < 9; i++) {
    fallBack(s, i % 2 === 0, NOW);
    assert.deepEqual([s.keys.inForce, s.keys.hasForwardSecrecy], [undefined, true]);
    exchanging(lone);
    noteLostExchange(s, NOW);
    assert.deepEqual([s.keys.inForce, s.keys.hasForwardSecrecy], [undefined, true]);
    s.link.stage = 'up';
    failHandshake(s, refusal('HandshakeFailed'), NOW);
    assert.deepEqual([s.keys.inForce, s.keys.hasForwardSecrecy], [undefined, true]);
  }
});

test('where they are made a first failure is tried again, a second one ends them for a while', () => {
  const { s } = bound('made');
  fallBack(s, false, NOW);
  assert.deepEqual([s.keys.inForce, s.keys.hasForwardSecrecy], [undefined, true]);
  fallBack(s, false, NOW);
  assert.deepEqual(
    [s.keys.inForce, s.keys.hasForwardSecrecy, s.keys.forwardSecrecyAt],
    [s.keys.permanent, false, NOW + 600_000],
  );
});

test('at three quarters of its life a temporary key is renewed if nothing is open, at its end whatever is', () => {
  for (const [share, isOpen, worn] of [
    [0.7, false, false],
    [0.8, true, false],
    [0.8, false, true],
    [0.94, true, false],
    [0.96, true, true],
  ] as const) {
    const lone = bound('made', TEMPORARY_SECONDS * (1 - share));
    if (isOpen) lone.sent(ACTS);
    assert.equal(wornAt(lone.s) <= NOW, worn, `${share} ${isOpen}`);
  }
});

test('a temporary key that goes is zeroed; what was sent under it ends, or goes again', () => {
  const lone = bound('made');
  lone.sent(ACTS);
  const reads = lone.sent(READS);
  const key = lone.s.keys.inForce!;
  dropTemporary(lone.s);
  assert.ok(key.bytes.every((byte) => byte === 0));
  assert.deepEqual([lone.errors, lone.s.pending.queue, lone.s.pending.sentCount], [['SessionReset'], [reads], 0]);
});
