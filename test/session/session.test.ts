import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import type { DcSession } from '../../src/testdc/protocol/dc-session.ts';
import { RpcError } from '../../src/testdc/protocol/rpc-error.ts';
import { Pair, type PairOptions } from '../support/pair.ts';

type Line = Record<string, unknown>;

const PING = '{"id":100,"message":{"_cons":"ping","ping_id":100}}';
const NEAREST = { _cons: 'help.getNearestDc' };
const CONFIG = { _cons: 'help.getConfig' };
/** updatesTooLong#e317af7e */
const UPDATES_TOO_LONG = Buffer.from('7eaf17e3', 'hex');
/** A public key nobody here has the private half of. */
const OTHER_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
  type: 'pkcs1',
  format: 'pem',
});

/** A pair with client 1. */
function pairOf(options: PairOptions = {}): Pair {
  const pair = new Pair(options);
  pair.open(1);
  return pair;
}

function messageOf(line: Line | undefined): Line {
  return line?.['message'] as Line;
}

/** After a test: the DC met no violation and no bug of its own, the lane logged no error. */
function assertClean(pair: Pair): void {
  assert.deepEqual(pair.dc.violations.list, []);
  assert.deepEqual(pair.dc.bugs, []);
  assert.deepEqual(
    pair.log.filter((entry) => entry['event'] === 'internal error'),
    [],
  );
}

/** Lets the DC keep a method's answers back; counts its executions. */
function silence(pair: Pair, method: string): { count: number } {
  const seen = { count: 0 };
  pair.dc.onRequest = (call) => {
    if (call.method !== method) return undefined;
    seen.count++;
    return new Promise(() => {});
  };
  return seen;
}

/** msg_ids of the API calls a server session books from now on. */
function idsOfRequests(session: DcSession): { low: number; high: number }[] {
  const ids: { low: number; high: number }[] = [];
  const add = session.book.add.bind(session.book);
  session.book.add = (low, high, seqNo, crc, length) => {
    if ((seqNo & 1) === 1) ids.push({ low, high });
    return add(low, high, seqNo, crc, length);
  };
  return ids;
}

describe('a fresh session', () => {
  test('answers a ping after the key exchange, under its id', async () => {
    const pair = pairOf();
    const lines = await pair.ask(1, PING);
    assert.equal(lines.length, 1);
    const { _cons, ping_id } = messageOf(lines[0]);
    assert.deepEqual([lines[0]!['id'], _cons, ping_id], [100, 'pong', 100]);
    assert.equal(pair.dc.counters.handshakes, 1);
    assertClean(pair);
  });

  test('puts initConnection before calls until the first answer', async () => {
    const pair = pairOf();
    const [answer] = await pair.ask(1, { id: 7, message: NEAREST });
    assert.equal(messageOf(answer)['_cons'], 'nearestDc');
    const [config] = await pair.ask(1, { id: 8, message: CONFIG });
    assert.equal(messageOf(config)['_cons'], 'config');
    assertClean(pair);
  });

  test('a call that needs a login says what is missing beside the server’s words', async () => {
    const pair = pairOf();
    const [line] = await pair.ask(1, { id: 7, message: { _cons: 'updates.getState' } });
    assert.equal(messageOf(line)['error_message'], 'AUTH_KEY_UNREGISTERED');
    assert.match(String(line!['msg']), /nobody is signed in.*sign in/);
    assertClean(pair);
  });

  test('without an api_id the call goes as it is, and the server refuses it as Telegram does', async () => {
    const pair = pairOf({ session: { init: undefined } });
    const [line] = await pair.ask(1, { id: 7, message: CONFIG });
    assert.deepEqual(
      [messageOf(line)['_cons'], messageOf(line)['error_message'], line!['delivered']],
      ['rpc_error', 'CONNECTION_NOT_INITED', 'yes'],
    );
    assert.match(String(line!['msg']), /--api-id.*options\.init.*initConnection/);
    assertClean(pair);
  });

  test("a client's own wrappers are not wrapped, and serve after a reconnect too", async () => {
    const pair = pairOf({ session: { init: undefined } });
    const init = { _cons: 'initConnection', api_id: 1, device_model: 'd', system_version: '1', app_version: '1' };
    const query = { ...init, system_lang_code: 'en', lang_pack: '', lang_code: 'en', _wrapped: CONFIG };
    const [line] = await pair.ask(1, { id: 1, message: { _cons: 'invokeWithLayer', layer: 227, _wrapped: query } });
    assert.equal(messageOf(line)['_cons'], 'config');
    pair.cut(1);
    const layers: unknown[] = [];
    pair.dc.onRequest = (call) => void layers.push(call.method);
    await pair.advance(1000);
    const [again] = await pair.ask(1, { id: 2, message: CONFIG });
    assert.equal(messageOf(again)['_cons'], 'config');
    assert.deepEqual(layers, ['help.getConfig']);
    assertClean(pair);
  });

  test('requests of one client reach the DC in their order, in one container', async () => {
    const pair = pairOf();
    const methods: string[] = [];
    pair.dc.on('request', (call) => methods.push(call.method));
    const wanted = ['help.getConfig', 'help.getNearestDc', 'help.getAppConfig', 'help.getNearestDc'];
    for (const [id, _cons] of wanted.entries()) {
      const hash = _cons === 'help.getAppConfig' ? { hash: 0 } : {};
      pair.line(1, { id: id + 1, message: { _cons, ...hash } });
    }
    await pair.run();
    assert.deepEqual(methods, wanted);
    assert.deepEqual(
      pair
        .take(1)
        .map((line) => line['id'])
        .sort((a, b) => Number(a) - Number(b)),
      [1, 2, 3, 4],
    );
    assertClean(pair);
  });
});

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
    const own = { id: 2, host: '127.0.0.1', port: 443, test: false, isOwn: true };
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
    const all = pairOf({ session: { dataCentres: [{ ...own, isOwn: false }, telegrams] } });
    const [none] = await all.ask(1, { server: { dc: 77 } });
    assert.match(String(none!['msg']), /no data centre 77; it has data centre 2, data centre 4$/);
    const [other] = await all.ask(1, { server: { dc: 4 } });
    assert.equal((other!['server'] as Line)['host'], '9.9.9.9');
  });
});

/** session_id with all its digits, which JSON.parse would round. */
function sessionIdOf(pair: Pair): string {
  return String(pair.serverSession().id);
}

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

describe('when nobody answers', () => {
  test('rpc_timeout after the time given; a late answer is dropped', async () => {
    const pair = pairOf();
    let release: (() => void) | undefined;
    pair.dc.onRequest = (call) =>
      call.method === 'help.getConfig' ? new Promise((done) => (release = () => done(undefined))) : undefined;
    pair.line(1, { id: 9, timeout: 3, message: CONFIG });
    await pair.advance(2990);
    assert.deepEqual(pair.take(1), []);
    await pair.advance(20);
    const [late] = pair.take(1);
    assert.deepEqual(late, {
      id: 9,
      message: { _cons: 'rpc_timeout', error_message: 'no response from telegram' },
      retryable: false,
      delivered: 'unknown',
    });
    release!();
    await pair.advance(100);
    assert.deepEqual(pair.take(1), []);
    assertClean(pair);
  });

  test('an idle session pings once a minute and stays connected for hours', async () => {
    const pair = pairOf();
    await pair.ask(1, PING);
    await pair.advance(3 * 3600 * 1000);
    assert.equal(pair.dc.counters.connections, 1);
    const [line] = await pair.ask(1, { message: NEAREST });
    assert.equal(messageOf(line)['_cons'], 'nearestDc');
    assertClean(pair);
  });
});

describe('when the connection is lost', () => {
  test('what the server has is awaited, not sent again', async () => {
    const pair = pairOf();
    await pair.ask(1, PING);
    const seen = { count: 0 };
    let release: (() => void) | undefined;
    pair.dc.onRequest = (call) => {
      if (call.method !== 'help.getConfig') return undefined;
      seen.count++;
      return new Promise((done) => (release = () => done(undefined)));
    };
    pair.line(1, { id: 4, message: CONFIG });
    await pair.run();
    pair.cut(1);
    await pair.advance(1000);
    assert.equal(pair.dc.counters.connections, 2);
    assert.deepEqual(pair.take(1), []);
    release!();
    await pair.run();
    const [line] = pair.take(1);
    assert.deepEqual([line!['id'], messageOf(line)['_cons']], [4, 'config']);
    assert.equal(seen.count, 1);
    assertClean(pair);
  });

  test('what the server never had goes again under a new id', async () => {
    const pair = pairOf();
    await pair.ask(1, PING);
    pair.deafen(1);
    pair.line(1, { id: 4, message: NEAREST });
    await pair.run();
    pair.cut(1);
    await pair.advance(1000);
    assert.equal(messageOf(pair.take(1)[0])['_cons'], 'nearestDc');
    assertClean(pair);
  });

  test('a first connection that is refused ends its requests at once; the next one tries again', async () => {
    let isDown = true;
    const pair = pairOf({ isDown: () => isDown });
    const [line] = await pair.ask(1, { id: 3, message: NEAREST });
    const { error, reason, delivered, retryable } = line!;
    assert.deepEqual(
      [error, reason, delivered, retryable],
      ['ConnectFailed', 'the connection was refused: nothing listens there (ECONNREFUSED)', 'no', true],
    );
    isDown = false;
    pair.line(1, { id: 4, message: NEAREST });
    await pair.advance(1000);
    assert.equal(messageOf(pair.take(1)[0])['_cons'], 'nearestDc');
  });

  test('a DC that is away for a while finds the session again', async () => {
    let isDown = false;
    const pair = pairOf({ isDown: () => isDown });
    await pair.ask(1, PING);
    isDown = true;
    pair.cut(1);
    pair.line(1, { id: 5, timeout: 2, message: NEAREST });
    await pair.advance(20_000);
    const [line] = pair.take(1);
    assert.deepEqual([line!['error'], line!['delivered']], ['NotConnected', 'no']);
    isDown = false;
    await pair.advance(60_000);
    assert.equal(pair.dc.counters.connections, 2);
    const [answer] = await pair.ask(1, { message: NEAREST });
    assert.equal(messageOf(answer)['_cons'], 'nearestDc');
    assertClean(pair);
  });

  test('cut at every byte of key exchange and a call, either way, it comes back', async () => {
    for (const way of ['toDc', 'toClient'] as const) {
      for (let n = 1; ; n += 13) {
        const pair = pairOf();
        pair.cutNext = { [way]: n };
        pair.line(1, { id: 6, timeout: 60, message: NEAREST });
        await pair.advance(5000);
        const lines = pair.take(1);
        assert.deepEqual([way, n, ...lines.map((line) => messageOf(line)?.['_cons'])], [way, n, 'nearestDc']);
        assert.deepEqual(pair.dc.bugs, []);
        if (pair.dc.counters.connections === 1) break;
      }
    }
  });
});

describe('what the server says', () => {
  test('a flood is waited out inside when it ends before the deadline, else told with its seconds', async () => {
    const pair = pairOf();
    let floods = 1;
    pair.dc.onRequest = (call) =>
      call.method === 'help.getConfig' && floods-- > 0 ? new RpcError(420, 'FLOOD_WAIT_3') : undefined;
    pair.line(1, { id: 1, message: CONFIG });
    pair.line(1, { id: 2, message: NEAREST });
    await pair.run();
    assert.deepEqual(
      pair.take(1).map((line) => line['id']),
      [2],
    );
    await pair.advance(3100);
    assert.equal(messageOf(pair.take(1)[0])['_cons'], 'config');
    floods = 1;
    const [told] = await pair.ask(1, { id: 3, timeout: 2, message: CONFIG });
    assert.deepEqual(
      [messageOf(told)['error_message'], told!['retryable'], told!['retry_after'], told!['delivered']],
      ['FLOOD_WAIT_3', true, 3, 'yes'],
    );
    assertClean(pair);
  });

  test('a known wait is kept: the method is not asked again, others go on, slow mode is one chat only', async () => {
    const pair = pairOf();
    const seen = { count: 0 };
    pair.dc.onRequest = (call) => {
      if (call.method !== 'help.getConfig') return undefined;
      seen.count++;
      return new RpcError(420, 'FLOOD_WAIT_60');
    };
    await pair.ask(1, { id: 1, message: CONFIG });
    const [known] = await pair.ask(1, { id: 2, message: CONFIG });
    assert.deepEqual(
      [messageOf(known)['error_message'], known!['delivered'], known!['retry_after']],
      ['FLOOD_WAIT_60', 'no', 60],
    );
    const [other] = await pair.ask(1, { id: 3, message: NEAREST });
    assert.equal(messageOf(other)['_cons'], 'nearestDc');
    pair.line(1, { id: 4, timeout: 600, message: CONFIG });
    await pair.advance(59_000);
    assert.equal(seen.count, 1);
    pair.dc.onRequest = undefined;
    await pair.advance(2000);
    assert.deepEqual(
      pair.take(1).map((line) => [line['id'], messageOf(line)['_cons']]),
      [[4, 'config']],
    );
    assertClean(pair);
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

  test('its stateRequests are answered: states of messages, and messages again under their own id', async () => {
    const pair = pairOf();
    await pair.ask(1, PING);
    const seen = silence(pair, 'help.getConfig');
    const session = pair.serverSession();
    const numbered = idsOfRequests(session);
    pair.line(1, { id: 5, timeout: 60, message: CONFIG });
    await pair.run();
    // msg_resend_req#7d861a08 of one id
    const asked = Buffer.from('081a867d15c4b51c010000000000000000000000', 'hex');
    asked.writeInt32LE(numbered[0]!.low, 12);
    asked.writeInt32LE(numbered[0]!.high, 16);
    const packets = pair.dc.counters.packets;
    session.push(asked);
    await pair.run();
    assert.equal(pair.dc.counters.packets, packets + 1, 'it was sent again');
    assert.equal(seen.count, 1, 'one id is carried out once');
    assert.equal(numbered.length, 1, 'and it came under the same id');
    assert.ok(pair.dc.violations.list.every(({ rule }) => rule !== 'resent-bare'));
    assertClean(pair);
  });

  test('a wrong salt is adopted, and every request goes once more', async () => {
    const pair = pairOf();
    await pair.ask(1, PING);
    pair.serverSession().key.salts.rotate(3);
    const seen: string[] = [];
    pair.dc.on('request', (call) => seen.push(call.method));
    pair.line(1, { id: 1, message: NEAREST });
    pair.line(1, { id: 2, message: CONFIG });
    await pair.run();
    assert.deepEqual(
      pair.take(1).map((line) => messageOf(line)['_cons']),
      ['nearestDc', 'config'],
    );
    assert.deepEqual(seen, ['help.getNearestDc', 'help.getConfig']);
    assert.deepEqual(pair.dc.violations.list, []);
  });

  test('an update comes with id 0, its acknowledgement within ten seconds', async () => {
    const pair = pairOf();
    await pair.ask(1, { message: NEAREST });
    const session = pair.serverSession();
    session.push(UPDATES_TOO_LONG);
    await pair.run();
    assert.deepEqual(pair.take(1), [{ id: 0, message: { _cons: 'updatesTooLong' } }]);
    assert.equal(session.outbox.unackedCount > 0, true);
    await pair.advance(10_100);
    assert.equal(session.outbox.unackedCount, 0);
    assertClean(pair);
  });

  test('big results come gzipped and are unpacked; big calls go gzipped', async () => {
    const pair = pairOf({ dc: { gzipFrom: 10 } });
    const [line] = await pair.ask(1, { message: CONFIG });
    assert.equal(messageOf(line)['_cons'], 'config');
    const long = 'x'.repeat(20_000);
    const [told] = await pair.ask(1, { message: { _cons: 'contacts.resolveUsername', username: long } });
    assert.equal(messageOf(told)['_cons'], 'rpc_error');
    assertClean(pair);
  });

  test('what one session has waitingLines leaves over several turns, in order; what is little goes before it', async () => {
    const pair = pairOf();
    pair.open(2);
    for (const session of [1, 2]) await pair.ask(session, PING);
    const asked: string[][] = [];
    pair.onBatch = () => asked.push([]);
    pair.dc.onRequest = ({ method, args }) => {
      asked.at(-1)!.push(method === 'help.getAppUpdate' ? String(args['source']).slice(0, 2) : method);
      return undefined;
    };
    // Random text: it hardly shrinks, and is not compressed.
    const text = randomBytes(75_000).toString('base64');
    const heavy = Array.from({ length: 12 }, (_, i) => String(10 + i));
    for (const name of heavy) pair.line(1, { message: { _cons: 'help.getAppUpdate', source: name + text } });
    pair.line(2, { message: NEAREST });
    await pair.run();
    assert.equal(asked.flat()[0], 'help.getNearestDc');
    assert.deepEqual(asked.flat().slice(1), heavy);
    const most = Math.max(...asked.map((batch) => batch.length));
    assert.ok(most <= 3, `${most} of 100 KB in one batch`);
    assert.equal(pair.take(1).length, heavy.length);
    assertClean(pair);
  });

  test('two that have much waitingLines take turns by bytes; one that waits for its packet of a megabyte is not forgotten', async () => {
    const pair = pairOf();
    pair.open(2);
    for (const session of [1, 2]) await pair.ask(session, PING);
    const asked: string[] = [];
    pair.dc.onRequest = ({ args }) => {
      asked.push(String(args['source']).slice(0, 1));
      return undefined;
    };
    const long = randomBytes(700_000).toString('base64');
    const short = randomBytes(75_000).toString('base64');
    for (let i = 0; i < 4; i++) pair.line(1, { message: { _cons: 'help.getAppUpdate', source: `L${long}` } });
    for (let i = 0; i < 30; i++) pair.line(2, { message: { _cons: 'help.getAppUpdate', source: `s${short}` } });
    await pair.run();
    // About nine of the short ones are as much as a long one.
    const between = asked.join('').split('L').slice(1, -1);
    assert.equal(between.length, 3);
    for (const shorts of between) assert.ok(shorts.length >= 6 && shorts.length <= 13, `asked ${asked.join('')}`);
    assertClean(pair);
  });

  test('many sessions with a little each send no more together in one batch than a turn or two; none is left out', async () => {
    const pair = pairOf();
    const sessions = Array.from({ length: 16 }, (_, i) => i + 1);
    for (const session of sessions.slice(1)) pair.open(session);
    for (const session of sessions) await pair.ask(session, PING);
    const asked: number[] = [];
    pair.onBatch = () => asked.push(0);
    pair.dc.onRequest = () => {
      asked[asked.length - 1]!++;
      return undefined;
    };
    const source = randomBytes(45_000).toString('base64');
    for (const session of sessions) pair.line(session, { message: { _cons: 'help.getAppUpdate', source } });
    await pair.run();
    const most = Math.max(...asked);
    assert.ok(most <= 8, `${most} times 60 KB in one batch`);
    for (const session of sessions) assert.equal(pair.take(session).length, 1);
    assertClean(pair);
  });

  test('a key the server does not know is never replaced: fatal after the second -404', async () => {
    const pair = pairOf();
    const auth_key = Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('base64');
    pair.line(1, { id: 2, session: { auth_key, session_id: 5 }, message: NEAREST });
    await pair.advance(5000);
    const [told, notice] = pair.take(1);
    assert.deepEqual([told!['id'], told!['error'], told!['fatal']], [2, 'AuthKeyInvalid', true]);
    assert.deepEqual([notice!['id'], notice!['error']], [0, 'AuthKeyInvalid']);
    const [after] = await pair.ask(1, { id: 3, message: NEAREST });
    assert.equal(after!['error'], 'AuthKeyInvalid');
    assert.equal(pair.dc.counters.handshakes, 0);
  });

  test('a server with another RSA key is refused', async () => {
    const pair = pairOf({ session: { rsaKeys: [String(OTHER_KEY)] } });
    const [line] = await pair.ask(1, PING);
    assert.equal(line!['error'], 'HandshakeFailed');
    assert.match(String(line!['reason']), /RSA keys/);
  });
});

describe('the end', () => {
  test('of a client: its connection is hung up, its key free, the session gone', async () => {
    const pair = pairOf();
    await pair.ask(1, PING);
    pair.close(1);
    await pair.run();
    assert.deepEqual(pair.gone, [1]);
    assert.equal(pair.dc.counters.openConnections, 0);
  });

  test('one session does not see another', async () => {
    const pair = pairOf();
    pair.open(2);
    silence(pair, 'help.getConfig');
    pair.line(1, { id: 1, message: CONFIG });
    pair.line(2, { id: 1, message: NEAREST });
    await pair.run();
    assert.deepEqual(pair.take(1), []);
    assert.equal(messageOf(pair.take(2)[0])['_cons'], 'nearestDc');
    assert.equal(pair.dc.counters.handshakes, 2);
    assertClean(pair);
  });
});
