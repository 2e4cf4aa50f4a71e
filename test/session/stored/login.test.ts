/** A login under a name: when it is kept, and what of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadScheme } from '../../../src/tl/load.ts';
import { botPair } from '../../support/bot-pair.ts';
import { assertClean, consOf, LOGIN, pairOf, sessionOf } from '../../support/one-client.ts';

const STATE = { _cons: 'updates.getState' };

describe('a login under a name', () => {
  it('is kept before its answer, and shown as a handle', async () => {
    const pair = pairOf();
    await pair.ask(1, { session: { name: 'bot' } });
    assert.deepEqual(pair.shelf.notes, [], 'nothing is kept of a name that nobody has signed in under');
    const [line] = await pair.ask(1, { session: {}, message: LOGIN });
    assert.deepEqual(sessionOf(line), { name: 'bot', dc: 2, test: false, user_id: 777000111, is_bot: true });
    assert.equal(pair.shelf.notes[0], 'urgent bot');
    const record = pair.shelf.record('bot');
    assert.equal(record.userId, 777000111n);
    assert.equal(record.isBot, true);
    assert.equal(record.apiId, 1);
    assert.equal(record.keys.length, 1);
    assert.ok(record.keys[0]!.key.some((byte) => byte !== 0));
    assertClean(pair);
  });

  it('is sent to be stored before its answer is sent', async (t) => {
    const pair = pairOf();
    await pair.ask(1, { session: { name: 'bot' } });
    const told: number[] = [];
    const store = pair.shelf.store.bind(pair.shelf);
    t.mock.method(pair.shelf, 'store', (...given: Parameters<typeof store>) => {
      told.push(pair.lines.get(1)!.length);
      store(...given);
    });
    const lines = await pair.ask(1, { message: LOGIN });
    assert.deepEqual(lines.map(consOf), ['auth.authorization']);
    assert.equal(told[0], 0);
  });

  it('is kept when the client wraps initConnection itself', async () => {
    const pair = pairOf({ session: { init: undefined } });
    const init = {
      _cons: 'initConnection',
      api_id: 4711,
      device_model: 'd',
      system_version: '1',
      app_version: '1',
      system_lang_code: 'en',
      lang_pack: '',
      lang_code: 'en',
      query: LOGIN,
    };
    const layer = loadScheme().layer;
    pair.line(1, { session: { name: 'bot' }, message: { _cons: 'invokeWithLayer', layer, query: init } });
    await pair.run();
    assert.equal(consOf(pair.take(1)[0]), 'auth.authorization');
    assert.equal(pair.shelf.record('bot').apiId, 4711);
  });

  it('has its updates state and its salts kept', async () => {
    const pair = await botPair();
    await pair.ask(1, { message: STATE });
    const { updates } = pair.shelf.record('bot');
    assert.ok(updates !== undefined && updates.date > 0);
    const { salts } = pair.shelf.record('bot');
    assert.ok(salts.length > 0);
    assertClean(pair);
  });
});
