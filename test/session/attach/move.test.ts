/** Lines that belong to another session than the one their client speaks in, and clients that go from one to another. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { botPair } from '../../support/bot-pair.ts';
import {
  assertClean,
  assertNoBugs,
  consOf,
  NEAREST,
  pairOf,
  sessionOf,
  UPDATE_PROFILE,
  type Line,
} from '../../support/one-client.ts';
import type { Pair } from '../../support/pair.ts';

const STATE = { _cons: 'updates.getState' };

const idAndError = (lines: Line[]): unknown[] => lines.map((line) => [line['id'], line['error'] ?? consOf(line)]);
const ids = (lines: Line[]): unknown[] => lines.map((line) => line['id']);

/** What the data centre is asked from here on, in order. */
function noted(pair: Pair): unknown[] {
  const asked: unknown[] = [];
  pair.dc.onRequest = ({ method, args }) => void asked.push(args['about'] ?? method);
  return asked;
}

const about = (text: string): object => ({ ...UPDATE_PROFILE, about: text });

describe('a line with as', () => {
  it('is carried out in that session, in order with those before it, and its client stays where it is', async () => {
    const pair = await botPair();
    const asked = noted(pair);
    pair.open(2);
    for (const id of [1, 2, 3]) pair.line(2, { id, as: 'bot', message: about(String(id)) });
    await pair.run();
    assert.deepEqual(asked, ['1', '2', '3']);
    assert.deepEqual(ids(pair.take(2)).toSorted(), [1, 2, 3]);
    const [none] = await pair.ask(2, { session: {} });
    assert.equal(none?.['error'], 'SessionNotFound');
    const [shown] = await pair.ask(2, { as: 'bot', session: {} });
    assert.equal(sessionOf(shown)['user_id'], 777000111);
    assert.equal(pair.dc.counters.handshakes, 1);
    assertClean(pair);
  });

  it('whose keys are escaped arrives as well', async () => {
    const pair = await botPair();
    pair.open(2);
    pair.line(2, '{"id":4,"\\u0061s":"bo\\u0074","message":{"_cons":"updates.getState"}}');
    await pair.run();
    assert.deepEqual(idAndError(pair.take(2)), [[4, 'updates.state']]);
  });

  it('goes from a client of another session, which stays there', async () => {
    const pair = await botPair();
    pair.open(2);
    await pair.ask(2, { session: { name: 'other' } });
    const [line] = await pair.ask(2, { as: 'bot', session: {}, message: STATE });
    assert.deepEqual([sessionOf(line)['name'], consOf(line)], ['bot', 'updates.state']);
    assert.equal(sessionOf((await pair.ask(2, { session: {} }))[0])['name'], 'other');
  });

  for (const session of [{ name: 'bot' }, { detach: true }, { list: true }, { forget: 'bot' }])
    it(`names no session beside it: ${JSON.stringify(session)}`, async () => {
      const pair = await botPair();
      const [line] = await pair.ask(1, { as: 'bot', session });
      assert.deepEqual([line?.['error'], line?.['path']], ['InvalidSession', 'session']);
      assert.equal(pair.shelf.kept.size, 1);
    });

  it('that finds its session over goes to the next of that name', async () => {
    const pair = await botPair();
    pair.open(2);
    pair.lineAs(2, 'bot', { id: 1, message: STATE });
    await pair.run();
    pair.take(2);
    pair.shelf.ask('bot');
    pair.meanwhile = () => {
      pair.meanwhile = () => undefined;
      pair.lineAs(2, 'bot', { id: 2, message: STATE });
    };
    await pair.run();
    assert.deepEqual(idAndError(pair.take(2)), [[2, 'updates.state']]);
    assertClean(pair);
  });
});

describe('a client', () => {
  it('goes from name to name while requests are open; each answer comes from where it was asked', async () => {
    const pair = await botPair();
    pair.open(2);
    const asked = noted(pair);
    pair.line(2, { id: 1, session: { name: 'bot' }, message: about('1') });
    pair.line(2, { id: 2, session: { name: 'other' } });
    pair.line(2, { id: 3, session: {} });
    pair.line(2, { id: 4, message: STATE });
    pair.line(2, { id: 5, session: { name: 'bot' }, message: STATE });
    pair.line(2, { id: 6, session: {} });
    await pair.advance(1_000);
    const lines = pair.take(2);
    const nameOf = (id: number): unknown => sessionOf(lines.find((line) => line['id'] === id))?.['name'];
    assert.deepEqual(ids(lines).toSorted(), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual([1, 2, 3, 5, 6].map(nameOf), ['bot', 'other', 'other', 'bot', 'bot']);
    const [, signedOut] = [1, 4].map((id) => lines.find((line) => line['id'] === id));
    assert.equal(consOf(signedOut), 'rpc_error', 'nobody is signed in under the other name');
    assert.ok(asked.includes('1'));
    assertClean(pair);
  });

  it('hears no updates of a session that it has left, though its answers come', async () => {
    let isDown = false;
    const pair = await botPair({ isDown: () => isDown });
    pair.open(2);
    await pair.ask(2, { session: { name: 'bot' } });
    isDown = true;
    pair.cut(1);
    pair.line(2, { id: 1, timeout: 60, message: STATE });
    pair.line(2, { id: 2, session: { detach: true } });
    await pair.run();
    assert.deepEqual(ids(pair.take(2)), [2]);
    isDown = false;
    await pair.advance(10_000);
    assert.deepEqual(idAndError(pair.take(2)), [[1, 'updates.state']]);
    pair.serverSession().push(Buffer.from('7eaf17e3', 'hex'));
    await pair.run();
    assert.deepEqual([pair.take(1).map(consOf).at(-1), pair.take(2)], ['updatesTooLong', []]);
  });

  it('detaches: it speaks as nobody, and the session goes on without it', async () => {
    const pair = await botPair();
    pair.open(2);
    await pair.ask(2, { session: { name: 'bot' } });
    const [line] = await pair.ask(2, { id: 3, session: { detach: true } });
    assert.deepEqual(line, { id: 3, session: { detached: true } });
    const [none] = await pair.ask(2, { session: {} });
    assert.equal(none?.['error'], 'SessionNotFound');
    const [again] = await pair.ask(2, { session: { detach: true } });
    assert.deepEqual(sessionOf(again), { detached: true });
    await pair.ask(2, { message: NEAREST });
    const [own] = await pair.ask(2, { session: {} });
    assert.ok('auth_key' in sessionOf(own));
    assert.equal(consOf((await pair.ask(1, { message: STATE }))[0]), 'updates.state');
    assert.equal(pair.dc.counters.handshakes, 2);
    assertClean(pair);
  });

  it('detaches with a message: that goes under a key of its own', async () => {
    const pair = await botPair();
    const [line] = await pair.ask(1, { session: { detach: true }, message: STATE });
    assert.equal(consOf(line), 'rpc_error');
    assert.equal(pair.dc.counters.handshakes, 2);
  });

  it('detaches from a session of its own; what it had asked there is answered', async () => {
    const pair = pairOf();
    pair.line(1, { id: 1, message: NEAREST });
    pair.line(1, { id: 2, session: { detach: true } });
    pair.line(1, { id: 3, session: { name: 'bot' } });
    await pair.advance(1_000);
    const lines = pair.take(1);
    assert.deepEqual(ids(lines).toSorted(), [1, 2, 3]);
    assert.equal(consOf(lines.find((line) => line['id'] === 1)), 'nearestDc');
    assert.equal(sessionOf(lines.find((line) => line['id'] === 3))['name'], 'bot');
    assertClean(pair);
  });

  it('takes its parameters and its server with it where it names a session first', async () => {
    const pair = pairOf();
    pair.line(1, { id: 1, options: { init: { api_id: 5 } }, server: { dc: 4 } });
    pair.line(1, { id: 2, session: { name: 'new' }, options: {}, server: {} });
    await pair.run();
    const [, line] = pair.take(1);
    assert.deepEqual((line!['options'] as Line)['init'], { api_id: 5 });
    assert.equal((line!['server'] as Line)['dc'], 4);
    await pair.ask(1, { message: NEAREST });
    assert.match(pair.dialled.at(-1)!, /127\.0\.0\.1/);
    assert.equal(pair.dc.centres.get(4)!.keys.size, 1);
  });

  it('that was not let in is where it was, and changes nothing there', async () => {
    const pair = await botPair();
    await pair.ask(1, { session: { name: 'bot', exclusive: true } });
    pair.open(2);
    pair.line(2, { id: 1, options: { int64: 'string', init: { api_id: 9 } }, session: { name: 'bot' } });
    pair.line(2, { id: 2, message: NEAREST });
    await pair.run();
    assert.deepEqual(idAndError(pair.take(2)), [
      [1, 'SessionInUse'],
      [2, 'nearestDc'],
    ]);
    const [options] = await pair.ask(1, { options: {} });
    assert.notDeepEqual((options!['options'] as Line)['init'], { api_id: 9 });
  });
});

describe('a client of HTTP', () => {
  it('has each line carried out where that belongs, and what names nothing in a session of its own', async () => {
    const pair = await botPair();
    pair.open(2, true);
    pair.line(2, { id: 1, session: { name: 'bot' }, message: STATE });
    pair.line(2, { id: 2, session: { detach: true } });
    pair.line(2, { id: 3, message: NEAREST });
    await pair.run();
    assert.deepEqual(idAndError(pair.take(2)).toSorted(), [
      [1, 'updates.state'],
      [2, undefined],
      [3, 'nearestDc'],
    ]);
    assertClean(pair);
  });

  it('has no session alone', async () => {
    const pair = await botPair();
    pair.open(2, true);
    const [refused] = await pair.ask(2, { session: { name: 'bot', exclusive: true, takeover: true }, message: STATE });
    assert.deepEqual([refused?.['error'], refused?.['path']], ['InvalidSession', 'session.exclusive']);
    assert.equal(consOf((await pair.ask(1, { message: STATE }))[0]), 'updates.state', 'who is there stays');
  });

  it('does not leave the session of its own, which goes on', async () => {
    const pair = pairOf();
    pair.open(2, true);
    await pair.ask(2, { message: NEAREST });
    const [refused] = await pair.ask(2, { id: 2, session: { detach: true } });
    assert.deepEqual([refused?.['error'], refused?.['path']], ['InvalidSession', 'session.detach']);
    assert.equal(consOf((await pair.ask(2, { message: NEAREST }))[0]), 'nearestDc');
    assert.equal(pair.dc.counters.handshakes, 1);
  });
});

describe('a client that is not let in', () => {
  it('is where it was before, and what it said it is', async () => {
    const pair = await botPair();
    await pair.ask(1, { session: { name: 'bot', exclusive: true } });
    pair.open(2);
    const init = { api_id: 5, device_model: 'mine' };
    await pair.ask(2, { options: { init } });
    const [refused] = await pair.ask(2, { session: { name: 'bot' }, message: STATE });
    assert.equal(refused?.['error'], 'SessionInUse');
    for (const lost of [false, true]) {
      if (lost) pair.lose();
      const [shown] = await pair.ask(2, { options: {}, message: NEAREST });
      assert.deepEqual((shown!['options'] as Line)['init'], init);
    }
    await pair.ask(2, { options: { init: { api_id: 6 } } });
    pair.lose();
    await pair.run();
    const [later] = await pair.ask(2, { options: {} });
    assert.deepEqual((later!['options'] as Line)['init'], { api_id: 6 }, 'and not what it brought');
  });
});

describe('whichever batch is lost, each line is answered once', () => {
  const plays: Record<string, (pair: Pair) => void> = {
    'single lines of two clients': (pair) => {
      for (const client of [1, 2])
        for (const id of [1, 2, 3]) pair.line(client, { id, as: 'bot', message: about(`${client}${id}`) });
    },
    'a client that goes from name to name': (pair) => {
      pair.line(2, { id: 1, session: { name: 'bot' }, message: about('1') });
      pair.line(2, { id: 2, session: { name: 'other' } });
      pair.line(2, { id: 3, session: { name: 'bot' }, message: about('3') });
    },
    'a client that detaches': (pair) => {
      pair.line(1, { id: 1, message: about('1') });
      pair.line(1, { id: 2, session: { detach: true } });
      pair.line(1, { id: 3, message: NEAREST });
    },
    'a session that is forgotten': (pair) => {
      pair.line(2, { id: 1, session: { forget: 'bot' } });
      pair.line(2, { id: 2, message: STATE });
      pair.line(2, { id: 3, session: { list: true } });
    },
    'a session that is bound to parameters': (pair) => {
      pair.line(2, { id: 1, options: { init: { api_id: 5 } }, session: { name: 'bot' } });
      pair.line(2, { id: 2, options: { init: { api_id: 6 } } });
      pair.line(1, { id: 3, options: { init: { api_id: 7 } } });
    },
  };
  for (const [play, begin] of Object.entries(plays))
    it(play, async () => {
      for (let lost = 0; lost < 10; lost++) {
        const pair = await botPair();
        pair.open(2);
        let batches = 0;
        pair.onBatch = () => void (pair.loseNext = batches++ === lost);
        begin(pair);
        const expected = play.startsWith('single') ? [1, 1, 2, 2, 3, 3] : [1, 2, 3];
        await pair.advance(20_000);
        const answers = [...pair.take(1), ...pair.take(2)].filter(({ id }) => id !== 0);
        assert.deepEqual(ids(answers).toSorted(), expected, `batch ${lost}: ${JSON.stringify(answers)}`);
        // A thread may be lost behind the end of the key, and go on with it.
        assertNoBugs(pair);
      }
    });
});
