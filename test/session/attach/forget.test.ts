/** A stored session is forgotten: logged out, its key destroyed, its record removed. */
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { NameOp } from '../../../src/batch/records.ts';
import { botPair, gone } from '../../support/bot-pair.ts';
import { assertClean, consOf, pairOf, sessionOf } from '../../support/one-client.ts';

const STATE = { _cons: 'updates.getState' };

describe('forget', () => {
  for (const forwardSecrecy of ['never', 'made'] as const)
    it(`logs out, destroys the key, removes the record (pfs ${forwardSecrecy})`, async () => {
      const pair = await botPair({ session: { forwardSecrecy } });
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
      assertClean(pair);
    });

  it('removes nothing while the data centre cannot be reached', async () => {
    let isDown = false;
    const pair = await botPair({ isDown: () => isDown });
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

  it('says that the account is logged out when its record cannot be removed, and removes it when asked again', async () => {
    const pair = await botPair();
    pair.shelf.refusal = 'VaultWriteFailed ENOSPC';
    pair.line(1, { id: 1, session: { forget: 'bot' } });
    await pair.advance(15_000);
    const [kept] = pair.take(1);
    assert.deepEqual([kept?.['error'], kept?.['delivered'], kept?.['reason']], ['VaultWriteFailed', 'yes', 'ENOSPC']);
    assert.match(String(kept?.['msg']), /logged out.*forget the session once more/);
    pair.line(1, { id: 2, session: { forget: 'bot' } });
    await pair.advance(15_000);
    const [again] = pair.take(1);
    assert.deepEqual([again?.['error'], again?.['delivered']], ['VaultWriteFailed', 'yes']);
    pair.shelf.refusal = undefined;
    pair.line(1, { id: 3, session: { forget: 'bot' } });
    await pair.advance(15_000);
    assert.deepEqual(pair.take(1).map(sessionOf), [{ forgotten: 'bot' }]);
    assert.equal(pair.dc.counters.requests.get('auth.logOut'), 1);
  });

  it('of what is not kept finds nothing', async () => {
    const pair = pairOf();
    const [line] = await pair.ask(1, { session: { forget: 'nobody' } });
    assert.equal(line?.['error'], 'SessionNotFound');
    assert.equal(pair.shelf.owners.size, 0);
  });

  it('is not needed when the client logs out itself', async () => {
    const pair = await botPair();
    const [line] = await pair.ask(1, { message: { _cons: 'auth.logOut' } });
    assert.equal(consOf(line), 'auth.loggedOut');
    assert.equal(pair.shelf.kept.size, 0);
    await gone(pair);
    assert.equal(pair.shelf.kept.size, 0);
  });
});

test('a thread that is lost while the record is being removed: its line hears of the end, once', async (t) => {
  const pair = await botPair();
  const held: (() => void)[] = [];
  const { shelf } = pair;
  const request = shelf.request.bind(shelf);
  t.mock.method(shelf, 'request', (session: number, ticket: number, op: number) => {
    if (op === NameOp.FORGET && held.length === 0) held.push(() => request(session, ticket, op));
    else request(session, ticket, op);
  });
  pair.line(1, { id: 1, session: { forget: 'bot' } });
  await pair.advance(1_000);
  assert.equal(held.length, 1);
  pair.lose();
  // The line is put again, and logs out once more, when the record is gone.
  pair.meanwhile = () => {
    pair.meanwhile = () => undefined;
    held[0]!();
  };
  await pair.advance(20_000);
  assert.deepEqual(
    pair.take(1).map((line) => [line['id'], line['error'] ?? sessionOf(line)]),
    [[1, { forgotten: 'bot' }]],
  );
  assert.equal(shelf.kept.size, 0);
});
