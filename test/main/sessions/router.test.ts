/** Records of a lane on the echo worker: each at the one client that it is meant for, once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { echoGateway } from '../../support/echo-gateway.ts';
import { Nc } from '../../support/nc.ts';

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
