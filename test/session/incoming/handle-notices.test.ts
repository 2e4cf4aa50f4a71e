/** Notices of the server: which are believed, and of what they speak. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reader, TlReadError } from '../../../src/bytes/reader.ts';
import {
  handleAcks,
  handleNewSession,
  handleStateInfo,
  handleUpdate,
} from '../../../src/session/incoming/handle-notices.ts';
import { Stage } from '../../../src/session/state/pending.ts';
import { Crc, MAX_IDS } from '../../../src/tl/service.ts';
import { ACTS, at, body, Lone, NOW } from '../../support/lone-state.ts';

function begun({ s }: Lone, firstLow: number, firstHigh: number, unique: number, salt: number): void {
  const bytes = body(Crc.newSessionCreated, (out) => {
    out.long(firstLow, firstHigh);
    out.long(unique, unique);
    out.long(salt, salt);
  });
  handleNewSession(s, 1, at(0), new Reader(bytes), NOW);
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

function told({ s }: Lone, low: number, states: readonly number[]): void {
  const bytes = body(Crc.msgsStateInfo, (out) => {
    out.long(low, at(9));
    out.string(Uint8Array.from(states));
  });
  handleStateInfo(s, 1, at(0), new Reader(bytes), NOW);
}

test('states are believed in answer to the question that is out, one for each id', () => {
  const lone = new Lone();
  const asked = lone.sent(ACTS);
  const { stateRequests } = lone.s;
  stateRequests.about([asked], NOW);
  stateRequests.asked = stateRequests.wanted;
  [stateRequests.low, stateRequests.high] = [8, at(9)];
  told(lone, 4, [4]);
  told(lone, 8, [4, 4]);
  told(lone, 8, []);
  assert.deepEqual([asked.stage, asked.isAcknowledged], [Stage.ASKED, false]);
  told(lone, 8, [4]);
  assert.deepEqual([asked.stage, asked.isAcknowledged], [Stage.SENT, true]);
});

test('as many ids are read as the protocol allows, and no more', () => {
  const acks = (count: number): Reader =>
    new Reader(
      body(Crc.msgsAck, (out) => {
        out.int32(Crc.vector | 0);
        out.int32(count);
        for (let i = 0; i < count; i++) out.long(i * 4, at(0));
      }),
    );
  handleAcks(new Lone().s, 1, at(0), acks(MAX_IDS));
  assert.throws(() => handleAcks(new Lone().s, 1, at(0), acks(MAX_IDS + 1)), TlReadError);
});

test('an update that cannot be read: the client hears that one is missing', () => {
  const lone = new Lone();
  Object.assign(lone.s.dialect, {
    update: () => {
      throw new TlReadError('no such constructor', 0);
    },
  });
  handleUpdate(lone.s, 1, at(0), new Reader(body(0xe317af7e)));
  assert.deepEqual(lone.errors, ['UpdatesDropped']);
});
