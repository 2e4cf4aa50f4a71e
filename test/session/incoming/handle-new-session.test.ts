/** A session that the server has begun anew: what of the requests is over, and what is said once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handleNewSession } from '../../../src/session/incoming/handle-new-session.ts';
import { Crc } from '../../../src/tl/service.ts';
import { ACTS, at, body, incoming, Lone, NOW } from '../../support/lone-state.ts';

function begun({ s }: Lone, firstLow: number, firstHigh: number, unique: number, salt: number): void {
  const bytes = body(Crc.newSessionCreated, (out) => {
    out.long(firstLow, firstHigh);
    out.long(unique, unique);
    out.long(salt, salt);
  });
  handleNewSession(s, incoming(bytes), NOW);
}

test('a session begun anew: what lies before its first message is over, be it by the id of its container', () => {
  const lone = new Lone();
  const before = lone.sent(ACTS);
  const within = lone.sent(ACTS);
  const first = lone.sent(ACTS);
  // The container's id is above those of all that it holds.
  lone.s.ids.next(NOW, 0);
  [within.containerLow, within.containerHigh] = [lone.s.ids.low, lone.s.ids.high];
  begun(lone, first.msgIdLow, first.msgIdHigh, 5, 9);
  assert.deepEqual(lone.errors, ['SessionReset']);
  assert.deepEqual(lone.s.pending.sent(), [within, first]);
  assert.equal(lone.s.pending.find(before.msgIdLow, before.msgIdHigh), undefined);
});

test('the same session begun is said once: a second word of it changes nothing', () => {
  const lone = new Lone();
  begun(lone, 4, at(0), 5, 9);
  const later = lone.sent(ACTS);
  begun(lone, 4, at(100), 5, 10);
  assert.deepEqual([lone.s.salts.low, lone.errors], [9, []]);
  assert.deepEqual(lone.s.pending.sent(), [later]);
});
