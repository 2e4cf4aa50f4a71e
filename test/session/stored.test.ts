/** Named sessions, as a lane sees them: attached, kept, gone on with, lost, moved, forgotten (wire: Requests and answers). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BOT_ID } from '../../src/testdc/world/seed.ts';
import { loadScheme } from '../../src/tl/load.ts';
import { Pair, type PairOptions } from '../support/pair.ts';

type Line = Record<string, unknown>;

const LOGIN = {
  _cons: 'auth.importBotAuthorization',
  flags: 0,
  api_id: 1,
  api_hash: 'x',
  bot_auth_token: '777000111:made-here',
};
const STATE = { _cons: 'updates.getState' };
const NEAREST = { _cons: 'help.getNearestDc' };
/** updatesTooLong#e317af7e */
const UPDATE = Buffer.from('7eaf17e3', 'hex');

const messageOf = (line: Line | undefined): Line => line?.['message'] as Line;
const consOf = (line: Line | undefined): unknown => messageOf(line)?.['_cons'];
const sessionOf = (line: Line | undefined): Line => line?.['session'] as Line;

/** Client 1 has signed a bot in under the name `bot`. */
async function signedIn(options: PairOptions = {}): Promise<Pair> {
  const pair = new Pair(options);
  pair.open(1);
  const [stored] = await pair.ask(1, { session: { name: 'bot' } });
  assert.deepEqual(sessionOf(stored), { name: 'bot', new: true });
  const [line] = await pair.ask(1, { message: LOGIN });
  assert.equal(consOf(line), 'auth.authorization');
  return pair;
}

/** Client 1 leaves, and a moment passes. */
async function gone(pair: Pair): Promise<void> {
  pair.close(1);
  await pair.advance(100);
}

function assertSound(pair: Pair): void {
  assert.deepEqual(pair.dc.violations.list, []);
  assert.deepEqual(pair.dc.bugs, []);
  assert.deepEqual(
    pair.log.filter((entry) => entry['event'] === 'internal error'),
    [],
  );
}

/** Each key of the DC was made once, however often it was used. */
function assertOneKey(pair: Pair): void {
  assert.equal(pair.dc.counters.handshakes, 1);
}

describe('a login under a name', () => {
  it('is kept before its answer, and shown as a handle', async () => {
    const pair = new Pair();
    pair.open(1);
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
    assertSound(pair);
  });

  it('is kept when the client wraps initConnection itself', async () => {
    const pair = new Pair({ session: { init: undefined } });
    pair.open(1);
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
    const pair = await signedIn();
    await pair.ask(1, { message: STATE });
    const { updates } = pair.shelf.record('bot');
    assert.ok(updates !== undefined && updates.date > 0);
    const { salts } = pair.shelf.record('bot');
    assert.ok(salts.length > 0);
    assertSound(pair);
  });
});

describe('a name that nothing is kept under', () => {
  it('is new, until somebody has signed in under it', async () => {
    const pair = new Pair();
    pair.open(1);
    assert.deepEqual(sessionOf((await pair.ask(1, { session: { name: 'bot' } }))[0]), { name: 'bot', new: true });
    const [before] = await pair.ask(1, { session: { name: 'bot', existing: true } });
    assert.deepEqual([before?.['error'], before?.['path']], ['SessionNotFound', 'session.name']);
    const [line] = await pair.ask(1, { session: {}, message: LOGIN });
    assert.equal(sessionOf(line)['new'], undefined);
    const [after] = await pair.ask(1, { session: { name: 'bot', existing: true } });
    assert.equal(sessionOf(after)['name'], 'bot');
  });

  it('is refused where it must exist, and left free; one that exists is given', async () => {
    const pair = await signedIn();
    await gone(pair);
    pair.open(2);
    const [typo] = await pair.ask(2, { id: 5, session: { name: 'bto', existing: true }, message: STATE });
    assert.deepEqual([typo?.['id'], typo?.['error'], typo?.['delivered']], [5, 'SessionNotFound', 'no']);
    const [line] = await pair.ask(2, { session: { name: 'bot', existing: true }, message: STATE });
    assert.equal(consOf(line), 'updates.state');
    pair.open(3);
    const [free] = await pair.ask(3, { session: { name: 'bto' } });
    assert.equal(sessionOf(free)['new'], true);
    assertSound(pair);
  });
});

describe('going on', () => {
  it('where it was, after it was given up in order', async () => {
    const pair = await signedIn();
    const before = pair.serverSession();
    await gone(pair);
    assert.equal(pair.shelf.notes.at(-1), 'last bot');
    pair.open(2);
    const [line, ...more] = await pair.ask(2, { session: { name: 'bot' }, message: STATE });
    assert.equal(consOf(line), 'updates.state');
    assert.deepEqual(more, [], 'no gap is told where there is none');
    assert.deepEqual(sessionOf(line), { name: 'bot', dc: 2, test: false, user_id: 777000111, is_bot: true });
    assert.equal(pair.serverSession(), before);
    assertOneKey(pair);
    assert.equal(pair.dc.counters.requests.get('auth.importBotAuthorization'), 1);
    assertSound(pair);
  });

  for (const forwardSecrecy of ['never', 'made'] as const)
    it(`after a kill: the same keys, another session_id, a gap (pfs ${forwardSecrecy})`, async () => {
      const pair = await signedIn({ session: { forwardSecrecy } });
      await pair.ask(1, { message: STATE });
      const { handshakes } = pair.dc.counters;
      const keys = [...pair.centre.keys.values()];
      const last = keys.at(-1)!;
      const [old] = last.sessions.values();
      pair.die();
      pair.now += 5_000;
      pair.open(2);
      const [gap, too, line] = await pair
        .ask(2, { session: { name: 'bot' }, message: STATE })
        .then((lines) => [
          lines.find((one) => one['error'] === 'UpdatesDropped'),
          lines.find((one) => consOf(one) === 'updatesTooLong'),
          lines.find((one) => consOf(one) === 'updates.state'),
        ]);
      assert.ok(line !== undefined && gap !== undefined && too !== undefined);
      assert.equal(pair.dc.counters.handshakes, handshakes, 'not one key was made');
      assert.equal(pair.dc.counters.requests.get('auth.importBotAuthorization'), 1);
      const isKnown = (): boolean => [...last.sessions.values()].includes(old!);
      assert.ok(isKnown(), 'a late packet may come yet');
      await pair.advance(331_000);
      assert.ok(!isKnown(), 'the old session was destroyed');
      assertSound(pair);
    });

  it('in another thread, with its name', async () => {
    const pair = await signedIn();
    pair.lose();
    await pair.run();
    const [line] = await pair.ask(1, { session: {}, message: STATE });
    assert.deepEqual(sessionOf(line), { name: 'bot', dc: 2, test: false, user_id: 777000111, is_bot: true });
    assert.equal(consOf(line), 'updates.state');
    assertOneKey(pair);
    assertSound(pair);
  });

  it('whichever batch of attaching and signing in is lost', async () => {
    for (let lost = 0; lost < 12; lost++) {
      const pair = new Pair();
      let batches = 0;
      pair.onBatch = () => {
        pair.loseNext = batches++ === lost;
      };
      pair.open(1);
      pair.line(1, { id: 1, session: { name: 'bot' } });
      pair.line(1, { id: 2, message: LOGIN });
      pair.line(1, { id: 3, session: {} });
      await pair.advance(2_000);
      const lines = pair.take(1);
      const ids = lines.map((line) => line['id']).filter((id) => id !== 0);
      assert.deepEqual(ids.toSorted(), [1, 2, 3], `batch ${lost}: ${JSON.stringify(lines)}`);
      assert.equal(sessionOf(lines.find((line) => line['id'] === 1))['name'], 'bot');
      assert.equal(pair.shelf.record('bot').userId, 777000111n, `batch ${lost}`);
      assertSound(pair);
    }
  });
});

describe('lines', () => {
  it('keep their order while one waits for the vault', async () => {
    const pair = await signedIn();
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
    assertSound(pair);
  });

  it('name a session once, and only before there is another', async () => {
    const pair = await signedIn();
    const [again] = await pair.ask(1, { session: { name: 'bot' } });
    assert.equal(sessionOf(again)['user_id'], 777000111);
    const [other] = await pair.ask(1, { session: { name: 'other' } });
    assert.equal(other?.['error'], 'InvalidSession');
    pair.open(2);
    await pair.ask(2, { message: NEAREST });
    const [late] = await pair.ask(2, { session: { name: 'late' } });
    assert.equal(late?.['error'], 'InvalidSession');
    const [used] = await (pair.open(3), pair.ask(3, { session: { name: 'bot' } }));
    assert.equal(used?.['error'], 'SessionInUse');
    assert.equal(used?.['retryable'], true);
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
  ])
    it(`that cannot be meant are refused: ${JSON.stringify(session)}`, async () => {
      const pair = new Pair();
      pair.open(1);
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
    const pair = new Pair();
    pair.open(1);
    const [line] = await pair.ask(1, { session: handedIn(pair, 'mine'), message: STATE });
    assert.deepEqual(sessionOf(line), { name: 'mine', dc: 2, test: false });
    assert.equal(consOf(line), 'updates.state');
    assert.equal(pair.shelf.notes[0], 'explicit mine');
    const [second] = await (pair.open(2), pair.ask(2, { session: handedIn(pair, 'mine') }));
    assert.equal(second?.['error'], 'SessionInUse');
    await gone(pair);
    const [third] = await (pair.open(3), pair.ask(3, { session: handedIn(pair, 'mine') }));
    assert.equal(third?.['error'], 'InvalidSession');
    assertSound(pair);
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

describe('a key', () => {
  it('is shown to who may see it, and to nobody else', async () => {
    const pair = await signedIn();
    const [refused] = await pair.ask(1, { session: { export: true } });
    assert.equal(refused?.['error'], 'ExportNotAllowed');
    pair.line(1, { session: { name: 'bot', export: true } }, true);
    pair.line(1, { session: {} }, true);
    await pair.run();
    const [shown, handle] = pair.take(1).map(sessionOf);
    const key = Buffer.from(pair.shelf.record('bot').keys[0]!.key).toString('base64');
    assert.equal(shown?.['auth_key'], key);
    assert.deepEqual(Object.keys(shown ?? {}).toSorted(), [
      'auth_key',
      'dc',
      'is_bot',
      'last_seqno',
      'name',
      'server_salt',
      'session_id',
      'test',
      'time_offset',
      'user_id',
    ]);
    assert.ok(!('auth_key' in handle!));
    const [copied] = await (pair.open(2), pair.ask(2, { session: { ...shown, name: 'copy' } }));
    assert.equal(copied?.['error'], 'SessionInUse', 'what was shown may be handed back whole; here its key is in use');
  });

  it('is not needed to hand a handle back whole', async () => {
    const pair = await signedIn();
    const [line] = await pair.ask(1, { session: {} });
    await gone(pair);
    const [again] = await (pair.open(2), pair.ask(2, { session: sessionOf(line) }));
    assert.deepEqual(sessionOf(again), sessionOf(line));
  });

  it('is asked for in vain before the session is attached', async () => {
    const pair = await signedIn();
    await gone(pair);
    pair.open(2);
    const [line] = await pair.ask(2, { session: { name: 'bot', export: true } });
    assert.equal(line?.['error'], 'ExportNotAllowed');
    assert.equal(pair.shelf.owners.size, 0);
  });

  it('that the server has forgotten is never replaced in silence', async () => {
    const pair = await signedIn();
    pair.dc.forgetKey([...pair.centre.keys.values()][0]!);
    await pair.ask(1, { timeout: 5, message: STATE });
    await pair.advance(20_000);
    const lines = pair.take(1);
    assert.ok(lines.some((line) => line['id'] === 0 && line['error'] === 'AuthKeyInvalid' && line['fatal'] === true));
    assert.equal(pair.shelf.record('bot').lost, 'AUTH_KEY_UNKNOWN');
    await gone(pair);
    const [line] = await (pair.open(2), pair.ask(2, { session: { name: 'bot' } }));
    assert.deepEqual([line?.['error'], line?.['reason']], ['AuthKeyInvalid', 'AUTH_KEY_UNKNOWN']);
    assert.equal(pair.shelf.owners.size, 0);
    const [forgotten] = await pair.ask(2, { session: { forget: 'bot' } });
    assert.deepEqual(sessionOf(forgotten), { forgotten: 'bot' });
    assert.equal(pair.shelf.kept.size, 0);
  });

  it('whose account is gone is marked, with a notice', async () => {
    const pair = await signedIn();
    pair.dc.world.signOut([...pair.centre.keys.values()][0]!);
    const lines = await pair.ask(1, { message: STATE });
    assert.equal(messageOf(lines[0])['error_message'], 'AUTH_KEY_UNREGISTERED');
    assert.deepEqual([lines[1]?.['error'], lines[1]?.['reason']], ['SessionLost', 'AUTH_KEY_UNREGISTERED']);
    assert.equal(pair.shelf.record('bot').lost, 'AUTH_KEY_UNREGISTERED');
    const [line] = await pair.ask(1, { message: LOGIN });
    assert.equal(consOf(line), 'auth.authorization');
    assert.equal(pair.shelf.record('bot').lost, undefined, 'a new login under the same key heals it');
  });
});

describe('takeover', () => {
  it('lets what is open end, tells who had it, and goes on where it was', async () => {
    const pair = await signedIn();
    const before = pair.serverSession();
    pair.open(2);
    pair.line(1, { id: 5, message: STATE });
    pair.line(2, { id: 6, session: { name: 'bot', takeover: true }, message: STATE });
    await pair.advance(100);
    const [answer, notice] = pair.take(1);
    assert.equal(consOf(answer), 'updates.state');
    assert.deepEqual([notice?.['error'], notice?.['reason'], notice?.['id']], ['SessionLost', 'takeover', 0]);
    const taken = pair.take(2);
    assert.deepEqual(taken.map(consOf), ['updates.state']);
    assert.equal(pair.serverSession(), before);
    const [left] = await pair.ask(1, { message: STATE });
    assert.equal(left?.['error'], 'SessionNotFound');
    const [none] = await pair.ask(1, { session: {} });
    assert.equal(none?.['error'], 'SessionNotFound');
    const [back] = await pair.ask(1, { session: { name: 'bot', takeover: true }, message: STATE });
    assert.equal(consOf(back), 'updates.state');
    assertOneKey(pair);
    assert.equal(pair.dc.counters.openConnections, 1);
    assertSound(pair);
  });

  it('waits ten seconds for what is open, no more', async () => {
    let isDown = false;
    const pair = await signedIn({ isDown: () => isDown });
    pair.deafen(1);
    isDown = true;
    pair.open(2);
    pair.line(1, { id: 5, timeout: 60, message: STATE });
    await pair.run();
    pair.line(2, { id: 6, session: { name: 'bot', takeover: true } });
    await pair.advance(9_000);
    assert.deepEqual([pair.take(1), pair.take(2)], [[], []]);
    await pair.advance(1_500);
    const [open, notice] = pair.take(1);
    assert.deepEqual([open?.['id'], open?.['error'], open?.['delivered']], [5, 'DeliveryUnknown', 'unknown']);
    assert.equal(notice?.['error'], 'SessionLost');
    assert.equal(sessionOf(pair.take(2)[0])['name'], 'bot');
  });

  it('hands updates over without one lost or told twice', async () => {
    const pair = await signedIn();
    pair.serverSession().push(UPDATE);
    await pair.run();
    pair.open(2);
    pair.line(2, { id: 6, session: { name: 'bot', takeover: true }, message: STATE });
    await pair.advance(100);
    pair.serverSession().push(UPDATE);
    await pair.advance(100);
    const updates = (client: number): number =>
      pair.take(client).filter((line) => consOf(line) === 'updatesTooLong').length;
    assert.deepEqual([updates(1), updates(2)], [1, 1]);
    assertSound(pair);
  });
});

describe('forget', () => {
  for (const forwardSecrecy of ['never', 'made'] as const)
    it(`logs out, destroys the key, removes the record (pfs ${forwardSecrecy})`, async () => {
      const pair = await signedIn({ session: { forwardSecrecy } });
      await gone(pair);
      pair.open(2);
      pair.line(2, { id: 1, session: { forget: 'bot' } });
      pair.line(2, { id: 2, message: STATE });
      await pair.advance(15_000);
      const lines = pair.take(2);
      assert.deepEqual(sessionOf(lines[0]), { forgotten: 'bot' });
      assert.equal(lines[1]?.['error'], 'SessionNotFound');
      assert.equal(lines.length, 2, JSON.stringify(lines));
      assert.equal(pair.dc.counters.requests.get('auth.logOut'), 1);
      assert.equal(pair.shelf.kept.size, 0);
      assert.equal(pair.shelf.owners.size, 0);
      assert.deepEqual(
        [...pair.centre.keys.values()].filter((key) => key.expiresAt === Infinity),
        [],
        'the permanent key is gone from the server',
      );
      assertSound(pair);
    });

  it('removes nothing while the data centre cannot be reached', async () => {
    let isDown = false;
    const pair = await signedIn({ isDown: () => isDown });
    await gone(pair);
    isDown = true;
    pair.open(2);
    pair.line(2, { session: { forget: 'bot' } });
    await pair.advance(10_000);
    assert.equal(pair.take(2)[0]?.['error'], 'ConnectFailed');
    assert.equal(pair.shelf.record('bot').userId, 777000111n);
    isDown = false;
    await pair.advance(120_000);
    pair.line(2, { session: { forget: 'bot' } });
    await pair.advance(10_000);
    assert.deepEqual(sessionOf(pair.take(2)[0]), { forgotten: 'bot' });
  });

  it('of what is not kept finds nothing', async () => {
    const pair = new Pair();
    pair.open(1);
    const [line] = await pair.ask(1, { session: { forget: 'nobody' } });
    assert.equal(line?.['error'], 'SessionNotFound');
    assert.equal(pair.shelf.owners.size, 0);
  });

  it('is not needed when the client logs out itself', async () => {
    const pair = await signedIn();
    const [line] = await pair.ask(1, { message: { _cons: 'auth.logOut' } });
    assert.equal(consOf(line), 'auth.loggedOut');
    assert.equal(pair.shelf.kept.size, 0);
    await gone(pair);
    assert.equal(pair.shelf.kept.size, 0);
  });
});

it('lists what is kept, without secrets', async () => {
  const pair = await signedIn();
  pair.shelf.kept.set('bad', { record: Buffer.from('no record'), isClean: false });
  pair.open(2);
  const lines = await pair.ask(2, { id: 9, session: { list: true } });
  assert.deepEqual(lines, [
    {
      id: 9,
      session: {
        list: [
          { name: 'bot', dc: 2, test: false, user_id: 777000111, is_bot: true, in_use: 'here' },
          { name: 'bad', broken: true },
        ],
      },
    },
  ]);
  assert.notEqual(BOT_ID, 777000111n);
});
