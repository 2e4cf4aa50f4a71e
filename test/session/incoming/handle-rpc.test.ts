/** Errors and answers of calls: what is tried again inside, what is told, what they say of clock and account. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fate } from '../../../src/dialect/dialect.ts';
import { handleRpcResult } from '../../../src/session/incoming/handle-rpc.ts';
import type { Contained } from '../../../src/session/incoming/handle-container.ts';
import { StoredSession } from '../../../src/session/state/stored-session.ts';
import type { Pending } from '../../../src/session/state/pending.ts';
import { Crc } from '../../../src/tl/service.ts';
import { ACTS, at, body, incoming, Lone, NOW, READS } from '../../support/lone-state.ts';

const inside: Contained = { message: () => {}, body: () => {} };

function answered({ s }: Lone, { msgIdLow, msgIdHigh }: Pending, answer: Uint8Array, high = at(0)): void {
  const bytes = body(Crc.rpcResult, (out) => {
    out.long(msgIdLow, msgIdHigh);
    out.raw(answer);
  });
  handleRpcResult(s, incoming(bytes, 1, high), NOW, inside);
}

const error = (code: number, text: string): Buffer =>
  body(Crc.rpcError, (out) => {
    out.int32(code);
    out.string(Buffer.from(text));
  });

/** What came of an error for a call: it waits inside, or what the client was told of its fate. */
function fateAfter(
  method: number,
  code: number,
  text: string,
  change: (pending: Pending) => void = () => {},
  seconds = 60,
): unknown {
  const lone = new Lone();
  const pending = lone.sent(method, { deadline: NOW + seconds * 1_000 });
  change(pending);
  answered(lone, pending, error(code, text));
  const told = lone.told.find(([verb]) => verb === 'rpcError');
  if (told === undefined) return lone.s.pending.firstRelease - NOW;
  const { retryable, delivered } = told.at(-1) as Fate;
  return [retryable, delivered];
}

test("a server's fault: what does no harm twice waits and goes again, six times; the rest is told, not called retryable", () => {
  assert.equal(fateAfter(READS, 500, 'INTERNAL'), 1_000);
  assert.equal(
    fateAfter(READS, 500, 'INTERNAL', (pending) => (pending.retries = 5)),
    32_000,
  );
  assert.deepEqual(
    fateAfter(READS, 500, 'INTERNAL', (pending) => (pending.retries = 6), 6_000),
    [true, 'unknown'],
  );
  assert.deepEqual(fateAfter(ACTS, 500, 'INTERNAL'), [false, 'unknown']);
});

test('a flood is waited for inside the time of the request, and told where that is shorter', () => {
  assert.equal(fateAfter(ACTS, 420, 'FLOOD_WAIT_59'), 59_000);
  assert.deepEqual(fateAfter(ACTS, 420, 'FLOOD_WAIT_60'), [true, 'yes']);
});

test('an answer whose id lies far below its request shows that the clock was wrong', () => {
  const lone = new Lone();
  const { ids } = lone.s;
  ids.learn(at(100), 0, NOW);
  const pending = lone.sent(READS);
  answered(lone, pending, body(0x997275b5));
  assert.ok(Math.abs(ids.offset) < 1_000, `${ids.offset}`);
});

test('a data centre that is not the home one cannot say that the account is lost', () => {
  const lone = new Lone('foreign');
  const stored = new StoredSession('me');
  stored.hasRecord = true;
  stored.userId = 7n;
  lone.s.session.stored = stored;
  answered(lone, lone.sent(ACTS), error(401, 'SESSION_REVOKED'));
  assert.equal(lone.count('rpcError'), 1);
  assert.equal(stored.lostReason, undefined);
});
