/** Packets: how much goes in one, what goes again, when acknowledgements leave. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { flushReady } from '../../../src/session/delivery/packets.ts';
import { Outbox } from '../../../src/session/state/outbox.ts';
import { MAX_CONTAINED } from '../../../src/tl/service.ts';
import { ACTS, Lone, NOW } from '../../support/lone-state.ts';

/** Heads, padding, and what is around a container. */
const AROUND = 200;
const MOST = 256 * 1024;

function queue(lone: Lone, count: number, length: number): void {
  for (let i = 0; i < count; i++) lone.s.pending.add(lone.pending(ACTS, { body: randomBytes(length) }));
}

/** Sends all that waits. @returns bytes of each packet */
function flushed({ s, packets }: Lone): number[] {
  flushReady(s, NOW, 64 * 1024 * 1024, true);
  return packets.map(({ pos }) => pos);
}

test('requests go together in packets of a quarter of a MiB at most; a longer one goes alone', () => {
  const lone = new Lone().ready();
  queue(lone, 40, 40_000);
  const sizes = flushed(lone);
  assert.ok(
    sizes.every((size) => size <= MOST + AROUND),
    sizes.join(),
  );
  assert.ok(sizes.length <= 8, `${sizes.length} packets`);
  const long = new Lone().ready();
  queue(long, 2, 300_000);
  assert.equal(flushed(long).length, 1);
  assert.deepEqual([long.s.pending.sentCount, long.s.pending.queue.length, long.s.outbox.hasRest], [1, 1, true]);
});

test('a container has as many messages as it may have, and no more', () => {
  const lone = new Lone().ready();
  queue(lone, MAX_CONTAINED + 1, 4);
  assert.equal(flushed(lone).length, 2);
  assert.equal(lone.s.pending.sentCount, MAX_CONTAINED + 1);
});

test('after a refused container each message has a packet, and acknowledgements have one once they are due', () => {
  const lone = new Lone().ready();
  const { outbox, stateRequests } = lone.s;
  outbox.aloneUntil = NOW + 1;
  queue(lone, 3, 40);
  for (const length of [12, 20]) outbox.say(randomBytes(length));
  outbox.isPingDue = outbox.isSaltRequestDue = true;
  stateRequests.wanted.push(1, 2);
  outbox.acks.push(5, 6);
  outbox.ackAt = NOW + 1;
  assert.equal(flushed(lone).length, 8);
  assert.deepEqual([outbox.acks, outbox.hasRest], [[5, 6], false]);
  outbox.ackAt = NOW;
  queue(lone, 1, 40);
  assert.equal(flushed(lone).length, 10);
  assert.deepEqual(outbox.acks, []);
});

test('what was answered meanwhile does not go again', () => {
  const lone = new Lone().ready();
  const [answered, open] = [lone.sent(ACTS), lone.sent(ACTS)];
  lone.s.outbox.resend(answered);
  lone.s.outbox.resend(open);
  lone.s.pending.remove(answered);
  flushed(lone);
  assert.deepEqual([answered.copies, open.copies], [1, 2]);
  assert.deepEqual(lone.s.pending.sent(), [open]);
});

test('two requests never have ids whose low halves are the same', () => {
  const lone = new Lone().ready();
  const sent = lone.sent(ACTS);
  const { ids } = lone.s;
  // A second whose ids begin where the other's stand.
  ids.low = (sent.msgIdLow - 4) | 0;
  ids.high = sent.msgIdHigh + 1;
  queue(lone, 1, 4);
  flushed(lone);
  assert.equal(lone.s.pending.sentCount, 2);
});

test('acknowledgements leave after ten seconds, or as soon as sixteen wait', () => {
  const outbox = new Outbox();
  outbox.acknowledge(1, 1, NOW);
  outbox.acknowledge(5, 1, NOW + 9_000);
  assert.equal(outbox.ackAt, NOW + 10_000);
  for (let i = 2; i < 16; i++) outbox.acknowledge(i * 4 + 1, 1, NOW + 9_000);
  assert.equal(outbox.ackAt, NOW + 9_000);
});
