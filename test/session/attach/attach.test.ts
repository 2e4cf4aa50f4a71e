/** A session by its name, as a lane sees it: new, given, handed in, listed (wire: Requests and answers). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NOT_GIVEN_UP } from '../../../src/batch/name-records.ts';
import { refusalOfName } from '../../../src/session/attach/attach.ts';
import { BOT_ID } from '../../../src/testdc/world/seed.ts';
import { botPair, gone } from '../../support/bot-pair.ts';
import { assertClean, consOf, LOGIN, NEAREST, pairOf, sessionOf, type Line } from '../../support/one-client.ts';
import { Pair } from '../../support/pair.ts';

const STATE = { _cons: 'updates.getState' };

describe('a name that nothing is kept under', () => {
  it('is new, until somebody has signed in under it', async () => {
    const pair = pairOf();
    assert.deepEqual(sessionOf((await pair.ask(1, { session: { name: 'bot' } }))[0]), { name: 'bot', new: true });
    const [before] = await pair.ask(1, { session: { name: 'bot', existing: true } });
    assert.deepEqual([before?.['error'], before?.['path']], ['SessionNotFound', 'session.name']);
    const [line] = await pair.ask(1, { session: {}, message: LOGIN });
    assert.equal(sessionOf(line)['new'], undefined);
    const [after] = await pair.ask(1, { session: { name: 'bot', existing: true } });
    assert.equal(sessionOf(after)['name'], 'bot');
  });

  it('is refused where it must exist, and left free; one that exists is given', async () => {
    const pair = await botPair();
    await gone(pair);
    pair.open(2);
    const [typo] = await pair.ask(2, { id: 5, session: { name: 'bto', existing: true }, message: STATE });
    assert.deepEqual([typo?.['id'], typo?.['error'], typo?.['delivered']], [5, 'SessionNotFound', 'no']);
    const [line] = await pair.ask(2, { session: { name: 'bot', existing: true }, message: STATE });
    assert.equal(consOf(line), 'updates.state');
    pair.open(3);
    const [free] = await pair.ask(3, { session: { name: 'bto' } });
    assert.equal(sessionOf(free)['new'], true);
    assertClean(pair);
  });
});

describe('lines', () => {
  it('keep their order while one waits for the vault', async () => {
    const pair = await botPair();
    await gone(pair);
    pair.open(2);
    pair.line(2, { id: 1, options: { int64: 'string' }, session: { name: 'bot' } });
    pair.line(2, { id: 2, session: {} });
    pair.line(2, { id: 3, message: NEAREST });
    await pair.run();
    const lines = pair.take(2);
    assert.deepEqual(
      lines.map((line) => line['id']),
      [1, 2, 3],
    );
    assert.equal(sessionOf(lines[0])['user_id'], '777000111');
    assert.deepEqual(sessionOf(lines[1]), sessionOf(lines[0]));
    assertClean(pair);
  });

  it('name a session again, and another one; but none beside a session of their own', async () => {
    const pair = await botPair();
    const [again] = await pair.ask(1, { session: { name: 'bot' } });
    assert.equal(sessionOf(again)['user_id'], 777000111);
    const [other] = await pair.ask(1, { session: { name: 'other' } });
    assert.deepEqual(sessionOf(other), { name: 'other', new: true });
    pair.open(2);
    await pair.ask(2, { message: NEAREST });
    const [late] = await pair.ask(2, { session: { name: 'bot' } });
    assert.deepEqual([late?.['error'], late?.['path']], ['InvalidSession', 'session.name']);
    const [own] = await pair.ask(2, { session: {} });
    assert.ok('auth_key' in sessionOf(own), 'it is where it was');
    await pair.ask(2, { session: { detach: true } });
    const [named] = await pair.ask(2, { session: { name: 'bot' } });
    assert.equal(sessionOf(named)['name'], 'bot');
    assertClean(pair);
  });

  for (const session of [
    { name: '' },
    { name: 'a b' },
    { name: 'x'.repeat(65) },
    { name: 7 },
    { takeover: true },
    { list: true, name: 'x' },
    { forget: 'x', export: true },
    { list: 'yes' },
    { existing: true },
    { exclusive: true },
    { detach: true, name: 'x' },
  ])
    it(`that cannot be meant are refused: ${JSON.stringify(session)}`, async () => {
      const pair = pairOf();
      const [line] = await pair.ask(1, { session });
      assert.equal(line?.['error'], 'InvalidSession');
    });
});

describe('what is handed in with a name', () => {
  const handedIn = (pair: Pair, name: string): object => {
    const user = pair.dc.demoUser();
    return { name, auth_key: user.authKey.toString('base64'), session_id: Number(user.sessionId & 0xffffffffn) + 1 };
  };

  it('is kept before it is answered, and not shown again', async () => {
    const pair = pairOf();
    const [line] = await pair.ask(1, { session: handedIn(pair, 'mine'), message: STATE });
    assert.deepEqual(sessionOf(line), { name: 'mine', dc: 2, test: false });
    assert.equal(consOf(line), 'updates.state');
    assert.equal(pair.shelf.notes[0], 'explicit mine');
    const [second] = await (pair.open(2), pair.ask(2, { session: handedIn(pair, 'mine') }));
    assert.deepEqual([second?.['error'], second?.['path']], ['InvalidSession', 'session']);
    await gone(pair);
    const [third] = await (pair.open(3), pair.ask(3, { session: handedIn(pair, 'mine') }));
    assert.equal(third?.['error'], 'InvalidSession');
    assertClean(pair);
  });

  it('is as if it had never been when it cannot be kept', async () => {
    const pair = new Pair();
    pair.shelf.refusal = 'VaultWriteFailed ENOSPC';
    pair.open(1);
    const [line] = await pair.ask(1, { session: handedIn(pair, 'mine') });
    assert.deepEqual([line?.['error'], line?.['reason']], ['VaultWriteFailed', 'ENOSPC']);
    assert.equal(pair.shelf.owners.size, 0);
    const [none] = await pair.ask(1, { session: {} });
    assert.equal(none?.['error'], 'SessionNotFound');
    const { name: _name, ...unnamed } = handedIn(pair, 'mine') as Line;
    const [free] = await (pair.open(2), pair.ask(2, { session: unnamed }));
    assert.ok('auth_key' in sessionOf(free), 'the key is free again');
  });
});

describe('a list', () => {
  it('tells what is kept, without secrets, and who speaks there', async () => {
    const pair = await botPair();
    pair.shelf.kept.set('bad', { record: Buffer.from('no record'), isClean: false });
    pair.shelf.kept.set('shut', { ...pair.shelf.kept.get('bot')! });
    const openedAt = Math.floor(pair.now / 1000);
    await pair.advance(5_000);
    pair.open(2);
    await pair.ask(2, { session: { name: 'bot' } });
    const lines = await pair.ask(2, { id: 9, session: { list: true } });
    const bot = { dc: 2, test: false, user_id: 777000111, is_bot: true, resident: false };
    assert.deepEqual(lines, [
      {
        id: 9,
        session: {
          list: [
            { name: 'bot', ...bot, in_use: 'here', state: 'open', connections: 2, opened_at: openedAt },
            { name: 'bad', broken: true },
            { name: 'shut', ...bot, state: 'closed', connections: 0 },
          ],
        },
      },
    ]);
    assert.notEqual(BOT_ID, 777000111n);
  });

  it('tells which account is lost, and why', async () => {
    const pair = await botPair();
    pair.dc.world.signOut([...pair.centre.keys.values()][0]!);
    await pair.ask(1, { message: STATE });
    const [line] = await pair.ask(1, { session: { list: true } });
    const [entry] = sessionOf(line)['list'] as Line[];
    const { lost, state, reason } = entry!;
    assert.deepEqual(
      { lost, state, reason },
      {
        lost: 'AUTH_KEY_UNREGISTERED',
        state: 'lost',
        reason: 'AUTH_KEY_UNREGISTERED',
      },
    );
  });
});

describe('a resident', () => {
  it('is one when that is on the disk, else it is as it was', async () => {
    const pair = await botPair();
    pair.shelf.refusal = 'VaultWriteFailed ENOSPC';
    const [refused] = await pair.ask(1, { session: { name: 'bot', resident: true }, message: STATE });
    assert.deepEqual([refused?.['error'], refused?.['reason']], ['VaultWriteFailed', 'ENOSPC']);
    assert.equal(pair.shelf.record('bot').isResident, false);
    pair.shelf.refusal = undefined;
    pair.shelf.notes.length = 0;
    const [line] = await pair.ask(1, { session: { name: 'bot', resident: true }, message: STATE });
    assert.equal(consOf(line), 'updates.state');
    assert.equal(pair.shelf.notes[0], 'explicit bot');
    assert.equal(pair.shelf.record('bot').isResident, true);
  });

  it('whose account is lost can be let go, and stays lost', async () => {
    const pair = await botPair();
    await pair.ask(1, { session: { name: 'bot', resident: true } });
    pair.dc.world.signOut([...pair.centre.keys.values()][0]!);
    await pair.ask(1, { message: STATE });
    await gone(pair);
    const letGo = { session: { name: 'bot', resident: false } };
    const errorOf = async (line: object): Promise<unknown> => (await pair.ask(2, line))[0]?.['error'];
    pair.open(2);
    assert.equal(await errorOf({ session: { name: 'bot', resident: true } }), 'AuthKeyInvalid');
    assert.equal(await errorOf({ ...letGo, message: STATE }), 'AuthKeyInvalid', 'a message has no account to go to');
    assert.equal(await errorOf({ session: { ...letGo.session, exclusive: true } }), 'AuthKeyInvalid');
    pair.shelf.refusal = 'VaultWriteFailed ENOSPC';
    assert.equal(await errorOf(letGo), 'VaultWriteFailed');
    assert.equal(pair.shelf.record('bot').isResident, true);
    pair.shelf.refusal = undefined;
    pair.shelf.notes.length = 0;
    const lines = await pair.ask(2, letGo);
    const { name, lost, resident } = sessionOf(lines[0]);
    assert.deepEqual({ name, lost, resident }, { name: 'bot', lost: 'AUTH_KEY_UNREGISTERED', resident: undefined });
    assert.deepEqual([lines.length, pair.shelf.notes[0]], [1, 'explicit bot'], 'it is on the disk');
    assert.equal(await errorOf({ message: STATE }), 'AuthKeyInvalid');
    pair.close(2);
    await pair.advance(100);
    assert.deepEqual([pair.shelf.record('bot').isResident, pair.shelf.record('bot').lost], [false, lost]);
  });

  /** Three clients in one session, of which two want something at once. @returns what these hear */
  async function atOnce(first: boolean, second: boolean, refusal?: string) {
    const pair = await botPair();
    for (const client of [2, 3]) {
      pair.open(client);
      await pair.ask(client, { session: { name: 'bot' } });
    }
    pair.shelf.refusal = refusal;
    pair.line(1, { id: 1, session: { name: 'bot', resident: first } });
    pair.line(2, { id: 2, session: { name: 'bot', resident: second } });
    await pair.run();
    const heard = [...pair.take(1), ...pair.take(2)];
    const [third] = await pair.ask(3, { message: STATE });
    assert.equal(consOf(third), 'updates.state', 'the session goes on');
    return { pair, heard };
  }

  it('is what the last of two clients said who say otherwise at once', async () => {
    const { pair, heard } = await atOnce(true, false);
    assert.deepEqual(
      heard.map(({ id, error }) => [id, error]),
      [
        [1, undefined],
        [2, undefined],
      ],
    );
    assert.equal(pair.shelf.record('bot').isResident, false);
  });

  it('is as it was when none of them could be stored, whatever they said, and nobody else hears of it', async () => {
    for (const second of [true, false]) {
      const { pair, heard } = await atOnce(true, second, 'VaultWriteFailed ENOSPC');
      assert.deepEqual(
        heard.map(({ id, error }) => [id, error]),
        [
          [1, 'VaultWriteFailed'],
          [2, 'VaultWriteFailed'],
        ],
      );
      pair.shelf.refusal = undefined;
      const [shown] = await pair.ask(3, { session: {} });
      assert.equal(sessionOf(shown)['resident'], undefined);
    }
  });
});

describe('a name that another process has', () => {
  it('can be taken over, or was asked for in vain', () => {
    const inUse = refusalOfName({ error: 'SessionInUse' });
    const asked = refusalOfName({ error: 'SessionInUse', reason: NOT_GIVEN_UP });
    assert.match(inUse.msg, /"takeover":true takes it over/);
    assert.match(asked.msg, /has not given it up/);
    assert.deepEqual([asked.error, asked.reason], ['SessionInUse', undefined]);
  });
});
