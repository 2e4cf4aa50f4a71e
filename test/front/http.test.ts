/** HTTP on the echo worker: what is promised of `POST /v1/rpc` and of those that watch (http-and-msgpack: HTTP, threats: Addresses and neighbours). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
import { requestFlags } from '../../src/batch/request-flags.ts';
import { HttpListener } from '../../src/front/http.ts';
import { description } from '../../src/front/openapi.ts';
import { OPERATIONS } from '../../src/front/http-paths.ts';
import { tokensOf } from '../../src/main/clients/tokens.ts';
import type { GatewayOptions } from '../../src/main/gateway.ts';
import type { Limits } from '../../src/main/limits/limits.ts';
import { Count } from '../../src/telemetry/metrics.ts';
import { echoGateway, type EchoGateway } from '../support/echo-gateway.ts';
import { Nc } from '../support/nc.ts';

interface Served extends EchoGateway {
  readonly httpPort: number;
}

type ReadCounters = () => Promise<{ type: string; text: string }>;
type Overrides = Partial<Limits> & { hosts?: string[]; options?: Partial<GatewayOptions>; metrics?: ReadCounters };

const COUNTERS: ReadCounters = () => Promise.resolve({ type: 'text/plain', text: 'counters\n' });

async function httpGateway(t: TestContext, overrides: Overrides = {}): Promise<Served> {
  const { hosts = [], options = {}, metrics = COUNTERS, ...limits } = overrides;
  const listeners = [new HttpListener(0, { hosts, metrics })];
  const served = await echoGateway(t, { ...limits, options: { ...options, listeners } });
  return { ...served, httpPort: served.gateway.addressesOf('HTTP')[0]!.port };
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A connection that writes what it is told and reads responses with a length. */
class Raw {
  readonly socket: Socket;
  #got = '';
  isEnded = false;
  #wake: (() => void) | undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.#got += text;
      this.#wake?.();
    });
    this.socket.on('error', () => undefined);
    for (const event of ['end', 'close']) {
      this.socket.on(event, () => {
        this.isEnded = true;
        this.#wake?.();
      });
    }
  }

  send(text: string): this {
    this.socket.write(text);
    return this;
  }

  post(body: string, headers: Record<string, string> = {}): this {
    return this.send(post(body, headers));
  }

  async answer(): Promise<Answer> {
    for (;;) {
      const found = /^HTTP\/1\.1 (\d+) [^\r]*\r\n(?:([^]*?)\r\n)?\r\n/.exec(this.#got);
      const headers = Object.fromEntries(
        (found?.[2] ?? '')
          .split('\r\n')
          .map((line) => [line.split(': ', 1)[0]!.toLowerCase(), line.slice(line.indexOf(': ') + 2)]),
      ) as Record<string, string>;
      const stop = (found?.[0].length ?? 0) + Number(headers['content-length'] ?? 0);
      if (found !== null && this.#got.length >= stop) {
        const body = this.#got.slice(found[0].length, stop);
        this.#got = this.#got.slice(stop);
        return { status: Number(found[1]), headers, body };
      }
      if (this.isEnded) throw new Error(`ended before a response: ${this.#got}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Until the peer's FIN. @returns what came and was not taken */
  async end(): Promise<string> {
    while (!this.isEnded) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.socket.end();
    return this.#got;
  }

  close(): void {
    this.socket.destroy();
  }
}

function post(body: string, headers: Record<string, string> = {}): string {
  const all = {
    Host: 'localhost',
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(all)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /v1/rpc HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

const get = (path: string, host = 'localhost', more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;

test('a body is a request, its answer the response; one after the other on one connection and session', async (t) => {
  const { httpPort, gateway } = await httpGateway(t);
  const raw = new Raw(httpPort);
  for (let i = 1; i < 4; i++) {
    const { status, headers, body } = await raw.post(`{"id":${i}}`).answer();
    assert.deepEqual([status, headers['content-type'], body], [200, 'application/json', `{"id":${i}}\n`]);
    assert.equal(headers['access-control-allow-origin'], undefined);
  }
  assert.equal(gateway.router.size, 1);
  raw.close();
});

test('pipelined requests go out at once and are answered in order', async (t) => {
  const { httpPort } = await httpGateway(t);
  const raw = new Raw(httpPort);
  raw.send(post('{later 60}') + post('{"id":2}') + post('{later 20}') + post('{"id":4}'));
  const bodies = [];
  for (let i = 0; i < 4; i++) bodies.push((await raw.answer()).body);
  assert.deepEqual(bodies, ['later\n', '{"id":2}\n', 'later\n', '{"id":4}\n']);
  raw.close();
});

test('a body in many pieces, in chunks, and of the greatest length', async (t) => {
  const { httpPort } = await httpGateway(t, { maxLine: 100_000 });
  const raw = new Raw(httpPort);
  const body = `{"id":1,"x":"${'ab'.repeat(49_990)}"}`.slice(0, 100_000);
  const text = post(body);
  for (let at = 0; at < text.length; at += 33_333) {
    raw.send(text.slice(at, at + 33_333));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await raw.answer()).body, `${body}\n`);
  raw.send(
    `POST /v1/rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"id\r\n4\r\n":2}\r\n0\r\n\r\n`,
  );
  assert.equal((await raw.answer()).body, '{"id":2}\n');
  raw.close();
});

test('a body over the limit: 413, told by its length or found out', async (t) => {
  const { httpPort } = await httpGateway(t, { maxLine: 1000 });
  const raw = new Raw(httpPort);
  const long = 'x'.repeat(1001);
  const told = await raw.post(long).answer();
  assert.equal(told.status, 413);
  assert.match(told.body, /"id":-2,"error":"LineTooLong".*"limit":1000/);
  raw.send(
    `POST /v1/rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n${long}\r\n`,
  );
  assert.equal((await raw.answer()).status, 413);
  raw.send('0\r\n\r\n');
  assert.equal((await raw.post('{"id":1}').answer()).body, '{"id":1}\n');
  raw.close();
});

test('a bad line is 400; an update goes nowhere', async (t) => {
  const { httpPort, gateway } = await httpGateway(t);
  const raw = new Raw(httpPort);
  const updated = await raw.post('{updates 3}').answer();
  assert.deepEqual([updated.status, updated.body], [200, 'done\n']);
  const refused = await raw.post('{bad 4}').answer();
  assert.deepEqual([refused.status, refused.body], [400, 'bad\n']);
  assert.equal(gateway.metrics.counts[5], 3);
  raw.close();
});

test('what is no POST of JSON is refused: method, type, path', async (t) => {
  const { httpPort } = await httpGateway(t);
  const raw = new Raw(httpPort);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
    assert.equal((await raw.post('{"id":1}', { 'Content-Type': type }).answer()).status, 415, type);
  }
  const got = await raw.send(get('/v1/rpc')).answer();
  assert.deepEqual([got.status, got.headers['allow']], [405, 'POST']);
  assert.match(
    got.body,
    /^{"id":-1,"error":"ProtocolMismatch","msg":"\/v1\/rpc takes POST, not GET",.*"delivered":"no"}\n$/,
  );
  const lost = await raw.send(get('/')).answer();
  assert.deepEqual([lost.status, lost.headers['content-type']], [404, 'application/json']);
  const { error, msg } = JSON.parse(lost.body) as { error: string; msg: string };
  assert.equal(error, 'ProtocolMismatch');
  for (const { path } of OPERATIONS) assert.ok(msg.includes(path), path);
  assert.equal((await raw.send(get('/v1/rpcs')).answer()).status, 404);
  const preflight = await raw
    .send('OPTIONS /v1/rpc HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n')
    .answer();
  assert.equal(preflight.status, 405);
  assert.ok(!Object.keys(preflight.headers).some((name) => name.startsWith('access-control')));
  assert.equal((await raw.post('{"id":7}').answer()).body, '{"id":7}\n');
  raw.close();
});

test('a path with a query, a last slash, or a whole address is the same path', async (t) => {
  const { httpPort } = await httpGateway(t);
  const raw = new Raw(httpPort);
  for (const path of ['/v1/rpc?x=1', '/v1/rpc/', '/v1/rpc/?x=/', 'http://127.0.0.1:80/v1/rpc']) {
    assert.equal((await raw.send(post('{"id":1}').replace('/v1/rpc', path)).answer()).body, '{"id":1}\n', path);
  }
  for (const path of ['/livez/', '/readyz?verbose', '/metrics/?x'])
    assert.equal((await raw.send(get(path)).answer()).status, 200, path);
  for (const path of ['//v1/rpc', '/v1', '/v1/rpc/x', '/livez/x', '*'])
    assert.equal((await raw.send(get(path)).answer()).status, 404, path);
  // The address that is asked for goes before the header.
  const foreign = get('http://evil.example/metrics');
  assert.equal((await raw.send(foreign).answer()).status, 403);
  raw.close();
});

test('HEAD wherever GET is; 405 says what is allowed', async (t) => {
  const { httpPort } = await httpGateway(t);
  for (const path of ['/livez', '/readyz', '/metrics', '/v1/openapi.json', '/v1/sessions']) {
    const raw = new Raw(httpPort);
    const got = await raw.send(get(path)).answer();
    const refused = await raw.send(post('{}').replace('/v1/rpc', path)).answer();
    assert.deepEqual([refused.status, refused.headers['allow']], [405, 'GET, HEAD'], path);
    raw.send(`HEAD ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    const head = await raw.end();
    assert.match(head, new RegExp(`^HTTP/1.1 200 OK\r\n[^]*Content-Length: ${got.body.length}\r\n[^]*\r\n\r\n$`), path);
  }
});

test('what is asked of kept sessions goes out as the line that asks it', async (t) => {
  const { httpPort } = await httpGateway(t);
  const raw = new Raw(httpPort);
  const ask = async (method: string, path: string, body = ''): Promise<Answer> =>
    await raw
      .send(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      .answer();
  const list = await ask('GET', '/v1/sessions');
  assert.deepEqual([list.status, list.body], [200, '{"id":1,"session":{"list":true}}\n']);
  assert.deepEqual([list.headers['content-type'], list.headers['cache-control']], ['application/json', 'no-store']);
  // A body that nobody asked for is read, and of no concern.
  assert.equal((await ask('GET', '/v1/sessions/', '{"id":2}')).body, list.body);
  assert.equal((await ask('DELETE', '/v1/sessions/me')).body, '{"id":1,"session":{"forget":"me"}}\n');
  // The echo says no list, so nothing is kept under the name.
  const shown = await ask('GET', '/v1/sessions/me');
  assert.deepEqual([shown.status, (JSON.parse(shown.body) as { error: string }).error], [404, 'SessionNotFound']);
  assert.equal(
    Buffer.from((await ask('DELETE', '/v1/sessions/%D1%8F%2B1@x?y')).body, 'latin1').toString(),
    '{"id":1,"session":{"forget":"я+1@x"}}\n',
  );
  for (const name of [
    'a%20b',
    '%22%7D',
    '{name}',
    'x'.repeat(65),
    '%',
    '%D1',
    'a%2Fb',
    '%00',
    '.',
    '..',
    '%2e',
    '%2E.',
  ]) {
    const { status, body } = await ask('DELETE', `/v1/sessions/${name}`);
    assert.equal(status, 400, name);
    assert.match(body, /^{"id":1,"error":"InvalidSession",.*"path":"session.name"/, name);
  }
  // No piece of a path is taken out here: it is a name, and none that a session may have.
  assert.match(
    (await ask('DELETE', '/v1/sessions/me/../..')).body,
    /^{"id":-1,"error":"ProtocolMismatch","msg":"no such path/,
  );
  const post = await ask('POST', '/v1/sessions/me');
  assert.deepEqual([post.status, post.headers['allow']], [405, 'GET, HEAD, PATCH, DELETE']);
  raw.close();
});

test('a change of a session says resident, and nothing else', async (t) => {
  const { httpPort } = await httpGateway(t);
  const raw = new Raw(httpPort);
  const change = (body: string, headers: Record<string, string> = {}): Promise<Answer> =>
    raw.send(post(body, headers).replace('POST /v1/rpc', 'PATCH /v1/sessions/me')).answer();
  for (const resident of [true, false])
    assert.equal(
      (await change(` {"resident":${resident}} `)).body,
      `{"id":1,"session":{"name":"me","existing":true,"resident":${resident}}}\n`,
    );
  assert.equal((await change('{"resident":true}', { 'Content-Type': 'text/plain' })).status, 415);
  raw.close();
});

test('Idempotency-Key is the key of a request to /v1/rpc too, wherever its object begins', async (t) => {
  const { httpPort } = await httpGateway(t);
  const raw = new Raw(httpPort);
  const ask = async (body: string, key = 'order-17'): Promise<Answer> =>
    await raw.send(post(body, { 'Idempotency-Key': key })).answer();
  assert.equal((await ask('{"id":1,"as":"me"}')).body, '{"key":"order-17","id":1,"as":"me"}\n');
  assert.equal((await ask('{ }')).body, '{"key":"order-17" }\n');
  assert.equal((await ask('[1]')).body, '[1]\n', 'no object, which the session refuses as it came');
  assert.match((await ask('\ufeff \r\n {"id":1}')).body, /\{"key":"order-17","id":1\}\n$/);
  const refused = await ask('{}', 'a b');
  assert.equal(refused.status, 400);
  assert.match(refused.body, /"error":"InvalidRequest".*"path":"key"/);
  raw.close();
});

test('a method by its path: the body is its fields, Idempotency-Key its key; what cannot be asked is refused', async (t) => {
  const { httpPort, gateway } = await httpGateway(t, { maxLine: 1000 });
  const raw = new Raw(httpPort);
  const call = (path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> =>
    raw.send(post(body, headers).replace('/v1/rpc', `/v1/sessions/${path}`)).answer();
  const sent = await call('me/messages.sendMessage?x', '{"message":"hi"}', { 'Idempotency-Key': '"order 17"' });
  assert.deepEqual(
    [sent.status, sent.body],
    [200, '{"id":1,"as":"me","key":"order 17","message":{"_cons":"messages.sendMessage","message":"hi"}}\n'],
  );
  assert.equal((await call('me/ping', '')).body, '{"id":1,"as":"me","message":{"_cons":"ping"}}\n');
  const long = `{"x":"${'a'.repeat(990)}"}`;
  assert.equal((await call('me/ping', long)).body, `{"id":1,"as":"me","message":{"_cons":"ping",${long.slice(1)}}\n`);
  // A form without fields is something that a page of another site may post.
  assert.equal((await call('me/auth.logOut', '', { 'Content-Type': '' })).status, 415);
  for (const [path, body, error, headers] of [
    ['a b', '{}', 'InvalidSession', {}],
    ['../auth.logOut', '{}', 'InvalidSession', {}],
    ['%2e%2E/auth.logOut', '{}', 'InvalidSession', {}],
    ['./auth.logOut', '{}', 'InvalidSession', {}],
    ['me/messages.sendMessage%22,%22x', '{}', 'NotAMethod', {}],
    ['me/a.b.c', '{}', 'NotAMethod', {}],
    ['me/ping', '{"a":1},"session":{"b":2}', 'JSONDecodeError', {}],
    ['me/ping', '[]', 'InvalidRequest', {}],
    ['me/ping', '{}', 'InvalidRequest', { 'Idempotency-Key': 'a b' }],
  ] as const) {
    const answer = await call(path.replace('a b', 'a%20b/ping'), body, headers);
    assert.equal(answer.status, 400, body);
    assert.match(answer.body, new RegExp(`^{"id":(1|-2),"error":"${error}"`), path);
  }
  assert.equal((await call('me/ping', `${long}${' '.repeat(100)}`)).status, 413);
  // Nothing is open for what was refused; and there is no vault, so that what was opened under a name ends with its answers.
  do assert.equal((await call('me/ping/x', '{}')).status, 404);
  while (gateway.router.size > 0);
  raw.close();
});

test('the description is given with a tag, and not again to who has it', async (t) => {
  const { httpPort } = await httpGateway(t, { options: { tokens: tokensOf('good') } });
  const raw = new Raw(httpPort);
  const ask = (tag: string): Promise<Answer> =>
    raw.send(get('/v1/openapi.json', 'localhost', tag === '' ? '' : `If-None-Match: ${tag}\r\n`)).answer();
  const { status, headers, body } = await ask('');
  assert.deepEqual([status, headers['content-type'], body], [200, 'application/json', description().text]);
  assert.match(headers['etag']!, /^"[\w-]{22}"$/);
  raw.close();
  for (const [tag, wanted] of [
    [headers['etag']!, 304],
    [`W/${headers['etag']!}`, 304],
    [`"other", ${headers['etag']!}`, 304],
    ['*', 304],
    ['"other"', 200],
  ] as const) {
    const other = new Raw(httpPort);
    const more = `If-None-Match: ${tag}\r\nConnection: close\r\n`;
    const answer = await other.send(get('/v1/openapi.json', 'localhost', more)).end();
    assert.match(answer, new RegExp(`^HTTP/1.1 ${wanted} `), tag);
    assert.equal(answer.split('\r\n\r\n')[1], wanted === 304 ? '' : body, tag);
  }
});

test('a body in another form is 415: compressed, in another charset', async (t) => {
  const { httpPort } = await httpGateway(t);
  const raw = new Raw(httpPort);
  for (const headers of [
    { 'Content-Encoding': 'gzip' },
    { 'Content-Encoding': 'br' },
    { 'Content-Type': 'application/json; charset=utf-16' },
    { 'Content-Type': 'application/json;charset="latin1"' },
  ] as Record<string, string>[]) {
    const { status, body } = await raw.post('{"id":1}', headers).answer();
    assert.deepEqual([status, (JSON.parse(body) as { error: string }).error], [415, 'ProtocolMismatch']);
  }
  for (const headers of [
    { 'Content-Encoding': 'identity' },
    { 'Content-Type': 'application/json; charset=UTF-8' },
    { 'Content-Type': 'Application/JSON ; odata=verbose; charset="utf-8"' },
  ] as Record<string, string>[])
    assert.equal((await raw.post('{"id":1}', headers).answer()).status, 200);
  raw.close();
});

test('a byte order mark before a body is skipped', async (t) => {
  const { httpPort } = await httpGateway(t);
  const raw = new Raw(httpPort);
  raw.socket.write(post('\ufeff{"id":4}'), 'utf8');
  assert.equal((await raw.answer()).body, '{"id":4}\n');
  raw.close();
});

test('Expect: 100-continue: the body is asked for, or the request refused before it comes', async (t) => {
  const { httpPort } = await httpGateway(t, { maxLine: 1000 });
  const raw = new Raw(httpPort);
  const [head, body] = post('{"id":3}', { Expect: '100-continue' }).split('\r\n\r\n') as [string, string];
  assert.equal((await raw.send(`${head}\r\n\r\n`).answer()).status, 100);
  const { status, headers } = await raw.send(body).answer();
  assert.deepEqual([status, headers['connection']], [200, 'keep-alive']);
  raw.send(`${post('x'.repeat(1001), { Expect: '100-continue' }).split('\r\n\r\n', 1)[0]}\r\n\r\n`);
  const refused = await raw.answer();
  assert.deepEqual([refused.status, refused.headers['connection']], [413, 'close']);
  assert.equal(await raw.end(), '');
});

test('one connection, several users: each token has a session of its own', async (t) => {
  const others = Array.from({ length: 62 }, (_, i) => `token${i}`);
  const tokens = tokensOf(['one', 'two', 'more', ...others].join('\n'));
  const { httpPort, gateway } = await httpGateway(t, { options: { tokens } });
  const raw = new Raw(httpPort);
  const ask = async (token: string): Promise<string> =>
    (await raw.post('{session}', { Authorization: `Bearer ${token}` }).answer()).body;
  const [first, second] = [await ask('one'), await ask('two')];
  assert.notEqual(first, second);
  assert.deepEqual([await ask('one'), await ask('two')], [first, second]);
  for (const token of others) await ask(token);
  assert.match(await ask('more'), /"error":"TooManySessions"/);
  assert.equal(await ask('one'), first);
  assert.equal(gateway.router.size, 64);
  raw.close();
  // They end with the connection, all of them.
  const other = new Raw(httpPort);
  do assert.equal((await other.send(get('/livez')).answer()).status, 200);
  while (gateway.router.size > 0);
  other.close();
});

test('where no token is needed, those that are shown keep sessions apart all the same', async (t) => {
  const { httpPort } = await httpGateway(t);
  const raw = new Raw(httpPort);
  const ask = async (headers: Record<string, string>): Promise<string> =>
    (await raw.post('{session}', headers).answer()).body;
  const shown = [{}, { Authorization: 'Bearer one' }, { Authorization: 'Bearer two' }];
  const sessions: string[] = [];
  for (const headers of [...shown, ...shown]) sessions.push(await ask(headers));
  assert.equal(new Set(sessions).size, 3);
  assert.deepEqual(sessions.slice(3), sessions.slice(0, 3));
  raw.close();
});

test('keys are shown to who may export them alone; each token is judged once', async (t) => {
  const known = tokensOf('owner export\nguest');
  const judged: string[] = [];
  const tokens = { ...known, judge: (token: string) => (judged.push(token), known.judge(token)) };
  const { httpPort } = await httpGateway(t, { options: { tokens } });
  const raw = new Raw(httpPort);
  const flags = async (token: string): Promise<string> =>
    (await raw.post('{flags}', { Authorization: `Bearer ${token}` }).answer()).body;
  assert.deepEqual([await flags('owner'), await flags('guest')], [`flags ${requestFlags(true)}\n`, 'flags 0\n']);
  assert.deepEqual(judged, ['owner', 'guest']);
  raw.close();
});

test('wrong tokens: more than five cost a connection each; the right one goes in on any', async (t) => {
  const { httpPort } = await httpGateway(t, { options: { tokens: tokensOf('good') } });
  const raw = new Raw(httpPort);
  const ask = (on: Raw, token: string): Promise<Answer> =>
    on.post('{"id":1}', { Authorization: `Bearer ${token}` }).answer();
  for (let i = 0; i < 5; i++) assert.equal((await ask(raw, 'bad')).status, 401);
  assert.equal((await ask(raw, 'good')).status, 200);
  const slowed = await ask(raw, 'bad');
  assert.deepEqual([slowed.status, slowed.headers['connection'], slowed.headers['retry-after']], [429, 'close', '60']);
  assert.equal(await raw.end(), '');
  const another = new Raw(httpPort);
  assert.equal((await ask(another, 'good')).status, 200);
  another.close();
});

test('Host: loopback and configured names, nothing else (DNS rebinding)', async (t) => {
  const { httpPort, gateway } = await httpGateway(t, { hosts: ['gateway.example'] });
  const raw = new Raw(httpPort);
  for (const host of [
    'localhost',
    'LOCALHOST:80',
    '127.0.0.1',
    `127.0.0.1:${httpPort}`,
    '[::1]:8080',
    'x.localhost',
    'gateway.example:1',
    'Gateway.Example',
  ]) {
    assert.equal((await raw.send(get('/metrics', host)).answer()).status, 200, host);
  }
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    'evil-localhost',
    'mylocalhost:80',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    'gateway.example.evil',
    '127.0.0.1@evil',
    '127.0.0.1:1:2',
    '0.0.0.0',
    '',
  ]) {
    for (const path of ['/livez', '/readyz'])
      assert.equal((await raw.send(get(path, host)).answer()).status, 200, host);
    assert.equal((await raw.send(get('/metrics', host)).answer()).status, 403, host);
    assert.equal((await raw.post('{"id":1}', { Host: host === '' ? ' ' : host }).answer()).status, 403, host);
  }
  assert.equal(gateway.router.size, 0);
  const { status, headers, body } = await raw.post('{"id":1}', { Host: 'mtproto2json:1680' }).answer();
  assert.deepEqual([status, headers['content-type']], [403, 'application/json']);
  assert.match((JSON.parse(body) as { msg: string }).msg, /"mtproto2json".*--http-host mtproto2json /);
  raw.close();
  // Without a Host there is HTTP/1.0, as load balancers ask.
  for (const [path, wanted] of [
    ['/livez', 200],
    ['/metrics', 403],
  ] as const) {
    const old = new Raw(httpPort);
    const answer = await old.send(`GET ${path} HTTP/1.0\r\n\r\n`).end();
    assert.match(answer, new RegExp(`^HTTP/1.1 ${wanted} `));
    if (wanted === 403) assert.match(answer, /a name given by --http-host; there was none/);
  }
});

test('tokens: needed, wrong, right; who watches liveness needs none', async (t) => {
  const { httpPort } = await httpGateway(t, { options: { tokens: tokensOf('good') } });
  const raw = new Raw(httpPort);
  const none = await raw.post('{"id":1}').answer();
  assert.deepEqual([none.status, none.headers['www-authenticate']], [401, 'Bearer']);
  assert.match(none.body, /"error":"AuthRequired"/);
  assert.match((await raw.post('{"id":1}', { Authorization: 'Bearer bad' }).answer()).body, /"error":"AuthFailed"/);
  assert.equal((await raw.post('{"id":1}', { Authorization: 'Basic Z29vZA==' }).answer()).status, 401);
  assert.equal((await raw.post('{"id":1}', { Authorization: 'Bearer good' }).answer()).body, '{"id":1}\n');
  assert.equal((await raw.send(get('/metrics')).answer()).status, 401);
  assert.equal(
    (await raw.send(get('/metrics', 'localhost', 'Authorization: bearer good\r\n')).answer()).body,
    'counters\n',
  );
  assert.equal((await raw.send(get('/livez')).answer()).status, 200);
  assert.equal((await raw.send(get('/readyz')).answer()).status, 200);
  raw.close();
});

test('a request that kills its worker: 502 with its id; others and the connection go on', async (t) => {
  const { httpPort } = await httpGateway(t);
  const raw = new Raw(httpPort);
  const other = new Raw(httpPort);
  await raw.post('{"id":1}').answer();
  other.post('{later 30}');
  const refused = await raw.post('{exit "id":6}').answer();
  assert.equal(refused.status, 502);
  assert.match(refused.body, /"id":(6|1),"error":"WorkerCrashed".*"delivered":"no"/);
  const keyed = await raw.post('{exit "id":7,"key":"k"}').answer();
  assert.match(keyed.body, /"id":7,"error":"WorkerCrashed".*"delivered":"unknown"/);
  assert.equal((await other.answer()).body, 'later\n');
  assert.equal((await raw.post('{"id":2}').answer()).body, '{"id":2}\n');
  raw.close();
  other.close();
});

test('readyz follows the lanes', async (t) => {
  const { httpPort, gateway } = await httpGateway(t);
  const raw = new Raw(httpPort);
  const victim = new Raw(httpPort);
  assert.equal((await raw.send(get('/readyz')).answer()).status, 200);
  assert.equal((await victim.post('{exit "id":6}').answer()).status, 502);
  assert.equal(gateway.gauges().lanes[0]!.restarts, 2);
  while ((await raw.send(get('/readyz')).answer()).status !== 200);
  raw.close();
  victim.close();
});

test('who only watches has sixteen places beyond those of clients', async (t) => {
  const { httpPort } = await httpGateway(t, { maxConnections: 0 });
  const watchers = Array.from({ length: 16 }, () => new Raw(httpPort));
  for (const raw of watchers) assert.equal((await raw.send(get('/livez')).answer()).status, 200);
  assert.equal(await new Raw(httpPort).send(get('/livez')).end(), '');
  watchers.pop()!.close();
  // Its place is free as soon as the gateway has seen the end of it.
  const isLetIn = (): Promise<boolean> =>
    new Raw(httpPort)
      .send(get('/livez'))
      .answer()
      .then(
        () => true,
        () => false,
      );
  while (!(await isLetIn()));
  for (const raw of watchers) raw.close();
});

test('all places taken: 503 for requests, an answer for those who watch', async (t) => {
  const { httpPort } = await httpGateway(t, { maxConnections: 1 });
  const first = new Raw(httpPort);
  await first.post('{"id":1}').answer();
  const second = new Raw(httpPort);
  const refused = await second.post('{"id":1}').answer();
  assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '1']);
  assert.match(refused.body, /"error":"TooManyConnections".*"retryable":true/);
  assert.equal((await second.send(get('/readyz')).answer()).status, 200);
  second.close();
  first.close();
});

test('FIN ends the requests, not their answers', async (t) => {
  const { httpPort } = await httpGateway(t);
  const raw = new Raw(httpPort);
  raw.post('{later 40}').socket.end();
  assert.equal((await raw.answer()).body, 'later\n');
  assert.equal(await raw.end(), '');
});

test('a client gone leaves no session', async (t) => {
  const { httpPort, gateway } = await httpGateway(t);
  const raw = new Raw(httpPort);
  await raw.post('{"id":1}').answer();
  raw.post('{later 20}');
  raw.close();
  const other = new Raw(httpPort);
  do await other.post('{"id":1}').answer();
  while (gateway.connections > 1 || gateway.router.size > 1);
  other.close();
});

test('a client that is not read and dies is gone at once, with all it had open', { timeout: 60_000 }, async (t) => {
  const { httpPort, gateway } = await httpGateway(t, { openRequests: 8 });
  for (const more of [0, 2_000]) {
    const dead = new Raw(httpPort);
    await dead.post('{"id":1}').answer();
    dead.send(post('{keep}').repeat(8 + more));
    const other = new Raw(httpPort);
    await other.post('{"id":1}').answer();
    assert.equal(gateway.gauges().lanes[0]!.openRequests, 8);
    dead.socket.resetAndDestroy();
    do await other.post('{"id":1}').answer();
    while (gateway.connections > 1 || gateway.router.size > 1);
    other.close();
  }
});

test('what comes while too many are open is answered in its turn', async (t) => {
  const { httpPort } = await httpGateway(t, { openRequests: 2 });
  const raw = new Raw(httpPort);
  const bodies = [
    '{later 20}',
    '{later 20}',
    '{"id":3}',
    '{later 20}',
    ...Array.from({ length: 60 }, (_, i) => `{"id":${i + 5}}`),
  ];
  raw.send(bodies.map((body) => post(body)).join('')).socket.end();
  for (const body of bodies)
    assert.equal((await raw.answer()).body, body.startsWith('{later') ? 'later\n' : `${body}\n`);
  assert.equal(await raw.end(), '');
});

test('a body that does not end in time ends the connection', async (t) => {
  const { httpPort } = await httpGateway(t, { lineTimeout: 60 });
  const raw = new Raw(httpPort);
  raw.send(
    'POST /v1/rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"id"',
  );
  assert.match(await raw.end(), /^(HTTP\/1\.1 408|$)/);
});

test('bodies that never end are cut, the largest first, until the others fit; whoever is left is answered', async (t) => {
  const { httpPort, port } = await httpGateway(t, { unfinishedBudget: 100_000 });
  const sizes = [10_000, 30_000, 20_000, 60_000, 50_000];
  const raws = [];
  for (const size of sizes) {
    const raw = new Raw(httpPort);
    raws.push(raw.send(post('x'.repeat(size + 10)).slice(0, -10)));
    // What was sent has been read when this one, sent later on another connection, is answered.
    const other = new Raw(httpPort);
    await other.post('{"id":1}').answer();
    other.close();
  }
  for (const cut of [raws[3]!, raws[4]!]) assert.equal(await cut.end(), '');
  for (const left of [0, 1, 2]) {
    raws[left]!.send('x'.repeat(10));
    assert.equal((await raws[left]!.answer()).status, 200);
    raws[left]!.close();
  }
  const line = connect(port, '127.0.0.1').setEncoding('utf8');
  line.write('{"id":7}\n');
  assert.deepEqual(await once(line, 'data'), ['{"id":7}\n']);
  line.destroy();
});

test('drain: the idle are closed, the open answered, the late told, newcomers refused', async (t) => {
  const { gateway, httpPort } = await httpGateway(t);
  const [idle, open, late, begun] = [new Raw(httpPort), new Raw(httpPort), new Raw(httpPort), new Raw(httpPort)];
  await idle.post('{"id":1}').answer();
  await late.post('{"id":1}').answer();
  const text = post('{"id":9}');
  begun.send(text.slice(0, -3));
  open.send(post('{later 100}') + post('{"id":2}'));
  late.post('{keep "id":7}');
  open.post('{"id":3}');
  // Whatever was sent above is with the lane once this one, sent last, is answered.
  await idle.post('{"id":2}').answer();
  const done = gateway.drain(300);
  assert.equal(await idle.end(), '');
  begun.send(text.slice(-3));
  const refused = await begun.answer();
  assert.equal(refused.status, 503);
  assert.match(refused.body, /"error":"ServerStopping"/);
  const newcomer = new Raw(httpPort);
  assert.equal((await newcomer.post('{"id":1}').answer()).status, 503);
  assert.equal((await newcomer.send(get('/readyz')).answer()).status, 503);
  assert.equal((await newcomer.send(get('/livez')).answer()).status, 200);
  assert.deepEqual(
    [(await open.answer()).body, (await open.answer()).body, (await open.answer()).body],
    ['later\n', '{"id":2}\n', '{"id":3}\n'],
  );
  assert.equal(await open.end(), '');
  const told = await late.answer();
  assert.equal(told.status, 503);
  assert.match(told.body, /"error":"ServerStopping".*"delivered":"unknown"/);
  await done;
  await assert.rejects(once(connect(httpPort, '127.0.0.1'), 'connect'), /ECONNREFUSED/);
});

/** What the gateway has read of bodies once other clients have had so many answers. */
async function readAfter({ gateway, port }: Served, answers: number): Promise<number> {
  const nc = await Nc.to(port);
  for (let i = 0; i < answers; i++) {
    nc.send('{"id":1}\n');
    await nc.line();
  }
  nc.close();
  return gateway.metrics.counts[Count.CLIENT_BYTES_IN]!;
}

test('of a connection with as many requests open as it may have no more than a chunk is read', async (t) => {
  const served = await httpGateway(t, { openRequests: 2 });
  const raw = new Raw(served.httpPort);
  raw.send(post('{keep}').repeat(2) + post(`{"id":1,"x":"${'a'.repeat(1_000)}"}`).repeat(8_000));
  const read = await readAfter(served, 500);
  assert.ok(read < 1_000_000, `${read}`);
  raw.close();
});

test('many more requests than may be open are all answered, in order', async (t) => {
  const { httpPort } = await httpGateway(t, { openRequests: 2 });
  const raw = new Raw(httpPort);
  const bodies = Array.from({ length: 2_000 }, (_, i) => `{"id":${i + 1}}`);
  raw.send(bodies.map((body) => post(body)).join(''));
  for (const body of bodies) assert.equal((await raw.answer()).body, `${body}\n`);
  raw.close();
});

test('the counters are read once for all who ask at the same time', async (t) => {
  let count = 0;
  const metrics: ReadCounters = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return { type: 'text/plain', text: `${++count}\n` };
  };
  const { httpPort } = await httpGateway(t, { metrics });
  const raw = new Raw(httpPort);
  raw.send('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(100));
  for (let i = 0; i < 100; i++) assert.equal((await raw.answer()).status, 200);
  assert.ok(count < 10, String(count));
  const before = count;
  raw.send('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
  assert.equal((await raw.answer()).body, `${before + 1}\n`);
  raw.close();
});

test('who asks for hundreds of answers at once and has no session for them is cut', async (t) => {
  const { httpPort } = await httpGateway(t);
  const probe = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n';
  const raw = new Raw(httpPort);
  for (let round = 0; round < 10; round++) {
    raw.send(probe.repeat(100));
    for (let i = 0; i < 100; i++) assert.equal((await raw.answer()).status, 200);
  }
  const greedy = new Raw(httpPort).send(probe.repeat(1_000));
  await greedy.end();
  greedy.close();
  assert.equal((await raw.send(probe).answer()).status, 200);
  raw.close();
});
