/** Who is let in on the echo worker: places, descriptors, rates, tokens, memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokensOf } from '../../../src/main/clients/tokens.ts';
import { echoGateway } from '../../support/echo-gateway.ts';
import { Nc } from '../../support/nc.ts';

test('too many connections: one line, and the others stay', async (t) => {
  const { port } = await echoGateway(t, { maxConnections: 1 });
  const first = await Nc.to(port);
  first.send('{"id":1}\n');
  await first.line();
  const second = await Nc.to(port);
  const [line] = await second.rest();
  assert.match(line!, /"error":"TooManyConnections".*"retry_after":1.*"closing":true/);
  first.send('{"id":2}\n');
  assert.equal(await first.line(), '{"id":2}');
  first.close();
});

test('descriptors: refused before the system would', async (t) => {
  // Two for clients with one to spare, none for a third.
  const { port } = await echoGateway(t, { descriptors: 67, descriptorReserve: 64 });
  const one = await Nc.to(port);
  const two = await Nc.to(port);
  const three = await Nc.to(port);
  assert.match((await three.rest())[0]!, /TooManyConnections/);
  one.close();
  two.close();
});

test('tokens: needed, wrong, right', async (t) => {
  const { port } = await echoGateway(t, { tokenTimeout: 80, options: { tokens: tokensOf('good') } });
  const silent = await Nc.to(port);
  assert.match((await silent.rest())[0]!, /"error":"AuthRequired"/);
  const none = await Nc.to(port);
  none.send('{"id":1}\n');
  assert.match((await none.rest())[0]!, /"id":-1,"error":"AuthRequired".*"closing":true/);
  const wrong = await Nc.to(port);
  wrong.send('{"auth":"bad"}\n{"id":1}\n');
  assert.match((await wrong.rest()).join('\n'), /^.*"error":"AuthFailed".*$/);
  const right = await Nc.to(port);
  right.send('{"auth":"good"}\n{"id":1}\n');
  assert.equal(await right.line(), '{"id":1}');
  right.close();
});

test('wrong tokens: after five from an address more are slowed; the right one always goes in', async (t) => {
  const { port } = await echoGateway(t, { options: { tokens: tokensOf('good') } });
  const tell = async (token: string): Promise<string> => {
    const nc = await Nc.to(port);
    nc.send(`{"auth":"${token}"}\n{"id":1}\n`);
    if (token !== 'good') return (await nc.rest()).join('\n');
    const line = await nc.line();
    nc.close();
    return line;
  };
  for (let i = 0; i < 5; i++) assert.match(await tell('bad'), /^.*"error":"AuthFailed".*$/);
  assert.match(await tell('bad'), /^.*"id":-1,"error":"RateLimited".*"retry_after":60.*"closing":true.*$/);
  assert.equal(await tell('good'), '{"id":1}');
});

test('connections a second from one address; the machine itself is free unless it is said otherwise', async (t) => {
  const limited = await echoGateway(t, { acceptsPerSecond: 2, limitsLoopback: true });
  const [one, two, three] = [await Nc.to(limited.port), await Nc.to(limited.port), await Nc.to(limited.port)];
  assert.match((await three.rest())[0]!, /"id":-1,"error":"RateLimited".*"retry_after":1.*"closing":true/);
  one.send('{"id":1}\n');
  assert.equal(await one.line(), '{"id":1}');
  const free = await echoGateway(t, { acceptsPerSecond: 2 });
  const many = await Promise.all(Array.from({ length: 6 }, () => Nc.to(free.port)));
  for (const nc of many) {
    nc.send('{"id":1}\n');
    assert.equal(await nc.line(), '{"id":1}');
  }
  for (const nc of [one, two, ...many]) nc.close();
});

test('out of memory: requests are refused, nobody new is let in, the one with the most unread is cut off', async (t) => {
  // Any process holds more than a byte: the first look climbs the whole ladder.
  const { port, gateway } = await echoGateway(t, { memory: 1, memoryEvery: 200, unreadMark: 64 * 1024 });
  const deaf = await Nc.to(port);
  const nc = await Nc.to(port);
  deaf.socket.pause();
  deaf.send('{big 16000000}\n');
  nc.send('{"id":1}\n');
  assert.equal(await nc.line(), '{"id":1}');
  while (gateway.connections === 2) {
    nc.send('{"id":2}\n');
    await nc.line();
  }
  nc.send('{"id":"x"}\n');
  const refused = await nc.json();
  assert.deepEqual([refused['id'], refused['error'], refused['delivered']], ['x', 'Overloaded', 'no']);
  const late = await Nc.to(port);
  assert.match((await late.rest())[0]!, /TooManyConnections/);
  nc.close();
  deaf.close();
});
