/** Records of a lane on the echo worker: each at the one client that it is meant for, once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordCursor, writeHeader } from '../../../src/batch/batch.ts';
import { HEADER_LENGTH, Out, padded } from '../../../src/batch/records.ts';
import { LIMITS } from '../../../src/main/limits/limits.ts';
import { Router, type RouterOptions } from '../../../src/main/sessions/router.ts';
import type { SessionClient } from '../../../src/main/sessions/session-client.ts';
import { Metrics } from '../../../src/telemetry/metrics.ts';
import { echoGateway } from '../../support/echo-gateway.ts';
import { FakeEnv } from '../../support/fake-env.ts';
import { Nc } from '../../support/nc.ts';
import { NotedLane } from '../../support/noted-lane.ts';

test('an answer that comes twice is given once', async (t) => {
  const { port } = await echoGateway(t);
  const nc = await Nc.to(port);
  nc.send('{twice}\n{"id":2}\n{twice}\n{"id":3}\n');
  assert.deepEqual(await nc.lines(4), ['first', '{"id":2}', 'first', '{"id":3}']);
  nc.close();
});

test('two clients never see each other', async (t) => {
  const { port } = await echoGateway(t, { options: { lanes: 2 } });
  const clients = await Promise.all(Array.from({ length: 20 }, () => Nc.to(port)));
  for (let round = 0; round < 20; round++) clients.forEach((nc, i) => nc.send(`{"id":1,"who":${i}}\n`));
  for (const [i, nc] of clients.entries()) {
    assert.deepEqual(new Set(await nc.lines(20)), new Set([`{"id":1,"who":${i}}`]));
    nc.close();
  }
});

test('a deadline of the lane wakes it without any traffic', async (t) => {
  const { port } = await echoGateway(t);
  const nc = await Nc.to(port);
  nc.send('{later 30}\n');
  assert.equal(await nc.line(), 'later');
  nc.close();
});

/** A record as it comes out of a lane. */
function recordOf(kind: number, session: number, ticket: number, text: string): RecordCursor {
  const bytes = Buffer.alloc(HEADER_LENGTH + padded(text.length));
  writeHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, kind, 0, 0, session, ticket, text.length);
  bytes.write(text, HEADER_LENGTH);
  const record = new RecordCursor(bytes, 0, bytes.length);
  record.next();
  return record;
}

/** A router with one session, and what its client heard. */
function routed() {
  const lane = new NotedLane().asLane;
  const heard: string[] = [];
  const client = {
    gate: { shut: () => undefined, open: () => undefined },
    reply: (_ticket: number, line: Buffer) => heard.push(line.toString()),
    update: (line: Buffer) => heard.push(line.toString()),
    sessionGone: () => heard.push('gone'),
  } as unknown as SessionClient;
  const registry = { gone: () => undefined };
  const options = { limits: LIMITS, env: new FakeEnv(), metrics: new Metrics(), registry };
  const router = new Router(options as unknown as RouterOptions);
  const route = router.add(client, lane, 0);
  const say = (kind: number, ticket: number, text: string): void =>
    router.record(lane, recordOf(kind, route.session, ticket, text));
  return { router, route, heard, say };
}

test('answers and updates wait, in their order, while what they say is not stored', () => {
  const { route, heard, say } = routed();
  const ticket = route.request(Buffer.from('{}'), 0, 2, '1');
  route.cork();
  say(Out.UPDATE, 0, 'update');
  say(Out.REPLY, ticket, 'answer');
  assert.deepEqual([heard, route.open], [[], 1]);
  route.uncork();
  assert.deepEqual([heard, route.open], [['update', 'answer'], 0]);
  say(Out.UPDATE, 0, 'another');
  assert.equal(heard.at(-1), 'another');
});

test('what was saved of a session is wiped when it is over', () => {
  const { route, heard, say } = routed();
  say(Out.SAVE_SESSION, 0, 'a key');
  assert.equal(route.saved.isEmpty, false);
  say(Out.GONE, 0, '');
  assert.deepEqual([route.saved.isEmpty, heard], [true, ['gone']]);
});
