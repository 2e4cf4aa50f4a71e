/** What of a server's messages is taken, and when: duplicates, the time window, the clock, faults beside sound messages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receiveMessage } from '../../../src/session/incoming/inbox.ts';
import { Crc } from '../../../src/tl/service.ts';
import { ACTS, at, body, container, incoming, Lone, NOW } from '../../support/lone-state.ts';

/** updatesTooLong#e317af7e */
const UPDATE = body(0xe317af7e);

function receive({ s }: Lone, low: number, high: number, seqNo: number, bytes: Uint8Array): void {
  receiveMessage(s, incoming(bytes, low, high, seqNo), NOW);
}

/** One whose clock is the server's. */
function synchronised(): Lone {
  const lone = new Lone();
  lone.s.ids.learn(at(0), 0, NOW);
  return lone;
}

test('a message that comes again is acknowledged again, and told once', () => {
  const lone = synchronised();
  for (let i = 0; i < 3; i++) receive(lone, 1, at(0), 1, UPDATE);
  assert.deepEqual(lone.acks, [1, at(0), 1, at(0), 1, at(0)]);
  assert.equal(lone.count('update'), 1);
});

test('what needs no acknowledgement gets none', () => {
  const lone = synchronised();
  receive(lone, 1, at(0), 2, UPDATE);
  assert.deepEqual(lone.acks, []);
});

for (const [seconds, isTaken] of [
  [-301, false],
  [-299, true],
  [29, true],
  [31, false],
] as const)
  test(`a message of ${seconds} seconds from now is ${isTaken ? 'taken' : 'left'}`, () => {
    const lone = synchronised();
    receive(lone, 1, at(seconds), 1, UPDATE);
    assert.equal(lone.count('update'), isTaken ? 1 : 0);
    assert.equal(lone.acks.length, isTaken ? 2 : 0);
  });

test('answers from the future move the clock when a second one says the same, and not before', () => {
  const lone = synchronised();
  const { s } = lone;
  const asked = lone.sent(ACTS);
  const pong = body(Crc.pong, (out) => {
    out.long(asked.msgIdLow, asked.msgIdHigh);
    out.long(0, 0);
  });
  receive(lone, 1, at(100), 1, pong);
  assert.ok(Math.abs(s.ids.offset) < 1_000);
  receive(lone, 5, at(300), 1, pong);
  assert.ok(Math.abs(s.ids.offset) < 1_000);
  receive(lone, 9, at(100), 1, pong);
  receive(lone, 13, at(100), 1, pong);
  assert.ok(Math.abs(s.ids.offset - 100_000) < 1_000, `${s.ids.offset}`);
  assert.equal(s.isClockMended, true);
});

test('a container out of its time brings nothing in but what mends a wrong clock', () => {
  const lone = synchronised();
  const asked = lone.sent(ACTS);
  const salt = body(Crc.badServerSalt, (out) => {
    out.long(asked.msgIdLow, asked.msgIdHigh);
    out.int32(1);
    out.int32(48);
    out.long(77, 78);
  });
  const high = at(-400);
  receive(
    lone,
    9,
    high,
    0,
    container({ low: 1, high, seqNo: 1, body: UPDATE }, { low: 5, high, seqNo: 2, body: salt }),
  );
  assert.equal(lone.count('update'), 0);
  assert.deepEqual([lone.s.salts.low, lone.s.salts.high], [77, 78]);
});

test('a message out of its time that is too short to name one of ours is left', () => {
  const lone = synchronised();
  for (const crc of [Crc.badServerSalt, Crc.badMsgNotification, Crc.rpcResult, Crc.pong])
    for (const length of [0, 4, 7]) {
      const cut = Buffer.concat([body(crc), Buffer.alloc(length)]);
      receive(lone, 9, at(-400), 1, cut);
      receive(lone, 13, at(400), 1, cut);
    }
  assert.deepEqual(lone.acks, []);
});

test('a message that cannot be read is left, and its neighbours are told', () => {
  const lone = synchronised();
  const lies = body(Crc.msgsAck, (out) => {
    out.int32(Crc.vector | 0);
    out.int32(0x7fffffff);
  });
  const high = at(0);
  receive(
    lone,
    9,
    high,
    0,
    container({ low: 1, high, seqNo: 1, body: lies }, { low: 5, high, seqNo: 1, body: UPDATE }),
  );
  assert.equal(lone.count('update'), 1);
});
