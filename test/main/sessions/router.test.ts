/** Records of a lane on the echo worker: each at the one client that it is meant for, once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeFlags } from '../../../src/batch/name-records.ts';
import { In, NameOp, Out } from '../../../src/batch/records.ts';
import { Gate } from '../../../src/main/flow/gate.ts';
import { Count } from '../../../src/telemetry/metrics.ts';
import { echoGateway } from '../../support/echo-gateway.ts';
import { Nc } from '../../support/nc.ts';
import { routerOf } from '../../support/noted-router.ts';
import { settled } from '../../support/registry-fixture.ts';

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

test('a record goes to the one it is meant for; one that names nobody is dropped', () => {
  const { client, say, asked, only, router } = routerOf();
  const [one, two] = [client(), client()];
  const ticket = one.ask('a')!;
  const { session: attachment } = asked();
  const session = only().number;
  two.ask('b');
  const { session: other } = asked();
  say(Out.REPLY, other, ticket, 'not its ticket');
  say(Out.REPLY, session, ticket, 'a session has no tickets');
  say(Out.NOTICE, session, 0, 'nor does it hear notices');
  say(Out.UPDATE, attachment, 0, 'an attachment is no session');
  say(Out.REPLY, 99, ticket, 'nobody');
  assert.deepEqual([one.heard, two.heard], [[], []]);
  say(Out.NOTICE, attachment, 0, 'notice');
  say(Out.REPLY, attachment, ticket, 'answer');
  say(Out.REPLY, attachment, ticket, 'answer');
  assert.deepEqual([one.heard, two.heard], [['notice', 'answer'], []]);
  assert.deepEqual([router.size, router.attachments], [2, 2]);
  assert.throws(() => say(1, session), /record of kind 1/);
});

test('a message, an answer and an update are counted', () => {
  const { client, say, asked, only, router } = routerOf();
  const ticket = client().ask('a')!;
  say(Out.UPDATE, only().number, 0, 'update', 0);
  say(Out.REPLY, asked().session, ticket, 'answer');
  const { counts } = router.metrics;
  assert.deepEqual([counts[Count.SESSIONS], counts[Count.REQUESTS], counts[Count.UPDATES]], [1, 1, 1]);
  assert.deepEqual(router.load(1).openRequests, [0]);
});

test('a list is answered in the session in which it was asked for', async () => {
  const { client, say, asked, lane } = routerOf();
  const ticket = client().ask('{list}')!;
  const { session: attachment } = asked();
  say(Out.NAME, attachment, ticket, '', NameOp.LIST);
  await settled();
  const { kind, session, ticket: answered } = lane.puts.at(-1)!;
  assert.deepEqual([kind, session, answered], [In.LISTED, attachment, ticket]);
});

test('when the gateway stops, sessions that nobody speaks in end', async () => {
  const { client, router, said, say, only } = routerOf();
  const [one, two] = [client(), client()];
  one.ask('a', 'me');
  const { number } = only();
  two.ask('b', 'you');
  await settled();
  say(Out.STORE, number, 0, 'a record', storeFlags('urgent'));
  only().isStored = true;
  one.sessions.close();
  assert.equal(said().at(-1), 'DETACH 4', 'it lingers');
  router.closeIdle();
  assert.deepEqual(said(), [`CLOSE ${number}`]);
});

test('who has put too much to the lane is read on when the lane takes more of it, and not when it takes more of others', () => {
  const { client, lane, router, asked, only } = routerOf();
  const [one, two] = [client(), client()];
  two.ask('b');
  const { session: other } = asked();
  lane.isOver = true;
  one.ask('a');
  const { session: attachment } = asked();
  assert.equal(one.gate.isOpen, false);
  for (const number of [other, only().number]) router.clear(lane.asLane, number);
  assert.equal(one.gate.isOpen, false);
  router.clear(lane.asLane, attachment);
  assert.equal(one.gate.isOpen, true);
});

test('a link that has brought too much is read on when the lane takes more of its session', () => {
  const { client, lane, router, asked, only } = routerOf();
  client().ask('a');
  const gate = new Gate(
    () => undefined,
    () => undefined,
  );
  only().wait(gate);
  router.clear(lane.asLane, asked().session);
  assert.equal(gate.isOpen, false);
  router.clear(lane.asLane, only().number);
  assert.equal(gate.isOpen, true);
});
