/** One client connection on the echo worker: order, half-close, what it may have open, how it is ended. */
import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { In, Out } from '../../../src/batch/records.ts';
import { tokensOf } from '../../../src/main/clients/tokens.ts';
import { Client } from '../../../src/main/clients/client.ts';
import type { GatewayServices } from '../../../src/main/clients/gateway-services.ts';
import { Reaper } from '../../../src/main/clients/reaper.ts';
import { LIMITS } from '../../../src/main/limits/limits.ts';
import { echoGateway } from '../../support/echo-gateway.ts';
import { Nc } from '../../support/nc.ts';
import { routerOf, speakerOf } from '../../support/noted-router.ts';

test('lines are answered in order, however they were cut', async (t) => {
  const { port } = await echoGateway(t);
  const nc = await Nc.to(port);
  const lines = Array.from({ length: 200 }, (_, i) => `{"id":${i + 1},"x":"${'y'.repeat(i)}"}`);
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  for (let at = 0; at < bytes.length; at += 777) nc.send(bytes.subarray(at, at + 777));
  assert.deepEqual(await nc.lines(200), lines);
  nc.close();
});

test('half-close: what is open is answered, then the connection ends', async (t) => {
  const { port } = await echoGateway(t);
  const nc = await Nc.to(port);
  nc.send('{later 50}\n{"id":1}\n');
  nc.end();
  assert.deepEqual(await nc.rest(), ['{"id":1}', 'later']);
});

test('a connection with too many bytes open is read again when they are answered', async (t) => {
  const { port } = await echoGateway(t, { openBytes: 100 });
  const nc = await Nc.to(port);
  // A number as long as it has to be.
  nc.send(`{later 30\n{"id":1}\n{later ${'0'.repeat(100)}50\n{"id":2}\n`);
  assert.deepEqual(await nc.lines(4), ['{"id":1}', 'later', 'later', '{"id":2}']);
  nc.close();
});

test('half-close without any request ends at once', async (t) => {
  const { port } = await echoGateway(t);
  const nc = await Nc.to(port);
  nc.end();
  assert.deepEqual(await nc.rest(), []);
});

test('a line that FIN cuts off is a JSONDecodeError with id -2, after the answers', async (t) => {
  const { port } = await echoGateway(t);
  const nc = await Nc.to(port);
  nc.send('{"id":1}\n{"id":2');
  nc.end();
  const lines = (await nc.rest()).map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    lines.find((line) => line['id'] === 1),
    { id: 1 },
  );
  const refused = lines.find((line) => line['id'] === -2);
  assert.equal(refused?.['error'], 'JSONDecodeError');
  assert.equal(refused?.['pos'], 7);
});

test('past 256 open requests reading stops, and goes on when they are answered', async (t) => {
  const { port } = await echoGateway(t);
  const nc = await Nc.to(port);
  nc.send(`${'{keep}\n'.repeat(255)}{"id":1}\n`);
  assert.equal(await nc.line(), '{"id":1}');
  // The 256th open request shuts the gate; the release behind it is only read when an answer has opened it again.
  nc.send('{later 30}\n{release}\n');
  assert.equal(await nc.line(), 'later');
  const lines = await nc.lines(256);
  assert.equal(lines.filter((line) => line.startsWith('released')).length, 255);
  nc.close();
});

test('too many bad lines in a row', async (t) => {
  const { port } = await echoGateway(t, { badLines: 5 });
  const nc = await Nc.to(port);
  nc.send(`${'{bad}\n'.repeat(4)}{"id":1}\n${'{bad}\n'.repeat(9)}`);
  const lines = await nc.rest();
  assert.deepEqual(lines.slice(0, -1), ['bad', 'bad', 'bad', 'bad', '{"id":1}', 'bad', 'bad', 'bad', 'bad', 'bad']);
  assert.equal((JSON.parse(lines.at(-1)!) as Record<string, unknown>)['error'], 'TooManyErrors');
});

test('a line too long, a line too slow, too much unfinished in all', async (t) => {
  const { port } = await echoGateway(t, { maxLine: 1000, lineTimeout: 400, unfinishedBudget: 1500 });
  const long = await Nc.to(port);
  long.send(`{${'x'.repeat(1001)}`);
  assert.match((await long.rest())[0]!, /"id":-2,"error":"LineTooLong".*"limit":1000.*"closing":true/);
  const slow = await Nc.to(port);
  slow.send('{"id":1}\n{"id"');
  assert.equal(await slow.line(), '{"id":1}');
  assert.match((await slow.rest())[0]!, /"id":-1,"error":"LineTimeout"/);
  const first = await Nc.to(port);
  first.send(`{${'x'.repeat(900)}`);
  const second = await Nc.to(port);
  second.send(`{${'x'.repeat(700)}`);
  assert.match((await first.rest())[0]!, /LineTooLong.*take too much memory/);
  second.close();
});

test('nothing is written behind the last line: an update that comes while the session is closed is dropped', () => {
  const { router, env, asked, say, lane } = routerOf();
  const written: string[] = [];
  const socket = Object.assign(new Socket(), { write: (bytes: Buffer) => written.push(bytes.toString()) > 0 });
  const services = {
    env,
    limits: LIMITS,
    reaper: new Reaper(LIMITS, env),
    router,
    tokens: tokensOf(undefined),
    front: () => ({ isMsgpack: false, end: () => undefined, discard: () => undefined }),
    speaker: speakerOf(router),
    isOverloaded: false,
  } as unknown as GatewayServices;
  const client = new Client(socket, services);
  client.message(Buffer.from('{}'), 0, 2, '1');
  const { session: attachment, ticket } = asked();
  say(Out.REPLY, attachment, ticket, 'answer');
  client.inputEnded();
  assert.equal(lane.kinds.at(-1), In.CLOSE);
  client.update(Buffer.from('update'));
  router.settle();
  assert.deepEqual(written, ['answer']);
});
