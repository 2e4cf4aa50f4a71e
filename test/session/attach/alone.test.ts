/** A session that one client wants alone, or another process takes over (wire: Sessions by name). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { botPair } from '../../support/bot-pair.ts';
import { assertClean, consOf, NEAREST, sessionOf, UPDATES_TOO_LONG, type Line } from '../../support/one-client.ts';
import type { Pair, PairOptions } from '../../support/pair.ts';

const STATE = { _cons: 'updates.getState' };
const ALONE = { name: 'bot', exclusive: true };
const TAKES = { name: 'bot', exclusive: true, takeover: true };

/** Each key of the DC was made once, however often it was used. */
function assertOneKey(pair: Pair): void {
  assert.equal(pair.dc.counters.handshakes, 1);
}

/** Clients 1 and 2 speak in one session. */
async function shared(options: PairOptions = {}): Promise<Pair> {
  const pair = await botPair(options);
  pair.open(2);
  const [line] = await pair.ask(2, { session: { name: 'bot' } });
  assert.equal(sessionOf(line)['name'], 'bot');
  return pair;
}

/** Clients 1 and 2 speak in one session whose data centre has fallen silent; 1 has request 5 open. */
async function silent(): Promise<Pair> {
  let isDown = false;
  const pair = await shared({ isDown: () => isDown });
  pair.deafen(1);
  isDown = true;
  pair.line(1, { id: 5, timeout: 60, message: STATE });
  await pair.run();
  return pair;
}

const idAndError = (lines: Line[]): unknown[] => lines.map((line) => [line['id'], line['error'] ?? consOf(line)]);

const GIVEN_UP = 'the session of this connection was given up; name another';

/** A client has heard that it has lost its session, and speaks in none. */
async function assertBare(pair: Pair, client: number): Promise<void> {
  for (const line of [{ message: STATE }, { session: {} }]) {
    const [left] = await pair.ask(client, line);
    assert.deepEqual([left?.['error'], left?.['msg']], ['SessionNotFound', GIVEN_UP], JSON.stringify(line));
  }
}

describe('exclusive', () => {
  it('is refused while others are there, and nothing changes for anybody', async () => {
    const pair = await shared();
    const [own] = await pair.ask(2, { session: ALONE });
    assert.deepEqual([own?.['error'], own?.['path'], own?.['retryable']], ['SessionInUse', 'session.exclusive', true]);
    pair.open(3);
    pair.line(3, { id: 1, session: ALONE });
    pair.line(3, { id: 2, session: {} });
    await pair.run();
    assert.deepEqual(idAndError(pair.take(3)), [
      [1, 'SessionInUse'],
      [2, 'SessionNotFound'],
    ]);
    for (const client of [1, 2]) {
      const [line] = await pair.ask(client, { message: STATE });
      assert.equal(consOf(line), 'updates.state');
    }
    assertClean(pair);
  });

  it('is given to who is there alone; others are refused from then on, by name and by single lines', async () => {
    const pair = await botPair();
    const [line] = await pair.ask(1, { session: ALONE });
    assert.equal(sessionOf(line)['name'], 'bot');
    pair.open(2);
    const [refused] = await pair.ask(2, { session: { name: 'bot' }, message: STATE });
    assert.deepEqual([refused?.['error'], refused?.['delivered']], ['SessionInUse', 'no']);
    const [single] = await pair.ask(2, { as: 'bot', message: STATE });
    assert.equal(single?.['error'], 'SessionInUse');
    const [free] = await pair.ask(2, { message: NEAREST });
    assert.equal(consOf(free), 'nearestDc', 'it is where it was');
    pair.lineAs(1, 'bot', { id: 9, message: STATE });
    await pair.run();
    assert.deepEqual(idAndError(pair.take(1)), [[9, 'updates.state']], 'single lines of who has it alone are its own');
    assertClean(pair);
  });

  it('is given while clients are there each line of which names the session, and nothing of theirs is open', async () => {
    const pair = await botPair();
    for (const client of [2, 3]) pair.open(client, client === 2);
    const [http] = await pair.ask(2, { session: { name: 'bot' }, message: STATE });
    const [single] = await pair.ask(3, { as: 'bot', message: STATE });
    assert.deepEqual([consOf(http), consOf(single)], ['updates.state', 'updates.state']);
    const [line] = await pair.ask(1, { session: ALONE });
    assert.equal(sessionOf(line)['name'], 'bot');
    pair.lose();
    await pair.run();
    const shutOut = [
      [2, { session: { name: 'bot' }, message: STATE }],
      [2, { as: 'bot', message: STATE }],
      [3, { as: 'bot', message: STATE }],
    ] as const;
    for (const [client, ask] of shutOut) {
      const [refused] = await pair.ask(client, ask);
      assert.deepEqual([refused?.['error'], refused?.['delivered']], ['SessionInUse', 'no'], JSON.stringify(ask));
    }
    await pair.ask(1, { session: { detach: true } });
    for (const [client, ask] of shutOut) assert.equal(consOf((await pair.ask(client, ask))[0]), 'updates.state');
    assertClean(pair);
  });

  it('is refused while one of them has a request open', async () => {
    const pair = await silent();
    pair.open(3, true);
    pair.line(3, { id: 7, timeout: 60, session: { name: 'bot' }, message: STATE });
    await pair.run();
    pair.close(2);
    await pair.advance(100);
    const [refused] = await pair.ask(1, { session: ALONE });
    assert.equal(refused?.['error'], 'SessionInUse');
    const [line] = await pair.ask(1, { id: 8, session: TAKES });
    assert.equal(line, undefined, 'it waits for that');
    await pair.advance(10_000);
    assert.deepEqual(idAndError(pair.take(3)), [[7, 'DeliveryUnknown']]);
    assert.equal(sessionOf(pair.take(1)[0])['name'], 'bot');
  });

  it('ends when its client leaves the session', async () => {
    const pair = await botPair();
    await pair.ask(1, { session: ALONE });
    await pair.ask(1, { session: { detach: true } });
    pair.open(2);
    const [line] = await pair.ask(2, { session: { name: 'bot' } });
    assert.equal(sessionOf(line)['name'], 'bot');
  });

  it('is refused to a client of another while it does not take it over, and outlives a lost thread', async () => {
    const pair = await botPair();
    await pair.ask(1, { session: ALONE });
    pair.lose();
    await pair.run();
    pair.open(2);
    const [refused] = await pair.ask(2, { session: { name: 'bot' } });
    assert.equal(refused?.['error'], 'SessionInUse');
    const [line] = await pair.ask(2, { session: { name: 'bot', takeover: true } });
    assert.equal(sessionOf(line)['name'], 'bot');
    assert.deepEqual(idAndError(pair.take(1)), [[0, 'SessionLost']]);
  });
});

describe('takeover', () => {
  it('alone changes nothing for those who share the session', async () => {
    const pair = await shared();
    pair.open(3);
    const [line] = await pair.ask(3, { session: { name: 'bot', takeover: true }, message: STATE });
    assert.equal(consOf(line), 'updates.state');
    for (const client of [1, 2]) assert.equal(consOf((await pair.ask(client, { message: STATE }))[0]), 'updates.state');
  });

  it('lets what is open end, tells who had it, and goes on where it was', async () => {
    const pair = await shared();
    const before = pair.serverSession();
    pair.open(3);
    pair.line(1, { id: 5, message: STATE });
    pair.line(3, { id: 6, session: TAKES, message: STATE });
    await pair.advance(100);
    const [answer, notice] = pair.take(1);
    assert.equal(consOf(answer), 'updates.state');
    assert.deepEqual([notice?.['error'], notice?.['reason'], notice?.['id']], ['SessionLost', 'takeover', 0]);
    assert.deepEqual(idAndError(pair.take(2)), [[0, 'SessionLost']]);
    assert.deepEqual(idAndError(pair.take(3)), [[6, 'updates.state']]);
    assert.equal(pair.serverSession(), before);
    await assertBare(pair, 1);
    await assertBare(pair, 2);
    const [back] = await pair.ask(1, { session: TAKES, message: STATE });
    assert.equal(consOf(back), 'updates.state');
    assert.deepEqual(idAndError(pair.take(3)), [[0, 'SessionLost']]);
    assertOneKey(pair);
    assert.equal(pair.dc.counters.openConnections, 1);
    assertClean(pair);
  });

  it('waits ten seconds for what is open, no more; new lines wait with it, and run elsewhere', async () => {
    const pair = await silent();
    pair.open(3);
    pair.line(3, { id: 6, session: TAKES });
    await pair.run();
    pair.line(1, { id: 7, message: STATE });
    pair.line(3, { id: 8, session: {} });
    await pair.advance(9_000);
    assert.deepEqual([pair.take(1), pair.take(2), pair.take(3)], [[], [], []]);
    await pair.advance(1_500);
    const lines = pair.take(1);
    assert.deepEqual(idAndError(lines), [
      [5, 'DeliveryUnknown'],
      [0, 'SessionLost'],
      [7, 'SessionNotFound'],
    ]);
    assert.equal(lines[0]?.['delivered'], 'unknown');
    assert.deepEqual(idAndError(pair.take(2)), [[0, 'SessionLost']]);
    assert.deepEqual(
      pair.take(3).map((line) => [line['id'], sessionOf(line)['name']]),
      [
        [6, 'bot'],
        [8, 'bot'],
      ],
    );
  });

  it('is over when who wanted it has gone: all stay', async () => {
    const pair = await silent();
    pair.open(3);
    pair.line(3, { id: 6, session: TAKES });
    await pair.run();
    pair.line(2, { id: 7, session: {} });
    await pair.run();
    assert.deepEqual(pair.take(2), []);
    pair.close(3);
    await pair.advance(12_000);
    assert.deepEqual([pair.take(1), pair.take(2).map(sessionOf)[0]?.['name']], [[], 'bot']);
  });

  it('lets nobody else in while it waits', async () => {
    const pair = await silent();
    pair.open(3);
    pair.line(3, { id: 6, session: TAKES });
    await pair.run();
    pair.open(4);
    const [refused] = await pair.ask(4, { session: { name: 'bot' } });
    assert.equal(refused?.['error'], 'SessionInUse');
  });

  it('by two at once ends with one of them there', async () => {
    const pair = await silent();
    for (const client of [3, 4]) {
      pair.open(client);
      pair.line(client, { id: client, session: TAKES });
    }
    await pair.advance(25_000);
    const told = [3, 4].flatMap((client) => idAndError(pair.take(client)));
    assert.equal(told.filter((one) => JSON.stringify(one) === '[0,"SessionLost"]').length, 1, JSON.stringify(told));
    assert.equal(told.length, 3);
    const here = [];
    for (const client of [1, 2, 3, 4]) here.push((await pair.ask(client, { session: {} }))[0]?.['error']);
    assert.equal(here.filter((error) => error === undefined).length, 1);
  });

  it('hands updates over without one lost or told twice', async () => {
    const pair = await botPair();
    pair.serverSession().push(UPDATES_TOO_LONG);
    await pair.run();
    pair.open(2);
    pair.line(2, { id: 6, session: TAKES, message: STATE });
    await pair.advance(100);
    pair.serverSession().push(UPDATES_TOO_LONG);
    await pair.advance(100);
    const updates = (client: number): number =>
      pair.take(client).filter((line) => consOf(line) === 'updatesTooLong').length;
    assert.deepEqual([updates(1), updates(2)], [1, 1]);
    assertClean(pair);
  });

  it('whichever batch of it is lost, has each line answered once', async () => {
    for (let lost = 0; lost < 8; lost++) {
      const pair = await shared();
      pair.open(3);
      let batches = 0;
      pair.onBatch = () => void (pair.loseNext = batches++ === lost);
      pair.line(1, { id: 5, message: STATE });
      pair.line(3, { id: 6, session: TAKES, message: STATE });
      pair.line(3, { id: 7, session: {} });
      await pair.advance(20_000);
      const ids = (client: number): unknown[] =>
        pair
          .take(client)
          .filter((line) => consOf(line) !== 'updatesTooLong' && line['error'] !== 'UpdatesDropped')
          .map((line) => line['id'])
          .toSorted();
      assert.deepEqual([ids(1), ids(2), ids(3)], [[0, 5], [0], [6, 7]], `batch ${lost}`);
      assertClean(pair);
    }
  });
});

describe('another process that takes the session over', () => {
  it('has it once what is open has ended; all are told, and bare', async () => {
    const pair = await shared();
    pair.line(1, { id: 5, message: STATE });
    await pair.run();
    pair.shelf.elsewhere.add('bot');
    pair.shelf.ask('bot');
    await pair.run();
    assert.deepEqual(idAndError(pair.take(1)), [
      [5, 'updates.state'],
      [0, 'SessionLost'],
    ]);
    assert.deepEqual(idAndError(pair.take(2)), [[0, 'SessionLost']]);
    assert.equal(pair.shelf.notes.at(-1), 'last bot');
    assert.equal(pair.shelf.owners.size, 0);
    await assertBare(pair, 1);
    await assertBare(pair, 2);
    const [used] = await pair.ask(1, { session: { name: 'bot' } });
    assert.equal(used?.['error'], 'SessionInUse');
    assertClean(pair);
  });

  it('waits ten seconds for it, no more', async () => {
    const pair = await silent();
    pair.shelf.ask('bot');
    await pair.run();
    pair.line(2, { id: 7, message: STATE });
    await pair.advance(9_000);
    assert.deepEqual([pair.take(1), pair.take(2)], [[], []]);
    await pair.advance(1_500);
    assert.deepEqual(idAndError(pair.take(1)), [
      [5, 'DeliveryUnknown'],
      [0, 'SessionLost'],
    ]);
    const lines = pair.take(2);
    assert.deepEqual(idAndError(lines), [
      [0, 'SessionLost'],
      [7, 'SessionNotFound'],
    ]);
    assert.equal(lines[1]?.['msg'], GIVEN_UP);
  });

  it('has nothing left open behind it, not even of a client that has gone on to another session', async () => {
    const pair = await silent();
    await pair.ask(1, { session: { name: 'other' } });
    pair.shelf.ask('bot');
    await pair.advance(10_500);
    assert.deepEqual(idAndError(pair.take(1)), [[5, 'DeliveryUnknown']]);
    assert.deepEqual(idAndError(pair.take(2)), [[0, 'SessionLost']]);
    assertClean(pair);
  });

  it('has nothing done here for who comes in the meantime: it asks anew', async () => {
    const pair = await shared();
    pair.open(3);
    pair.shelf.ask('bot');
    pair.meanwhile = () => {
      pair.meanwhile = () => undefined;
      pair.lineAs(3, 'bot', { id: 6, message: STATE });
    };
    await pair.run();
    const [line] = pair.take(3);
    assert.deepEqual([line?.['id'], line?.['error']], [6, undefined]);
    assertClean(pair);
  });
});
