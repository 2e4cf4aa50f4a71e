/** Refused messages and salts: what is believed, what goes again, what nobody can tell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Incoming } from '../../../src/session/incoming/incoming.ts';
import { handleBadMsg, handleBadServerSalt, handleFutureSalts } from '../../../src/session/incoming/handle-bad-msg.ts';
import { Stage } from '../../../src/session/state/pending.ts';
import { Crc } from '../../../src/tl/service.ts';
import { ACTS, at, body, incoming, Lone, NOW, READS } from '../../support/lone-state.ts';

function refuseSalt({ s }: Lone, low: number, high: number, salt = 77): void {
  const bytes = body(Crc.badServerSalt, (out) => {
    out.long(low, high);
    out.int32(1);
    out.int32(48);
    out.long(salt, salt);
  });
  handleBadServerSalt(s, incoming(bytes), NOW);
}

function refuse({ s }: Lone, code: number, low: number, high: number): void {
  const bytes = body(Crc.badMsgNotification, (out) => {
    out.long(low, high);
    out.int32(1);
    out.int32(code);
  });
  handleBadMsg(s, incoming(bytes), NOW);
}

test('a refused salt is replaced, counted, and the request goes again', () => {
  const lone = new Lone();
  const { msgIdLow, msgIdHigh } = lone.sent(ACTS);
  refuseSalt(lone, msgIdLow, msgIdHigh);
  assert.deepEqual([lone.s.salts.low, lone.s.saltRefusals, lone.s.pending.queue.length], [77, 1, 1]);
  lone.sent(ACTS);
  refuseSalt(lone, lone.s.ids.low, lone.s.ids.high, 78);
  assert.equal(lone.s.saltRefusals, 2);
});

test('a refusal of what this session has not sent changes nothing', () => {
  const lone = new Lone();
  lone.sent(ACTS);
  const { sessionLow } = lone.s;
  refuseSalt(lone, 4, at(-5));
  for (const code of [16, 17, 18, 20, 32, 33, 34, 64]) refuse(lone, code, 4, at(-5));
  const { s } = lone;
  assert.deepEqual([s.salts.low, s.saltRefusals, s.pending.queue.length, s.mends], [0, 0, 0, 0]);
  assert.equal(s.sessionLow, sessionLow);
  assert.equal(s.ids.isSynchronised, false);
});

for (const code of [19, 20])
  test(`code ${code}: what may do harm twice is DeliveryUnknown, what may not goes again`, () => {
    for (const [method, errors, queued] of [
      [ACTS, ['DeliveryUnknown'], 0],
      [READS, [], 1],
    ] as const) {
      const lone = new Lone();
      const { msgIdLow, msgIdHigh } = lone.sent(method);
      refuse(lone, code, msgIdLow, msgIdHigh);
      assert.deepEqual([lone.errors, lone.s.pending.queue.length], [errors, queued]);
    }
  });

test('a request of which two packets may have arrived is asked about, and not sent under another id', () => {
  const lone = new Lone();
  const doubled = lone.sent(ACTS);
  doubled.copies = 2;
  refuse(lone, 16, doubled.msgIdLow, doubled.msgIdHigh);
  assert.deepEqual([lone.s.pending.queue.length, doubled.stage, doubled.isIdRefused], [0, Stage.ASKED, true]);
  assert.deepEqual(lone.s.stateRequests.wanted, [doubled.msgIdLow, doubled.msgIdHigh]);
});

test('numbering is mended twice; refused once more, the session is begun anew', () => {
  const lone = new Lone();
  const { sessionLow } = lone.s;
  for (let i = 0; i < 3; i++) {
    assert.equal(lone.s.sessionLow, sessionLow, `after ${i}`);
    const { msgIdLow, msgIdHigh } = lone.sent(READS);
    refuse(lone, 32, msgIdLow, msgIdHigh);
  }
  assert.notEqual(lone.s.sessionLow, sessionLow);
});

test('salts for later are taken from who was asked for them', () => {
  const lone = new Lone();
  const salts = (low: number): Incoming =>
    incoming(
      body(Crc.futureSalts, (out) => {
        out.long(low, at(0));
        out.int32(at(0));
        out.int32(1);
        out.int32(at(60));
        out.int32(at(120));
        out.long(5, 6);
      }),
    );
  [lone.s.outbox.saltsLow, lone.s.outbox.saltsHigh] = [8, at(0)];
  handleFutureSalts(lone.s, salts(4), NOW);
  assert.deepEqual(lone.s.salts.future, []);
  handleFutureSalts(lone.s, salts(8), NOW);
  assert.deepEqual(lone.s.salts.future, [at(60), at(120), 5, 6]);
});
