/** The main thread end to end on the echo worker: order, half-close, limits, ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import { tokensOf } from '../../src/front/tokens.ts';
import { Nc } from '../support/nc.ts';
import { echoGateway } from '../support/echo-gateway.ts';

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

test('a deadline of the lane wakes it without any traffic', async (t) => {
  const { port } = await echoGateway(t);
  const nc = await Nc.to(port);
  nc.send('{later 30}\n');
  assert.equal(await nc.line(), 'later');
  nc.close();
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

test('foreign protocols get one ProtocolMismatch line and the end', async (t) => {
  const { port } = await echoGateway(t);
  for (const hello of ['\u0016\u0003\u0001', 'PRI * HTTP/2.0\r\n', '\r\nHost: x\r\n']) {
    const nc = await Nc.to(port);
    nc.send(hello);
    const lines = await nc.rest();
    assert.equal(lines.length, 1, hello);
    const line = JSON.parse(lines[0]!) as Record<string, unknown>;
    assert.equal(line['error'], 'ProtocolMismatch');
    assert.equal(line['id'], -1);
    assert.equal(line['closing'], true);
  }
});

test('HTTP on the port for lines is answered as HTTP: 400, with the one line as its body, and the end', async (t) => {
  const { port } = await echoGateway(t);
  for (const method of ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH']) {
    // A body larger than is read must not cost the client the answer.
    const body = ['POST', 'PUT', 'PATCH'].includes(method) ? Buffer.alloc(300_000, 'x') : undefined;
    const asked = request({ port, host: '127.0.0.1', method, agent: false });
    asked.end(body);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    const said = await text(answer);
    assert.deepEqual(
      [answer.statusCode, answer.headers['content-type'], answer.headers['connection'], asked.reusedSocket],
      [400, 'application/json', 'close', false],
      method,
    );
    assert.equal(Number(answer.headers['content-length']) > 0, true);
    if (method === 'HEAD') assert.equal(said, '');
    else {
      const { error, msg, id, closing } = JSON.parse(said) as Record<string, unknown>;
      assert.deepEqual([error, id, closing], ['ProtocolMismatch', -1, true], method);
      assert.match(String(msg), /JSON object a line; --http-port/);
    }
  }
  // Behind a line it is no HTTP connection: whoever speaks lines gets a line.
  const nc = await Nc.to(port);
  nc.send('{"id":1}\nGET / HTTP/1.1\r\n\r\n');
  assert.match((await nc.rest()).at(-1)!, /^\{"id":-1,"error":"ProtocolMismatch"/);
});

test('too many bad lines in a row', async (t) => {
  const { port } = await echoGateway(t, { badLines: 5 });
  const nc = await Nc.to(port);
  nc.send(`${'{bad}\n'.repeat(4)}{"id":1}\n${'{bad}\n'.repeat(9)}`);
  const lines = await nc.rest();
  assert.deepEqual(lines.slice(0, -1), ['bad', 'bad', 'bad', 'bad', '{"id":1}', 'bad', 'bad', 'bad', 'bad', 'bad']);
  assert.equal((JSON.parse(lines.at(-1)!) as Record<string, unknown>)['error'], 'TooManyErrors');
});

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

test('a line too long, a line too slow, too much unfinished in all', async (t) => {
  const { port } = await echoGateway(t, { maxLine: 1000, lineTimeout: 60, unfinishedBudget: 1500 });
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

test('a client that leaves its answers unread is cut off, others are not touched', async (t) => {
  const { port, gateway } = await echoGateway(t, { unreadMark: 64 * 1024, unreadTimeout: 100 });
  const other = await Nc.to(port);
  const deaf = await Nc.to(port);
  deaf.socket.pause();
  // More than the kernel's buffers of a loopback connection take.
  deaf.send('{big 16000000}\n');
  do {
    other.send('{"id":1}\n');
    assert.equal(await other.line(), '{"id":1}');
  } while (gateway.connections === 2);
  other.close();
  deaf.close();
});

test('a client that reads again in time gets all of it', async (t) => {
  const { port } = await echoGateway(t, { unreadMark: 64 * 1024 });
  const nc = await Nc.to(port);
  const other = await Nc.to(port);
  nc.socket.pause();
  nc.send('{big 16000000}\n{"id":1}\n');
  other.send('{"id":1}\n');
  await other.line();
  nc.socket.resume();
  assert.equal((await nc.line()).length, 16_000_000 + '{"id":1}'.length);
  nc.close();
  other.close();
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
