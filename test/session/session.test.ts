/** A whole session before the test data centre: from its first request to its end. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertClean, CONFIG, messageOf, NEAREST, pairOf } from '../support/one-client.ts';
import type { Pair } from '../support/pair.ts';

const PING = '{"id":100,"message":{"_cons":"ping","ping_id":100}}';

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
