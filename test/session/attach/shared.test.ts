/** One session, several clients: what each hears, and what it means to the others when one goes (wire: Sessions by name). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { botPair, gone } from '../../support/bot-pair.ts';
import {
  assertClean,
  consOf,
  NEAREST,
  sessionOf,
  UPDATE_PROFILE,
  UPDATES_TOO_LONG,
  type Line,
} from '../../support/one-client.ts';
import type { Pair, PairOptions } from '../../support/pair.ts';
import { JsonDialect } from '../../../src/dialect/json.ts';

const STATE = { _cons: 'updates.getState' };
const SELF = { _cons: 'users.getUsers', id: [{ _cons: 'inputUserSelf' }] };

/** Clients 1 and 2 speak in one session. */
async function shared(options: PairOptions = {}): Promise<Pair> {
  const pair = await botPair(options);
  pair.open(2);
  await pair.ask(2, { session: { name: 'bot' } });
  return pair;
}

const ids = (lines: Line[]): unknown[] => lines.map((line) => line['id']);
const heard = (pair: Pair, client: number): unknown[] => pair.take(client).map(consOf);

describe('two clients in one session', () => {
  it('share its key and its connection, and have the answers to what each asked', async () => {
    const pair = await shared();
    pair.line(1, { id: 7, message: STATE });
    pair.line(2, { id: 7, message: NEAREST });
    pair.line(1, { id: 8, session: {} });
    pair.line(2, { id: 'x', session: {} });
    await pair.run();
    const [first, second] = [pair.take(1), pair.take(2)];
    assert.deepEqual(ids(first).toSorted(), [7, 8]);
    assert.deepEqual(ids(second).toSorted(), [7, 'x']);
    assert.equal(consOf(first.find(({ id }) => id === 7)), 'updates.state');
    assert.equal(consOf(second.find(({ id }) => id === 7)), 'nearestDc');
    assert.equal(pair.dc.counters.handshakes, 1);
    assert.equal(pair.dc.counters.openConnections, 1);
    assertClean(pair);
  });

  it('have them each in its own form', async () => {
    const pair = await shared();
    await pair.ask(2, { options: { int64: 'string' } });
    pair.line(1, { message: SELF });
    pair.line(2, { message: SELF });
    await pair.run();
    const idOf = (client: number): unknown => {
      const [line] = pair.take(client);
      return (line!['message'] as Line[])[0]!['id'];
    };
    assert.deepEqual([idOf(1), idOf(2)], [777000111, '777000111']);
    const [options] = await pair.ask(1, { options: {} });
    assert.equal((options!['options'] as Line)['int64'], 'number');
  });

  it('hear updates, encoded once for each form; who speaks by single lines hears none', async (t) => {
    const pair = await shared();
    for (const client of [3, 4]) pair.open(client);
    await pair.ask(3, { options: { int64: 'string' }, session: { name: 'bot' } });
    await pair.ask(4, { as: 'bot', message: STATE });
    const { mock } = t.mock.method(JsonDialect.prototype, 'update');
    pair.serverSession().push(UPDATES_TOO_LONG);
    await pair.run();
    for (const client of [1, 2, 3]) assert.deepEqual(heard(pair, client), ['updatesTooLong'], `client ${client}`);
    assert.deepEqual(heard(pair, 4), []);
    assert.equal(mock.callCount(), 2);
    await pair.ask(2, { session: { detach: true } });
    await pair.ask(1, { options: { int64: 'string' } });
    pair.serverSession().push(UPDATES_TOO_LONG);
    await pair.run();
    assert.equal(mock.callCount(), 3, 'nobody wants the other form any more');
    assert.deepEqual([heard(pair, 1), heard(pair, 2), heard(pair, 3)], [['updatesTooLong'], [], ['updatesTooLong']]);
    await pair.ask(1, { options: { int64: 'number' } });
    pair.close(3);
    pair.serverSession().push(UPDATES_TOO_LONG);
    await pair.run();
    assert.equal(mock.callCount(), 4, 'who wanted it has gone');
  });

  it('hear them again when the one that stood for its form has gone', async () => {
    const pair = await shared();
    pair.close(1);
    await pair.run();
    pair.serverSession().push(UPDATES_TOO_LONG);
    await pair.run();
    assert.deepEqual(heard(pair, 2), ['updatesTooLong']);
  });

  it('do not wait for each other: a list that one waits for holds back its own lines alone', async (t) => {
    const pair = await shared();
    const asked: [number, number][] = [];
    const { mock } = t.mock.method(pair.shelf, 'list', (...args: [number, number]) => void asked.push(args));
    pair.line(1, { id: 1, session: { list: true } });
    pair.line(1, { id: 2, session: {} });
    pair.line(2, { id: 3, session: {} });
    pair.line(2, { id: 4, message: STATE });
    await pair.run();
    assert.deepEqual([ids(pair.take(1)), ids(pair.take(2))], [[], [3, 4]]);
    mock.restore();
    pair.shelf.list(...asked[0]!);
    await pair.run();
    assert.deepEqual(ids(pair.take(1)), [1, 2]);
    assertClean(pair);
  });
});

describe('a client that asks in one session by its name and by single lines', () => {
  const about = (text: string): Line => ({ ...UPDATE_PROFILE, about: text });

  /** Client 1, and what the data centre reads of it. */
  async function asking(): Promise<{ pair: Pair; read: unknown[] }> {
    const pair = await botPair();
    const read: unknown[] = [];
    pair.dc.onRequest = ({ args }) => void read.push(args['about']);
    return { pair, read };
  }

  it('has them carried out in their order, whichever waits', async () => {
    const { pair, read } = await asking();
    pair.line(1, { id: 1, key: 'k', message: about('a') });
    pair.lineAs(1, 'bot', { id: 2, message: about('b') });
    pair.lineAs(1, 'bot', { id: 3, key: 'l', message: about('c') });
    pair.line(1, { id: 4, message: about('d') });
    await pair.run();
    assert.deepEqual(read, ['a', 'b', 'c', 'd']);
    assert.deepEqual(ids(pair.take(1)).toSorted(), [1, 2, 3, 4]);
    assertClean(pair);
  });

  it('leaves by the one and is answered what it has asked by the other', async (t) => {
    const { pair, read } = await asking();
    const asked: [number, number][] = [];
    const { mock } = t.mock.method(pair.shelf, 'list', (...args: [number, number]) => void asked.push(args));
    pair.line(1, { id: 1, session: { list: true } });
    pair.lineAs(1, 'bot', { id: 2, message: about('a') });
    pair.line(1, { id: 3, session: { detach: true } });
    pair.lineAs(1, 'bot', { id: 4, message: about('b') });
    pair.line(1, { id: 5, options: {} });
    await pair.run();
    assert.deepEqual([read, pair.take(1)], [[], []]);
    mock.restore();
    pair.shelf.list(...asked[0]!);
    await pair.run();
    assert.deepEqual(read, ['a', 'b']);
    assert.deepEqual(ids(pair.take(1)).toSorted(), [1, 2, 3, 4, 5]);
    assertClean(pair);
  });
});

describe('a client that goes', () => {
  it('takes what was not sent with it; what was sent ends in silence, and what others asked goes on', async () => {
    const pair = await shared();
    const carriedOut: unknown[] = [];
    pair.dc.onRequest = ({ method, args }) => void carriedOut.push(args['about'] ?? method);
    let isAnswered = false;
    pair.line(1, { id: 1, message: { ...UPDATE_PROFILE, about: 'sent' } });
    pair.line(2, { id: 2, message: { ...UPDATE_PROFILE, about: 'other' } });
    pair.onBatch = () => {
      if (carriedOut.length < 2 || isAnswered) return;
      isAnswered = true;
      // Its answer is on the way: it has left before it is there.
      pair.close(1);
    };
    await pair.run();
    assert.ok(isAnswered);
    assert.deepEqual(carriedOut, ['sent', 'other']);
    assert.deepEqual([pair.take(1), ids(pair.take(2))], [[], [2]]);
    assertClean(pair);
  });

  it('before its request was sent: it is never carried out', async () => {
    let isDown = false;
    const pair = await shared({ isDown: () => isDown });
    const carriedOut: unknown[] = [];
    pair.dc.onRequest = ({ args }) => void (args['about'] !== undefined && carriedOut.push(args['about']));
    isDown = true;
    pair.cut(1);
    pair.line(1, { id: 1, timeout: 60, message: { ...UPDATE_PROFILE, about: 'mine' } });
    pair.line(2, { id: 2, timeout: 60, message: { ...UPDATE_PROFILE, about: 'other' } });
    await pair.run();
    pair.close(1);
    await pair.run();
    isDown = false;
    await pair.advance(30_000);
    assert.deepEqual(carriedOut, ['other']);
    assert.deepEqual([pair.take(1), ids(pair.take(2))], [[], [2]]);
    assertClean(pair);
  });

  it('while its line waits for the list leaves nothing behind', async () => {
    const pair = await shared();
    pair.line(1, { id: 1, session: { list: true } });
    pair.line(1, { id: 2, session: {} });
    pair.meanwhile = () => {
      pair.meanwhile = () => undefined;
      pair.close(1);
    };
    await pair.run();
    assert.deepEqual(ids(await pair.ask(2, { id: 3, session: {} })), [3]);
    assert.deepEqual(pair.take(1), []);
    assertClean(pair);
  });

  it('while the session is logged out for it: that is brought to its end, and the others are told', async () => {
    const pair = await shared();
    pair.line(1, { id: 1, session: { forget: 'bot' } });
    pair.meanwhile = () => {
      pair.meanwhile = () => undefined;
      pair.close(1);
    };
    await pair.advance(15_000);
    assert.equal(pair.shelf.kept.size, 0);
    const [lost] = pair.take(2);
    assert.deepEqual([lost?.['error'], lost?.['reason']], ['SessionLost', 'forgotten']);
    const [bare] = await pair.ask(2, { message: STATE });
    assert.equal(bare?.['error'], 'SessionNotFound');
    assertClean(pair);
  });
});

const GIVEN_UP = 'the session of this connection was given up; name another';

describe('what holds for all', () => {
  it('is that one forgets the session: the others have lost it', async () => {
    const pair = await shared();
    pair.line(1, { id: 1, session: { forget: 'bot' } });
    await pair.advance(15_000);
    assert.deepEqual(sessionOf(pair.take(1)[0]), { forgotten: 'bot' });
    const told = pair.take(2).map((line) => [line['id'], line['error'], line['reason']]);
    assert.deepEqual(told, [[0, 'SessionLost', 'forgotten']]);
    for (const line of [{ message: STATE }, { session: {} }]) {
      const [none] = await pair.ask(2, line);
      assert.deepEqual([none?.['error'], none?.['msg']], ['SessionNotFound', GIVEN_UP], JSON.stringify(line));
    }
    assert.deepEqual(sessionOf((await pair.ask(2, { session: { name: 'bot' } }))[0]), { name: 'bot', new: true });
    assert.equal(pair.shelf.notes.at(-1), 'removed bot', 'nothing is stored behind that');
    assertClean(pair);
  });

  it('is that it is forgotten while requests are open, also of who forgets it: they end', async () => {
    const pair = await shared();
    pair.dc.onRequest = ({ method }) => (method === 'updates.getState' ? new Promise(() => undefined) : undefined);
    for (const client of [1, 2]) pair.line(client, { id: 5, timeout: 60, message: STATE });
    await pair.run();
    pair.line(1, { id: 6, session: { forget: 'bot' } });
    await pair.advance(15_000);
    assert.deepEqual(
      pair.take(1).map((line) => [line['id'], line['error'] ?? sessionOf(line)]),
      [
        [5, 'DeliveryUnknown'],
        [6, { forgotten: 'bot' }],
      ],
    );
    assert.deepEqual(
      pair.take(2).map(({ id, error }) => [id, error]),
      [
        [5, 'DeliveryUnknown'],
        [0, 'SessionLost'],
      ],
    );
    assertClean(pair);
  });

  it('is that its account is lost: each is told once, each line is refused, and it can be forgotten', async () => {
    const pair = await shared();
    pair.dc.world.signOut([...pair.centre.keys.values()][0]!);
    pair.line(1, { id: 5, message: STATE });
    await pair.run();
    assert.deepEqual(
      pair.take(2).map((line) => [line['id'], line['error'], line['reason']]),
      [[0, 'SessionLost', 'AUTH_KEY_UNREGISTERED']],
    );
    pair.close(2);
    await gone(pair);
    pair.open(3);
    pair.open(4);
    await pair.ask(3, { message: NEAREST });
    for (const line of [
      { as: 'bot', message: NEAREST },
      { as: 'bot', session: {} },
    ]) {
      const [refused] = await pair.ask(3, line);
      assert.equal(refused?.['reason'], 'AUTH_KEY_UNREGISTERED', JSON.stringify(line));
    }
    const [forgotten] = await pair.ask(4, { session: { forget: 'bot' } });
    assert.deepEqual(sessionOf(forgotten), { forgotten: 'bot' });
    assert.equal(pair.shelf.kept.size, 0);
  });

  it('is that its record cannot be read: each line is refused, whoever sends it, and nothing is written over it', async () => {
    const pair = await botPair();
    pair.shelf.kept.set('bad', { record: Buffer.from('no record'), isClean: true });
    pair.open(2);
    pair.line(1, { id: 1, session: { name: 'bad' }, message: STATE });
    pair.line(2, { id: 2, as: 'bad', message: STATE });
    pair.line(2, { id: 3, session: { name: 'bad' } });
    await pair.run();
    const [line] = pair.take(1);
    assert.deepEqual([line?.['id'], line?.['error'], line?.['delivered']], [1, 'VaultRecordBroken', 'no']);
    const others = pair.take(2).map(({ id, error }) => [id, error]);
    assert.deepEqual(others, [
      [2, 'VaultRecordBroken'],
      [3, 'VaultRecordBroken'],
    ]);
    assert.equal(pair.shelf.kept.get('bad')!.record.toString(), 'no record');
    assert.ok(!pair.shelf.owners.has('bad'));
    assertClean(pair);
  });

  it('are the parameters of its calls: the first that are given, until one has the session alone', async () => {
    const pair = await shared();
    const mine = { api_id: 5, device_model: 'one' };
    const [first] = await pair.ask(1, { options: { init: mine } });
    assert.deepEqual((first!['options'] as Line)['init'], mine);
    assert.equal((await pair.ask(2, { options: { init: mine } }))[0]?.['error'], undefined, 'the same again');
    const [other] = await pair.ask(2, { options: { init: { api_id: 6 } }, message: NEAREST });
    assert.deepEqual([other?.['error'], other?.['path']], ['InvalidField', 'options.init']);
    assert.match(String(other?.['msg']), /"api_id":5/);
    pair.lose();
    await pair.run();
    const [late] = await pair.ask(2, { options: { init: null } });
    assert.equal(late?.['error'], 'InvalidField', 'also in another thread');
    pair.open(3);
    pair.line(3, { id: 1, options: { init: { api_id: 7 } } });
    pair.line(3, { id: 2, session: { name: 'bot' } });
    pair.line(3, { id: 3, session: {} });
    await pair.run();
    assert.deepEqual(
      pair.take(3).map(({ id, error }) => [id, error]),
      [
        [1, undefined],
        [2, 'InvalidField'],
        [3, 'SessionNotFound'],
      ],
    );
    await pair.ask(1, { session: { name: 'bot', exclusive: true, takeover: true } });
    const [alone] = await pair.ask(1, { options: { init: { api_id: 8 } } });
    assert.deepEqual((alone!['options'] as Line)['init'], { api_id: 8 });
    pair.open(4);
    const [shut] = await pair.ask(4, { as: 'bot', options: { init: { api_id: 8 } } });
    assert.equal(shut?.['error'], 'SessionInUse');
    assertClean(pair);
  });
});
