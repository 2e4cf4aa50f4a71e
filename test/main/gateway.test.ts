/** The end of a gateway on the echo worker. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { echoGateway } from '../support/echo-gateway.ts';
import { Nc } from '../support/nc.ts';

test('drain: the idle are told and closed, the open are answered first, the late are told', async (t) => {
  const { gateway, port } = await echoGateway(t);
  const idle = await Nc.to(port);
  const open = await Nc.to(port);
  const late = await Nc.to(port);
  idle.send('{"id":1}\n');
  open.send('{later 100}\n{"id":1}\n');
  late.send('{"id":1}\n{keep}\n{"id":2}\n');
  assert.equal(await idle.line(), '{"id":1}');
  assert.equal(await open.line(), '{"id":1}');
  assert.deepEqual(await late.lines(2), ['{"id":1}', '{"id":2}']);
  const done = gateway.drain(300);
  assert.match((await idle.rest()).join(), /^\{"id":0,"error":"ServerStopping".*"retry_after":1.*"closing":true\}$/);
  const answered = await open.rest();
  assert.match(answered[0]!, /ServerStopping/);
  assert.equal(answered[1], 'later');
  const told = await late.rest();
  assert.match(told[1]!, /"error":"ServerStopping".*"delivered":"unknown"/);
  await done;
  await assert.rejects(Nc.to(port), /ECONNREFUSED/);
});
