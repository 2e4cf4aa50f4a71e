import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pair } from '../support/pair.ts';

const PING = '{"id":100,"message":{"_cons":"ping","ping_id":100}}';
const NEAREST = { message: { _cons: 'help.getNearestDc' } };

test('a ping of a fresh session: key exchange, pong with its id, no violation', async () => {
  const pair = new Pair();
  pair.open(1);
  const [pong, ...rest] = await pair.ask(1, PING);
  assert.deepEqual(rest, []);
  const { _cons, ping_id } = pong!['message'] as Record<string, unknown>;
  assert.deepEqual([pong!['id'], _cons, ping_id], [100, 'pong', 100]);
  assert.deepEqual(pair.dc.violations.list, []);
  assert.deepEqual(pair.dc.bugs, []);
  assert.equal(pair.dc.counters.handshakes, 1);
});

test('a call is wrapped by the gateway once it has an api_id, and answered by its result type', async () => {
  const pair = new Pair();
  pair.open(1);
  const [answer] = await pair.ask(1, { id: 7, ...NEAREST });
  assert.equal(answer!['id'], 7);
  assert.equal((answer!['message'] as Record<string, unknown>)['_cons'], 'nearestDc');
  assert.deepEqual(pair.dc.violations.list, []);
});
