/** Errors that move the account, and calls that run elsewhere without moving it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRpcError } from '../../../src/session/state/rpc-error.ts';
import { follow } from '../../../src/session/centres/migrate.ts';
import { ACTS, Lone, NOW } from '../../support/lone-state.ts';

const BUSINESS = 0xdd289f8e;

test('a call over a business connection does not move the account: its client is told where that is', () => {
  const error = parseRpcError(303, Buffer.from('USER_MIGRATE_4'));
  for (const [crc, isFollowed] of [
    [BUSINESS, false],
    [ACTS, true],
  ] as const) {
    const lone = new Lone().ready();
    Object.assign(lone.s.env, { calls: { businessConnection: BUSINESS } });
    const body = Buffer.alloc(8);
    body.writeUInt32LE(crc);
    const pending = lone.sent(ACTS, { body });
    // Where DC 4 is nobody knows: it would be asked for.
    Object.assign(lone.s.pending, { addDelayed: () => undefined });
    let wasFollowed = true;
    try {
      wasFollowed = follow(lone.s, pending, error, NOW);
    } catch {
      // It has begun to ask, for which there is no scheme here.
    }
    assert.equal(wasFollowed, isFollowed);
    assert.equal(pending.hops, isFollowed ? 1 : 0);
  }
});
