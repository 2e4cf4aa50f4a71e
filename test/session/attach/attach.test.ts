/** A session by its name, as a lane sees it: new, given, handed in, taken over, listed (wire: Requests and answers). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BOT_ID } from '../../../src/testdc/world/seed.ts';
import { botPair, gone } from '../../support/bot-pair.ts';
import {
  assertClean,
  consOf,
  LOGIN,
  NEAREST,
  pairOf,
  sessionOf,
  UPDATES_TOO_LONG,
  type Line,
} from '../../support/one-client.ts';
import { Pair } from '../../support/pair.ts';

const STATE = { _cons: 'updates.getState' };

/** Each key of the DC was made once, however often it was used. */
function assertOneKey(pair: Pair): void {
  assert.equal(pair.dc.counters.handshakes, 1);
}

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

  it('name a session once, and only before there is another', async () => {
    const pair = await botPair();
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
    assert.equal(second?.['error'], 'SessionInUse');
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

describe('takeover', () => {
  it('lets what is open end, tells who had it, and goes on where it was', async () => {
    const pair = await botPair();
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
    assertClean(pair);
  });

  it('waits ten seconds for what is open, no more', async () => {
    let isDown = false;
    const pair = await botPair({ isDown: () => isDown });
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
    const pair = await botPair();
    pair.serverSession().push(UPDATES_TOO_LONG);
    await pair.run();
    pair.open(2);
    pair.line(2, { id: 6, session: { name: 'bot', takeover: true }, message: STATE });
    await pair.advance(100);
    pair.serverSession().push(UPDATES_TOO_LONG);
    await pair.advance(100);
    const updates = (client: number): number =>
      pair.take(client).filter((line) => consOf(line) === 'updatesTooLong').length;
    assert.deepEqual([updates(1), updates(2)], [1, 1]);
    assertClean(pair);
  });
});

it('lists what is kept, without secrets', async () => {
  const pair = await botPair();
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
