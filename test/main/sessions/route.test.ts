/** A session as its client has it: its open requests, what it says later, its end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { In } from '../../../src/batch/records.ts';
import { systemEnv } from '../../../src/main/system-env.ts';
import type { SessionClient } from '../../../src/main/sessions/session-client.ts';
import { Route, type RouteOwner } from '../../../src/main/sessions/route.ts';
import { NotedLane } from '../../support/noted-lane.ts';

/** A route whose lane and end are noted. */
function routeOf() {
  const lane = new NotedLane();
  const gone: Route[] = [];
  const owner = {
    dialling: { env: systemEnv, metrics: { counts: new Float64Array(100) } },
    registry: { isRead: () => undefined, resumed: () => undefined },
    settle: () => undefined,
    gone: (route: Route) => gone.push(route),
  } as unknown as RouteOwner;
  const client = { isUnread: false, gate: { shut: () => undefined, open: () => undefined } };
  return { route: new Route(owner, 1, lane.asLane, client as unknown as SessionClient, 0), lane, gone };
}

test('open requests are bounded in number and in bytes, until they are answered', () => {
  const { route } = routeOf();
  const bounds = { openRequests: 3, openBytes: 100 };
  const ask = (length: number): number => route.request(Buffer.alloc(length), 0, length, '1');
  ask(10);
  const long = ask(90);
  assert.equal(route.hasRoom(bounds), false);
  route.ledger.close(long);
  assert.equal(route.hasRoom(bounds), true);
  ask(10);
  ask(10);
  assert.equal(route.hasRoom(bounds), false);
});

test('a session is closed once; one that was never opened is gone at once', () => {
  const { route, gone, lane } = routeOf();
  route.request(Buffer.from('{}'), 0, 2, '1');
  for (let i = 0; i < 2; i++) route.close();
  assert.deepEqual(lane.kinds, [In.OPEN, In.REQUEST, In.CLOSE]);
  const other = routeOf();
  other.route.close();
  assert.deepEqual([other.lane.kinds, other.gone], [[], [other.route]]);
  assert.deepEqual(gone, []);
});

test('what the next thread is told of a session is zeroed when it has been put', () => {
  const { route, lane } = routeOf();
  route.request(Buffer.from('{}'), 0, 2, '1');
  route.saved.takeSession(Buffer.from('a key'));
  route.resume();
  const at = lane.puts.findIndex(({ kind }) => kind === In.RESUME);
  assert.ok(lane.puts[at]!.bytes.includes('a key'));
  assert.ok(lane.given[at]!.every((byte) => byte === 0));
});
