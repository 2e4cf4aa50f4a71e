/** What a client's lines ask of the gateway itself: server, session, options; and what is refused before anything is dialled. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { botPair } from '../../support/bot-pair.ts';
import { assertClean, CONFIG, demoSession, messageOf, NEAREST, pairOf, type Line } from '../../support/one-client.ts';
import type { Pair } from '../../support/pair.ts';

const PING = '{"id":100,"message":{"_cons":"ping","ping_id":100}}';

/** session_id with all its digits, which JSON.parse would round. */
function sessionIdOf(pair: Pair): string {
  return String(pair.serverSession().id);
}

describe('server and session in the JSON', () => {
  test('they are read without dialling', async () => {
    const pair = pairOf();
    const [server] = await pair.ask(1, '{"server":{}}');
    const { host, port, dc, test: isTest, rsa } = server!['server'] as Line;
    assert.deepEqual([server!['id'], host, port, dc, isTest], [1, '127.0.0.1', 442, 2, false]);
    assert.match(String(rsa), /BEGIN RSA PUBLIC KEY/);
    const [session] = await pair.ask(1, '{"session":{}}');
    assert.equal(session!['error'], 'SessionNotFound');
    assert.equal(pair.dc.counters.connections, 0);
  });

  test('a session whose key is being made for a message before it is shown when it is there', async () => {
    const pair = pairOf();
    pair.line(1, PING);
    pair.line(1, { id: 101, session: {} });
    pair.line(1, { id: 102, message: NEAREST });
    await pair.run();
    const lines = pair.take(1).toSorted((a, b) => Number(a['id']) - Number(b['id']));
    assert.deepEqual(
      lines.map((line) => [line['id'], messageOf(line)?.['_cons'], line['error']]),
      [
        [100, 'pong', undefined],
        [101, undefined, undefined],
        [102, 'nearestDc', undefined],
      ],
    );
    const [key] = pair.centre.keys.values();
    const { auth_key } = lines[1]!['session'] as Line;
    assert.equal(auth_key, Buffer.from(key!.authKey.bytes).toString('base64'));
    assertClean(pair);
  });

  test('one whose key is never made is not found, once nobody waits for it any more', async () => {
    const pair = pairOf({ isDown: () => true });
    pair.line(1, PING);
    pair.line(1, { id: 101, session: {} });
    await pair.run();
    const outcomes = pair.take(1).map(({ id, error }) => [id, error]);
    assert.deepEqual(outcomes, [
      [100, 'ConnectFailed'],
      [101, 'SessionNotFound'],
    ]);
  });

  test('it is waited for in a lane whose thread is lost, too', async () => {
    const pair = pairOf();
    pair.line(1, PING);
    pair.line(1, { id: 101, session: {} });
    pair.loseNext = true;
    await pair.advance(2_000);
    const shown = pair.take(1).find(({ id }) => id === 101);
    assert.ok(shown?.['session'], JSON.stringify(shown));
  });

  test('a session that was given may be handed back whole, and goes on', async () => {
    const pair = pairOf();
    await pair.ask(1, { message: NEAREST });
    const [{ session } = {}] = await pair.ask(1, '{"session":{}}');
    pair.close(1);
    await pair.advance(1000);
    pair.open(2);
    const text = `{"id":5,"session":${JSON.stringify(session)},"message":{"_cons":"help.getConfig"}}`;
    const raw = text.replace(/"session_id":-?\d+/, `"session_id":${sessionIdOf(pair)}`);
    const [line] = await pair.ask(2, raw);
    assert.equal(messageOf(line)['_cons'], 'config');
    assert.ok(line!['session']);
    assert.equal(pair.dc.counters.handshakes, 1);
    assert.equal(pair.dc.counters.sessions, 1);
    assertClean(pair);
  });

  test('one key, one connection: a second client is refused until the first is gone', async () => {
    const pair = pairOf();
    await pair.ask(1, PING);
    const [{ session } = {}] = await pair.ask(1, '{"session":{}}');
    const { auth_key } = session as Line;
    pair.open(2);
    const [refused] = await pair.ask(2, { session: { auth_key } });
    assert.equal(refused!['error'], 'SessionInUse');
    pair.close(1);
    await pair.run();
    assert.deepEqual(pair.gone, [1]);
    const [taken] = await pair.ask(2, { session: { auth_key } });
    assert.equal((taken!['session'] as Line)['auth_key'], auth_key);
  });

  test('what is wrong is refused before anything happens', async () => {
    const pair = pairOf({ session: { allowServer: ['9.9.9.9:443'] } });
    const key = Buffer.alloc(256, 7).toString('base64');
    const rows: [string, string][] = [
      ['{"server":{"host":"10.0.0.1","port":443}}', 'ServerNotAllowed'],
      ['{"server":{"host":"9.9.9.9","port":443,"rsa":"nonsense"}}', 'InvalidServer'],
      ['{"server":{"dc":77}}', 'InvalidServer'],
      ['{"session":{"auth_key":"AAAA","session_id":1}}', 'InvalidSession'],
      [`{"session":{"auth_key":"${key}","session_id":53201012847611012222}}`, 'InvalidSession'],
      [`{"session":{"auth_key":"${key}","session_id":0}}`, 'InvalidSession'],
      ['{"session":{"session_id":5}}', 'InvalidSession'],
      ['{"message":{"_cons":"help.getConfigg"}}', 'UnknownConstructor'],
      ['{"message":{"_cons":"user"}}', 'NotAMethod'],
      ['{"message":{"_cons":"msgs_ack","msg_ids":[]}}', 'NotAMethod'],
      ['{"message":{"_cons":"ping"}}', 'MissingField'],
      ['{"message":{"_cons":"ping","ping_id":1,"x":1}}', 'UnknownField'],
      ['{"message":{"_cons":"ping","ping_id":"abc"}}', 'InvalidField'],
      ['{"options":{"init":{"api_id":"x"}},"message":{"_cons":"ping","ping_id":1}}', 'InvalidField'],
      ['{"id":0,"message":{"_cons":"ping","ping_id":1}}', 'InvalidId'],
      ['[]', 'InvalidRequest'],
      ['{', 'JSONDecodeError'],
    ];
    for (const [text, error] of rows) {
      const lines = await pair.ask(1, text);
      assert.deepEqual([text, ...lines.map((line) => line['error'])], [text, error]);
    }
    assert.equal(pair.dc.counters.connections, 0);
    assert.equal(pair.badLines, 3);
  });

  test('a gateway with a data centre of its own has no other by number, and says which it has', async () => {
    const own = { id: 2, host: '127.0.0.1', port: 443, test: false, isOperators: true };
    const telegrams = { id: 4, host: '9.9.9.9', port: 443, test: false };
    const pair = pairOf({ session: { dataCentres: [own, telegrams, { ...telegrams, id: 2, test: true }] } });
    for (const [server, name] of [
      [{ dc: 4 }, 'data centre 4'],
      [{ dc: 2, test: true }, 'test data centre 2'],
    ]) {
      const [line] = await pair.ask(1, { server });
      assert.deepEqual(
        [line!['error'], line!['msg'], line!['path']],
        ['InvalidServer', `this gateway has no ${String(name)}; it has data centre 2`, 'server.dc'],
      );
    }
    const [line] = await pair.ask(1, { server: { dc: 2 } });
    assert.equal((line!['server'] as Line)['host'], '127.0.0.1');
    const all = pairOf({ session: { dataCentres: [{ ...own, isOperators: false }, telegrams] } });
    const [none] = await all.ask(1, { server: { dc: 77 } });
    assert.match(String(none!['msg']), /no data centre 77; it has data centre 2, data centre 4$/);
    const [other] = await all.ask(1, { server: { dc: 4 } });
    assert.equal((other!['server'] as Line)['host'], '9.9.9.9');
  });

  test('a file from a CDN is refused before it is asked for, with a sentence', async () => {
    const pair = pairOf();
    const location = { _cons: 'inputDocumentFileLocation', id: 1, access_hash: 2, file_reference: '', thumb_size: '' };
    const file = { _cons: 'upload.getFile', location, offset: 0, limit: 4096 };
    const cdn = { ...file, cdn_supported: true };
    const [plain] = await pair.ask(1, { id: 1, message: cdn });
    assert.deepEqual([plain!['error'], plain!['path']], ['InvalidField', 'message.cdn_supported']);
    assert.match(String(plain!['msg']), /CDN/);
    const [wrapped] = await pair.ask(1, { id: 2, message: { _cons: 'invokeWithoutUpdates', _wrapped: cdn } });
    assert.equal(wrapped!['path'], 'message._wrapped.cdn_supported');
    assert.equal(pair.dc.counters.connections, 0);
    const [precise] = await pair.ask(1, { id: 3, message: { ...file, precise: true } });
    assert.equal(precise!['error'], undefined);
  });
});

test('a connection has one session, at one server: neither changes once its key was handed in', async () => {
  const pair = pairOf();
  await pair.ask(1, { session: demoSession(pair) });
  const auth_key = Buffer.alloc(256, 7).toString('base64');
  const [second] = await pair.ask(1, { session: { auth_key, session_id: 5 } });
  assert.equal(second!['error'], 'InvalidSession');
  const [moved] = await pair.ask(1, { server: { dc: 4 } });
  assert.equal(moved!['error'], 'InvalidServer');
});

test('a session has 1024 open requests; the next one is refused', async () => {
  const pair = pairOf();
  pair.dc.onRequest = () => new Promise(() => {});
  for (let id = 1; id <= 1025; id++) pair.line(1, { id, timeout: 60, message: NEAREST });
  await pair.run();
  assert.deepEqual(
    pair.take(1).map(({ id, error, delivered }) => [id, error, delivered]),
    [[1025, 'Overloaded', 'no']],
  );
});

test('requests of clients that have gone are in nobody’s way', async () => {
  const pair = await botPair();
  pair.dc.onRequest = ({ method }) => (method === 'help.getNearestDc' ? new Promise(() => {}) : undefined);
  for (let n = 2; n <= 4; n++) {
    pair.open(n);
    for (let id = 1; id <= 1024; id++) pair.line(n, { id, as: 'bot', timeout: 600, message: NEAREST });
    await pair.run();
    pair.close(n);
    await pair.run();
  }
  assert.ok(pair.dc.counters.requests.get('help.getNearestDc')! >= 3 * 1024);
  const [pong] = await pair.ask(1, { id: 7, message: { _cons: 'updates.getState' } });
  assert.equal(messageOf(pong)['_cons'], 'updates.state');
});

describe('options', () => {
  test('long as text and flags as booleans, once asked for', async () => {
    const pair = pairOf();
    const [options] = await pair.ask(1, '{"options":{"int64":"string","flags":"bool"}}');
    assert.deepEqual(options!['options'], { int64: 'string', flags: 'bool' });
    const [pong] = await pair.ask(1, PING);
    assert.equal(messageOf(pong)['ping_id'], '100');
  });

  test('init makes calls welcome on a gateway without an api_id', async () => {
    const pair = pairOf({ session: { init: undefined } });
    const line = { id: 3, options: { init: { api_id: 5, device_model: 'x' } }, message: CONFIG };
    const [answer] = await pair.ask(1, line);
    assert.equal(messageOf(answer)['_cons'], 'config');
    assertClean(pair);
  });

  test('texts of init are bounded, and a message is measured with the init that goes before it', async () => {
    const pair = pairOf();
    const init = (fields: object): Line => ({ options: { init: { api_id: 5, ...fields } } });
    const [taken] = await pair.ask(1, init({ device_model: 'x'.repeat(4096) }));
    assert.equal(taken!['error'], undefined);
    for (const [fields, path, limit] of [
      [{ device_model: 'x'.repeat(4097) }, 'options.init.device_model', 4096],
      [{ lang_code: 'é'.repeat(2049) }, 'options.init.lang_code', 4096],
      [{ app_version: { _bytes: Buffer.alloc(40_000).toString('base64') } }, 'options.init', 32_768],
    ] as const) {
      const [refused] = await pair.ask(1, { id: 4, ...init(fields) });
      assert.deepEqual(
        [refused!['error'], refused!['path'], refused!['limit'], refused!['delivered']],
        ['InvalidField', path, limit, 'no'],
      );
      assert.ok(String(refused!['msg']).startsWith(`${path}: `), String(refused!['msg']));
    }
    // 4 KB before it are too much for what is just short enough alone.
    const message = { _cons: 'account.updateProfile', about: 'a'.repeat(1_044_000) };
    const [large] = await pair.ask(1, { id: 5, message });
    assert.deepEqual(
      [large!['error'], large!['path'], large!['limit'], large!['delivered']],
      ['MessageTooLarge', 'message', 1_044_404, 'no'],
    );
    assert.ok(Number(large!['got']) > 1_044_404 + 3_000);
    assert.equal(pair.dc.counters.connections, 0);
    await pair.ask(1, { options: { init: null } });
    const [answer] = await pair.ask(1, { id: 6, message });
    assert.ok(answer!['message'], JSON.stringify(answer));
  });

  test('an init that came behind a message and is too long for it is left out', async () => {
    const pair = pairOf({ session: { init: undefined } });
    const message = { _cons: 'account.updateProfile', about: 'a'.repeat(1_044_000) };
    pair.line(1, { id: 7, message });
    pair.line(1, { id: 8, options: { init: { api_id: 5, device_model: 'x'.repeat(4096) } } });
    await pair.run();
    const answers = pair.take(1);
    const late = answers.find((line) => line['id'] === 7);
    assert.equal(messageOf(late)['error_message'], 'CONNECTION_NOT_INITED');
    // What helps where no api_id was given is not said where one was.
    assert.equal(late!['msg'], undefined);
    assertClean(pair);
  });

  test("a client's own init is kept for the next connection unless it is long", async () => {
    const pair = pairOf({ session: { init: undefined } });
    const init = { _cons: 'initConnection', api_id: 1, device_model: 'd'.repeat(40_000), system_version: '1' };
    const query = {
      ...init,
      app_version: '1',
      system_lang_code: 'en',
      lang_pack: '',
      lang_code: 'en',
      _wrapped: CONFIG,
    };
    const [line] = await pair.ask(1, { id: 1, message: { _cons: 'invokeWithLayer', layer: 227, _wrapped: query } });
    assert.equal(messageOf(line)['_cons'], 'config');
    const [large] = await pair.ask(1, {
      id: 2,
      message: { _cons: 'account.updateProfile', about: 'a'.repeat(1_030_000) },
    });
    assert.equal(large!['error'], undefined);
    assertClean(pair);
  });
});
