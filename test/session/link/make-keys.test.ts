/** The exchange of a key on a connection: what of it stays in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeKeys } from '../../../src/session/link/make-keys.ts';
import { Lone, NOW } from '../../support/lone-state.ts';

test('a message of the exchange is zeroed where it was written, once it is in its packet', () => {
  const lone = new Lone().standing();
  Object.assign(lone.s.env, { keysFor: () => [] });
  makeKeys(lone.s, NOW);
  assert.ok(lone.packets[0]!.written().some((byte) => byte !== 0));
  assert.ok(lone.s.env.body.bytes.every((byte) => byte === 0));
});
