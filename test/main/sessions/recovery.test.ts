/** What becomes of the sessions of a lane whose thread was lost: put again, or refused to who is at fault. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { In, NamedFlag, Out } from '../../../src/batch/records.ts';
import { EntryFlag } from '../../../src/batch/save-records.ts';
import { hasIsolated } from '../../../src/batch/request-flags.ts';
import type { Loss } from '../../../src/main/lanes/lane.ts';
import { routerOf } from '../../support/noted-router.ts';
import { settled } from '../../support/registry-fixture.ts';

/** A router whose thread can be lost. */
function lossy() {
  const rig = routerOf();
  const lose = (loss: Partial<Loss> = {}, isHopeless = false): boolean => {
    rig.lane.puts.length = 0;
    return rig.router.lost(
      rig.lane.asLane,
      { why: 'a test', suspects: new Set(), culprit: undefined, ...loss },
      isHopeless,
    );
  };
  return { ...rig, lose };
}

test('all sessions are put again before what may have killed, each request of that in a batch of its own', async () => {
  const { client, lose, said, lane } = lossy();
  const [one, two] = [client(), client()];
  one.ask('a');
  two.ask('b', 'me');
  await settled();
  assert.equal(lose(), false);
  assert.ok(lane.puts.filter(({ kind }) => kind === In.REQUEST).every(({ flags }) => hasIsolated(flags)));
  const kinds = said().map((words) => words.split(' ')[0]);
  assert.deepEqual(kinds, ['OPEN', 'ATTACH', 'OPEN', 'ATTACH', 'NAMED', 'REQUEST', 'REQUEST']);
});

test('a request that killed two threads is refused, and nobody else’s', async () => {
  const { client, lose, said, asked } = lossy();
  const [one, two] = [client(), client()];
  const ticket = one.ask('a', 'me')!;
  const { session } = asked();
  const other = two.ask('b', 'me')!;
  await settled();
  const culprit = { kind: In.REQUEST, session, ticket };
  assert.equal(lose({ suspects: new Set([ticket, other]) }), false);
  assert.equal(lose({ suspects: new Set([ticket]), culprit }), true);
  assert.deepEqual([one.heard, two.heard], [['crashed "a" no'], []]);
  assert.deepEqual(
    said().filter((words) => words.startsWith('REQUEST')),
    [`REQUEST ${session + 1} b`],
  );
});

test('whose last request of a session that it speaks in no more is refused has left that', async () => {
  const { client, lose, said, asked, took, only, router } = lossy();
  const one = client();
  const ticket = one.ask('a')!;
  const { session } = asked();
  took(only().number, [session, ticket]);
  [...only().attachments][0]!.retire();
  const culprit = { kind: In.AGAIN, session, ticket };
  assert.equal(lose({ suspects: new Set([ticket]), culprit }), false);
  assert.equal(router.attachments, 1);
  assert.equal(lose({ suspects: new Set([ticket]), culprit }), true);
  assert.deepEqual([one.heard, router.attachments], [['crashed "a" no'], 0]);
  assert.deepEqual(said().slice(-2), [`DETACH ${session}`, `CLOSE ${session - 1}`]);
});

test('a session of which a record killed two threads ends, whoever’s record it is, with an answer to each who asked', async () => {
  for (const isAttach of [false, true]) {
    const { client, lose, asked, only, router, lane } = lossy();
    const [one, two] = [client(), client()];
    one.ask('a', 'me');
    const { session } = asked();
    two.ask('b', 'me');
    await settled();
    const culprit = isAttach
      ? { kind: In.ATTACH, session, ticket: 0 }
      : { kind: In.RESUME, session: only().number, ticket: 0 };
    assert.equal(lose({ culprit }), false);
    assert.equal(lose({ culprit }), true);
    assert.deepEqual([one.heard, two.heard], [['crashed "a" no'], ['crashed "b" no']]);
    assert.deepEqual([router.size, router.attachments, one.sessions.tally.open], [0, 0, 0]);
    await settled();
    lane.puts.length = 0;
    one.ask('c', 'me');
    assert.deepEqual(lane.kinds, [In.OPEN, In.ATTACH, In.REQUEST], 'its next line begins another');
  }
});

test('when nobody can be named all sessions of the lane end, and their clients hear of it', () => {
  const { client, lose, router, said } = lossy();
  const [one, two] = [client(), client()];
  one.ask('a');
  two.ask('b');
  assert.equal(lose({}, true), true);
  assert.deepEqual(
    [one.heard, two.heard],
    [
      ['crashed "a" no', 'lost'],
      ['crashed "b" no', 'lost'],
    ],
  );
  assert.deepEqual([router.size, said()], [0, []]);
  one.ask('c');
  assert.deepEqual(
    said().map((words) => words.split(' ')[0]),
    ['OPEN', 'ATTACH', 'REQUEST'],
  );
});

test('keys are given back when the thread has ended: of sessions that ended, and of those that go on without one', () => {
  const { client, lose, router, lane, lost, only } = lossy();
  client().ask('a');
  const { number } = only();
  lose();
  assert.deepEqual(lost, []);
  router.ended(lane.asLane);
  assert.deepEqual(lost, [number]);
});

test('a session that was closing is gone with the thread', () => {
  const { client, lose, router, said } = lossy();
  const one = client();
  one.ask('a');
  let isOver = false;
  one.sessions.close(() => (isOver = true));
  lose();
  assert.deepEqual([said(), router.size, isOver], [[], 0, true]);
});

test('who waited for the lost thread is read on', () => {
  const { client, lose, lane } = lossy();
  const one = client();
  lane.isOver = true;
  one.ask('a');
  lane.isOver = false;
  assert.equal(one.gate.isOpen, false);
  lose();
  assert.equal(one.gate.isOpen, true);
});

test('a request with a key that is given up is never said not to have been carried out: another with its key may have been', async () => {
  const { client, lose, asked, only, took } = lossy();
  const one = client();
  const keyed = '{"key":"k"}';
  one.ask(keyed, 'me');
  one.ask('{"id":2}', 'me');
  const ticket = one.ask('{"id":1}', 'me')!;
  const { session } = asked();
  await settled();
  took(only().number, [session, ticket, EntryFlag.SENT]);
  assert.equal(lose({}, true), true);
  assert.deepEqual(one.heard.slice(0, 3), [
    `crashed "${keyed}" unknown retryable`,
    'crashed "{"id":2}" no',
    'crashed "{"id":1}" unknown',
  ]);
});

test('a request with a key that killed two threads is not called retryable: it may kill again', async () => {
  const { client, lose, asked } = lossy();
  const one = client();
  const ticket = one.ask('{"key":"k"}', 'me')!;
  const culprit = { kind: In.REQUEST, session: asked().session, ticket };
  await settled();
  lose({ suspects: new Set([ticket]), culprit });
  lose({ suspects: new Set([ticket]), culprit });
  assert.deepEqual(one.heard, ['crashed "{"key":"k"}" unknown']);
});

test('a session that has sent something and ends with its thread begins anew elsewhere: its last numbers are not stored', async () => {
  for (const hasSent of [false, true]) {
    const { client, lose, lane, registry, say, sessions } = lossy();
    client().ask('a', 'me');
    await settled();
    registry.store(sessions()[0]!, 'last', 0, Buffer.from('stored'));
    await settled();
    client().ask('b', 'me');
    await settled();
    if (hasSent) say(Out.SEND, sessions()[1]!.number, 0, 'x');
    lose({}, true);
    client().ask('c', 'me');
    await settled();
    const granted = lane.puts.findLast(({ kind }) => kind === In.NAMED)!;
    assert.equal((granted.flags & NamedFlag.CLEAN) !== 0, !hasSent);
    assert.equal(granted.bytes.toString(), 'stored');
  }
});
