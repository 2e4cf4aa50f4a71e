/** The exchange of a key on a connection: what of it stays in memory, how long it may take. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeKeys, onPlainPacket } from '../../../src/session/link/make-keys.ts';
import { Lone, NOW } from '../../support/lone-state.ts';

test('a message of the exchange is zeroed where it was written, once it is in its packet', () => {
  const lone = new Lone().standing();
  Object.assign(lone.s.env, { keysFor: () => [] });
  makeKeys(lone.s, NOW);
  assert.ok(lone.packets[0]!.written().some((byte) => byte !== 0));
  assert.ok(lone.s.env.body.bytes.every((byte) => byte === 0));
});

test('each step of the exchange may take five seconds, all of it ten', () => {
  const lone = new Lone().standing();
  Object.assign(lone.s.env, { keysFor: () => [] });
  makeKeys(lone.s, NOW);
  const { link } = lone.s;
  assert.deepEqual([link.handshakeUntil - NOW, link.handshakeEnds - NOW], [5_000, 10_000]);
  // A second step that begins late has what is left of the whole.
  link.handshake!.receive = () => true;
  const packet = new Uint8Array(24);
  onPlainPacket(lone.s, packet, 0, packet.length, NOW + 4_000);
  assert.equal(link.handshakeUntil - NOW, 9_000);
  onPlainPacket(lone.s, packet, 0, packet.length, NOW + 8_000);
  assert.equal(link.handshakeUntil - NOW, 10_000);
});
