import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRpcError } from '../../../src/session/state/rpc-error.ts';

const parse = (code: number, text: string) => parseRpcError(code, Buffer.from(text));

test('a flood says how long, and may be sent again then', () => {
  const error = parse(420, 'FLOOD_WAIT_31');
  assert.equal(error.type, 'FLOOD_WAIT');
  assert.equal(error.waitSeconds, 31);
  assert.deepEqual(error.fate, { retryable: true, delivered: 'yes', retryAfter: 31 });
});

test('waits are clamped to two weeks; other 420s are told but not waited out', () => {
  assert.equal(parse(420, 'FLOOD_WAIT_1000000000').fate.retryAfter, 14 * 86_400);
  const takeout = parse(420, 'TAKEOUT_INIT_DELAY_86400');
  assert.equal(takeout.waitSeconds, undefined);
  assert.equal(takeout.fate.retryAfter, 86_400);
  assert.equal(parse(420, 'FROZEN_METHOD_INVALID').fate.retryable, false);
});

test('a server fault may have come after the work was done', () => {
  for (const code of [500, -503, 599])
    assert.deepEqual(parse(code, 'X').fate, { retryable: true, delivered: 'unknown' });
});

test('what ends the session, and what only wants initConnection', () => {
  assert.equal(parse(406, 'AUTH_KEY_DUPLICATED').endsSession, true);
  assert.equal(parse(401, 'SESSION_REVOKED').endsSession, true);
  assert.equal(parse(401, 'SESSION_PASSWORD_NEEDED').endsSession, false);
  assert.equal(parse(401, 'AUTH_KEY_UNREGISTERED').endsSession, false);
  assert.equal(parse(400, 'CONNECTION_NOT_INITED').isNotInited, true);
});

test('names that only look numbered keep their digits', () => {
  assert.equal(parse(400, '2FA_CONFIRM_WAIT').type, '2FA_CONFIRM_WAIT');
  assert.equal(parse(400, 'INPUT_METHOD_INVALID_1192227').type, 'INPUT_METHOD_INVALID');
  assert.equal(parse(400, '42').type, '42');
});

test('a wait has two weeks at most, whatever the server says', () => {
  const { waitSeconds, fate } = parseRpcError(420, Buffer.from('FLOOD_WAIT_999999999'));
  assert.deepEqual([waitSeconds, fate.retryAfter], [14 * 86_400, 14 * 86_400]);
});
