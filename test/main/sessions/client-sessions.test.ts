/** All that one client speaks in: where its lines go, and where those go that belong elsewhere. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FormFlag, MannerFlag, readAttach } from '../../../src/batch/attach-records.ts';
import { nameFlags, type MoveAction, storeFlags, writeName } from '../../../src/batch/name-records.ts';
import { DetachedFlag, In, NameOp, OpenFlag, Out } from '../../../src/batch/records.ts';
import { Writer } from '../../../src/bytes/writer.ts';
import { routerOf } from '../../support/noted-router.ts';
import { fault, settled } from '../../support/registry-fixture.ts';

/** The bytes of a NAME record. */
function nameOf(name: string, init = ''): Uint8Array {
  const out = new Writer(64);
  writeName(out, name, Buffer.from(init));
  return out.written();
}

/** A router with one client, and how its lane says that lines belong elsewhere. */
function speaking(limits = {}) {
  const rig = routerOf(limits);
  const client = rig.client();
  /** Opens a session of the client's own, and has the lane take one request there. @returns its attachment's number */
  const taken = (line: string): number => {
    const ticket = client.ask(line)!;
    const { session } = rig.asked();
    rig.took(rig.only().number, [session, ticket]);
    return session;
  };
  const move = async (attachment: number, action: MoveAction, ticket: number, name = '', init = ''): Promise<void> => {
    rig.say(Out.NAME, attachment, ticket, nameOf(name, init), nameFlags(action));
    await settled();
  };
  /** The requests that the lane was given since it was asked last. */
  const put = (): string[] => rig.said().filter((words) => words.startsWith('REQUEST'));
  return { ...rig, client, other: rig.client, taken, move, put };
}

describe('a line', () => {
  it('that names a session goes to the attachment of that name, all others to the client’s own, in order', () => {
    const { client, said, lane } = speaking();
    client.ask('a');
    client.ask('b', 'me');
    client.ask('c', 'me');
    client.ask('d');
    client.ask('e', 'you');
    const attaches = lane.puts.filter(({ kind }) => kind === In.ATTACH);
    const own = ['OPEN 2', 'ATTACH 3 2', 'REQUEST 3 a'];
    const me = ['OPEN 4', 'ATTACH 5 4', 'REQUEST 5 b', 'REQUEST 5 c', 'REQUEST 3 d'];
    assert.deepEqual(said(), [...own, ...me, 'OPEN 6', 'ATTACH 7 6', 'REQUEST 7 e']);
    const speakers = attaches.map(({ flags, bytes }) =>
      readAttach({ flags, bytes, start: 0, stop: bytes.length } as unknown as Parameters<typeof readAttach>[0]),
    );
    assert.deepEqual(
      speakers.map(({ client: number, isMute, isStateless }) => [number, isMute, isStateless]),
      [
        [1, false, false],
        [1, true, true],
        [1, true, true],
      ],
      'updates go to who speaks in the session, not to who asks there now and then',
    );
  });

  it('with what can be no name has nothing opened for that, and is refused where all others go', () => {
    const { client, said } = speaking();
    for (const text of ['my phone is 5551234', 'a/b', 'x'.repeat(65), '']) client.ask('a', text);
    assert.deepEqual(said(), ['OPEN 2', 'ATTACH 3 2', ...Array<string>(4).fill('REQUEST 3 a')]);
  });

  it('of another client goes to the same session of the name', () => {
    const { client, other, said } = speaking();
    client.ask('a', 'me');
    assert.deepEqual(said(), ['OPEN 2', 'ATTACH 3 2', 'REQUEST 3 a']);
    other().ask('b', 'me');
    assert.deepEqual(said(), ['ATTACH 5 2', 'REQUEST 5 b']);
  });

  it('for one session more than a client may speak in takes the place of the one used longest ago, if that is idle', () => {
    const { client, said, say, asked } = speaking({ namesPerConnection: 2 });
    const first = client.ask('a', 'one')!;
    const { session } = asked();
    client.ask('b', 'two');
    said();
    assert.equal(client.ask('c', 'three'), undefined, 'both are busy');
    assert.deepEqual(said(), []);
    say(Out.REPLY, session, first, 'A');
    assert.equal(typeof client.ask('d', 'three'), 'number');
    assert.deepEqual(said(), [`DETACH ${session}`, 'OPEN 6', 'ATTACH 7 6', 'REQUEST 7 d']);
  });

  it('goes to a new session of its name when the old one has ended', async () => {
    const { client, said, say } = speaking();
    client.ask('a', 'me');
    await settled();
    said();
    say(Out.NAME, 2, 0, '', NameOp.RELEASE);
    client.ask('b', 'me');
    assert.deepEqual(said(), ['OPEN 4', 'ATTACH 5 4', 'REQUEST 5 b']);
  });

  it('whose session cannot have its name is put before that is said', async () => {
    const { client, said, say, vault } = speaking();
    client.ask('a', 'me');
    await settled();
    vault.failure = fault;
    say(Out.STORE, 2, 0, 'a record', storeFlags('urgent'));
    await settled();
    say(Out.STORE, 2, 0, 'a record', storeFlags('last'));
    said();
    client.ask('b', 'me');
    await settled();
    assert.deepEqual(said(), ['OPEN 4', 'ATTACH 5 4', 'REQUEST 5 b', 'NAMED 4']);
  });
});

describe('a line that may be for any session', () => {
  it('is passed by none with `as` that comes behind it: the lane sends back each, in order', async () => {
    const { client, put, move, asked } = speaking();
    const a = client.ask('a', null)!;
    const { session } = asked();
    const b = client.ask('b', 'me')!;
    client.ask('c');
    const d = client.ask('d', 'you')!;
    assert.deepEqual(
      put(),
      ['a', 'b', 'c', 'd'].map((line) => `REQUEST ${session} ${line}`),
    );
    await move(session, 'as', a, 'me');
    await move(session, 'as', b, 'me');
    await move(session, 'as', d, 'you');
    const you = asked().session;
    client.ask('e', 'me');
    const me = asked().session;
    const expected = [`REQUEST ${me} a`, `REQUEST ${me} b`, `REQUEST ${you} d`, `REQUEST ${me} e`];
    assert.deepEqual(put(), expected, 'none is ahead any more');
  });

  for (const way of ['taken', 'answered'] as const)
    it(`is ahead of none when it is ${way}: what followed it is called back, so that what comes next need not follow`, async () => {
      const { client, put, move, asked, took, only, say } = speaking();
      const a = client.ask('a', null)!;
      const { session } = asked();
      const b = client.ask('b', 'me')!;
      client.ask('c', 'me');
      put();
      if (way === 'taken') took(only().number, [session, a]);
      else say(Out.REPLY, session, a, 'A');
      client.ask('d', 'me');
      const me = asked().session;
      assert.deepEqual(
        put(),
        ['b', 'c', 'd'].map((line) => `REQUEST ${me} ${line}`),
      );
      await move(session, 'as', b, 'me');
      assert.deepEqual(put(), [], 'the lane still sends it back: it is there already');
    });

  it('is known for what it is when it names the session for its client', async () => {
    const { client, put, move, asked } = speaking();
    const a = client.ask('a', null)!;
    const { session } = asked();
    client.ask('b', 'me');
    client.ask('c', 'you');
    put();
    await move(session, 'speak', a, 'me');
    const you = asked().session;
    const said = put();
    const me = Number(said[0]!.split(' ')[1]);
    // The lane finds nothing open under the ticket of the c that was put to it first.
    assert.deepEqual(said, [...['a', 'b', 'c'].map((line) => `REQUEST ${me} ${line}`), `REQUEST ${you} c`]);
    assert.notEqual(me, you);
    client.ask('d', 'you');
    assert.deepEqual(put(), [`REQUEST ${you} d`], 'b stays: it is carried out where it is');
  });

  it('is noted also before the first line with `as`, but not for longer than the lane needs', async () => {
    const { client, asked, move, took, only } = speaking();
    const a = client.ask('a', null)!;
    const b = client.ask('b', null)!;
    const { session } = asked();
    client.ask('c');
    client.ask('d', 'me');
    assert.equal(asked().session, session);
    took(only().number, [session, a]);
    await move(session, 'speak', b, 'me');
    const me = asked().session;
    client.ask('e', 'you');
    assert.notEqual(asked().session, me);
  });

  it('that is known before the first line with `as` comes is ahead of nothing', async () => {
    const { client, asked, move } = speaking();
    const a = client.ask('a', null)!;
    await move(asked().session, 'speak', a, 'me');
    const me = asked().session;
    client.ask('b', 'you');
    assert.notEqual(asked().session, me);
  });

  it('is none that certainly names no session: nothing follows that one', () => {
    const { client, put } = speaking();
    client.ask('a');
    client.ask('b', 'me');
    assert.deepEqual(put(), ['REQUEST 3 a', 'REQUEST 5 b']);
  });
});

describe('a client that asks in one session by its name and by single lines', () => {
  it('has one turn there', async () => {
    const { client, move, asked, router } = speaking();
    client.ask('a', 'me');
    const single = asked().session;
    const b = client.ask('b', null)!;
    await move(asked().session, 'speak', b, 'me');
    const current = asked().session;
    assert.notEqual(current, single);
    assert.equal(router.attachmentOf(current)?.turn, single);
    const { client: other, asked: last, router: another, move: moved } = speaking();
    const c = other.ask('c', null)!;
    await moved(last().session, 'speak', c, 'me');
    const first = last().session;
    other.ask('d', 'me');
    assert.equal(another.attachmentOf(last().session)?.turn, first);
  });
});

describe('a client each line of which goes its own way', () => {
  const stateless = () => {
    const rig = speaking();
    return { ...rig, client: rig.other({ isStateless: true, hasLines: false }) };
  };

  it('has one line run elsewhere, and the others where they were', async () => {
    const { client, said, move, asked } = stateless();
    const a = client.ask('a')!;
    client.ask('b');
    const { session } = asked();
    said();
    await move(session, 'speak', a, 'me');
    const [opened, attached, put] = said();
    const [number, place] = [opened!.split(' ')[1], attached!.split(' ')[1]];
    assert.deepEqual([opened, attached, put], [`OPEN ${number}`, `ATTACH ${place} ${number}`, `REQUEST ${place} a`]);
    client.ask('c');
    assert.deepEqual(said(), [`REQUEST ${session} c`]);
  });

  it('takes a name over from another process', async (t) => {
    const { client, move, asked, registry, router } = stateless();
    const a = client.ask('a')!;
    const b = client.ask('b')!;
    const { session } = asked();
    const claim = t.mock.method(registry, 'claim');
    const takeOver = t.mock.method(registry, 'takeOver');
    await move(session, 'takeover', a, 'me');
    assert.deepEqual(
      claim.mock.calls.map(({ arguments: [, name, isTakeover] }) => [name, isTakeover]),
      [['me', true]],
    );
    assert.equal(takeOver.mock.callCount(), 0);
    await move(session, 'takeover', b, 'me');
    assert.equal(takeOver.mock.callCount(), 1, 'also if it is being claimed already');
    assert.equal(router.attachmentOf(session)?.isRetired, false);
  });
});

describe('a client that names a session', () => {
  it('has its lines run there that were not taken, in order; what was taken is answered where it was', async () => {
    const { client, taken, move, said, say, lane } = speaking();
    const attachment = taken('a');
    const [b] = [client.ask('b')!, client.ask('c')];
    said();
    await move(attachment, 'speak', b, 'me', '{"x":1}');
    const { bytes } = lane.puts.find(({ kind }) => kind === In.ATTACH)!;
    assert.equal(bytes.subarray(4).toString(), '{"x":1}', 'what it has said it is goes with it');
    assert.deepEqual(
      said().filter((words) => !words.startsWith('NAMED')),
      ['OPEN 4', 'ATTACH 5 4', 'REQUEST 5 b', 'REQUEST 5 c'],
    );
    client.ask('d');
    assert.deepEqual(said(), ['REQUEST 5 d']);
    say(Out.REPLY, attachment, b, 'B');
    assert.deepEqual(client.heard, [], 'its ticket is no longer one of the old session');
    say(Out.UPDATE, 2, 0, 'an update', 0);
    assert.deepEqual(client.heard, [], 'it does not speak there');
    say(Out.REPLY, attachment, b - 1, 'A');
    assert.deepEqual([client.heard, said()], [['A'], [`DETACH ${attachment}`, 'CLOSE 2']]);
    say(Out.REPLY, 5, b, 'B');
    assert.deepEqual([client.heard, client.sessions.tally.open], [['A', 'B'], 2]);
  });

  it('joins those who speak there already', async () => {
    const { client, other, taken, move, said } = speaking();
    other().ask('x', 'me');
    const attachment = taken('a');
    const b = client.ask('b')!;
    said();
    await move(attachment, 'takeover', b, 'me');
    assert.deepEqual(
      said().filter((words) => !words.startsWith('NAMED')),
      ['ATTACH 7 3', 'REQUEST 7 b'],
    );
  });

  it('for one line has that line alone run there', async () => {
    const { client, taken, move, said } = speaking();
    const attachment = taken('a');
    const [b] = [client.ask('b')!, client.ask('c')];
    said();
    await move(attachment, 'as', b, 'me');
    assert.deepEqual(
      said().filter((words) => !words.startsWith('NAMED')),
      ['OPEN 4', 'ATTACH 5 4', 'REQUEST 5 b'],
    );
    client.ask('d');
    assert.deepEqual(said(), [`REQUEST ${attachment} d`]);
  });

  it('for one line that was the last of a session it speaks in no more has left that', async () => {
    const { client, move, said, asked, router, only } = speaking();
    const a = client.ask('a', 'me')!;
    const { session: attachment } = asked();
    await settled();
    only().unname();
    client.ask('b', 'me');
    said();
    await move(attachment, 'as', a, 'you');
    assert.deepEqual(
      said().filter((words) => /^(DETACH|CLOSE)/.test(words)),
      [`DETACH ${attachment}`, 'CLOSE 2'],
    );
    assert.equal(router.attachments, 2);
  });

  it('for one line, and one session too many, is refused that line', async () => {
    const { client, taken, move } = speaking({ namesPerConnection: 1 });
    client.ask('x', 'one');
    const attachment = taken('a');
    const b = client.ask('b')!;
    await move(attachment, 'as', b, 'two');
    assert.deepEqual([client.refusals, client.sessions.tally.open], [['"b"'], 2]);
  });

  it('and then none has a session of its own', async () => {
    const { client, move, said, asked } = speaking();
    const a = client.ask('a')!;
    await move(asked().session, 'speak', a, 'me');
    const b = client.ask('b')!;
    const { session } = asked();
    said();
    await move(session, 'detach', b);
    // Nothing of what is open was taken; nothing is stored under the name, so the session it has left ends.
    const left = [`DETACH ${session}`, 'CLOSE 4'];
    assert.deepEqual(said(), ['OPEN 6', 'ATTACH 7 6', ...left, 'REQUEST 7 a', 'REQUEST 7 b']);
  });
});

describe('a client that a session has let go', () => {
  it('has what was not taken run in a session of its own, bare if it has lost its session', async () => {
    for (const isBare of [false, true]) {
      const { client, move, say, said, asked, lane } = speaking();
      const a = client.ask('a')!;
      await move(asked().session, 'speak', a, 'me');
      const { session } = asked();
      client.ask('b');
      said();
      say(Out.DETACHED, session, 0, '', isBare ? DetachedFlag.BARE : 0);
      say(Out.REPLY, session, a, 'A');
      await settled();
      const opened = lane.puts.find(({ kind }) => kind === In.OPEN)!;
      assert.deepEqual([opened.flags, client.heard], [isBare ? OpenFlag.BARE : 0, ['A']]);
      assert.ok(said().includes('REQUEST 7 b'));
    }
  });

  it('takes along what it has said it is, unless it was let in or has lost its session', async () => {
    for (const [isBare, manner, brought] of [
      [false, 0, '{"x":1}'],
      [false, MannerFlag.SETTLED, ''],
      [true, 0, ''],
    ] as const) {
      const { client, move, say, asked, lane } = speaking();
      const a = client.ask('a')!;
      await move(asked().session, 'speak', a, 'me', '{"x":1}');
      const { session } = asked();
      if (manner !== 0) say(Out.SPEAKS, session, 0, '', manner);
      say(Out.DETACHED, session, 0, '', isBare ? DetachedFlag.BARE : 0);
      await settled();
      const { bytes } = lane.puts.findLast(({ kind }) => kind === In.ATTACH)!;
      assert.equal(bytes.subarray(4).toString(), brought);
    }
  });

  it('that single lines named is named anew by the next of them', async () => {
    const { client, say, said } = speaking();
    client.ask('a', 'me');
    client.ask('b', 'me');
    said();
    say(Out.DETACHED, 3, 0, '');
    await settled();
    const words = said().filter((one) => !one.startsWith('NAMED'));
    assert.deepEqual(words, ['DETACH 3', 'ATTACH 4 2', 'REQUEST 4 a', 'REQUEST 4 b']);
  });
});

describe('the form of answers', () => {
  it('that a client asks for in one session is asked for in all it speaks in', () => {
    const { client, say, lane } = speaking();
    client.ask('a');
    client.ask('b', 'me');
    lane.puts.length = 0;
    say(Out.SPEAKS, 3, 0, '', FormFlag.BOOLS);
    assert.deepEqual(
      lane.puts.map(({ kind, session, flags }) => [kind, session, flags]),
      [[In.FORM, 5, FormFlag.BOOLS]],
    );
    say(Out.SPEAKS, 5, 0, '', FormFlag.BOOLS);
    assert.equal(lane.puts.length, 1, 'and that is the end of it');
    client.ask('c', 'you');
    assert.equal(lane.puts.find(({ kind }) => kind === In.ATTACH)!.flags & FormFlag.BOOLS, FormFlag.BOOLS);
  });
});

describe('the end of a client', () => {
  it('ends its own session, which is waited for, and leaves all others', () => {
    const { client, said, say } = speaking();
    client.ask('a');
    client.ask('b', 'me');
    said();
    const told: string[] = [];
    client.sessions.close(() => told.push('ended'));
    client.sessions.close(() => told.push('ended twice'));
    assert.deepEqual([said(), told], [['DETACH 3', 'CLOSE 2', 'DETACH 5'], []]);
    assert.equal(client.sessions.tally.open, 0);
    say(Out.GONE, 2);
    assert.deepEqual(told, ['ended']);
  });

  it('is not moved any more', async () => {
    const { client, taken, move, said } = speaking();
    const attachment = taken('a');
    const b = client.ask('b')!;
    const moved = move(attachment, 'speak', b, 'me');
    client.sessions.close();
    said();
    await moved;
    assert.deepEqual(said(), []);
  });

  it('gives up what is open in the order in which it was asked', () => {
    const { client } = speaking();
    for (const [line, as] of [['a', 'me'], ['b'], ['c', 'me'], ['d']] as const) client.ask(line, as);
    assert.deepEqual(
      client.sessions.drain().map(({ id }) => id),
      ['"a"', '"b"', '"c"', '"d"'],
    );
  });
});

it('a client that names one session more than it may leaves the one that it has named longest ago', () => {
  const { client, said, asked, say } = speaking({ namesPerConnection: 2 });
  for (const [line, as] of [
    ['a', 'x'],
    ['b', 'y'],
    ['c', 'x'],
  ] as const) {
    const ticket = client.ask(line, as)!;
    say(Out.REPLY, asked().session, ticket, 'done');
  }
  const y = 5;
  said();
  client.ask('d', 'z');
  assert.ok(said().includes(`DETACH ${y}`), 'y, and not x');
});

describe('a client that names the session in each line', () => {
  /** A session in which one client stays, and another that asked once. @returns both, and how the answer comes */
  async function shared() {
    const rig = speaking();
    const first = rig.client.ask('a')!;
    await rig.move(rig.asked().session, 'speak', first, 'me');
    const session = rig.sessions().find(({ name }) => name === 'me')!;
    session.isStored = true;
    const passing = rig.other();
    const ticket = passing.ask('b', 'me')!;
    const { session: attachment } = rig.asked();
    return { session, passing, answer: () => rig.say(Out.REPLY, attachment, ticket, 'answer') };
  }

  it('that goes with its last answer is counted once: whoever stays is not alone', async () => {
    const { session, passing, answer } = await shared();
    passing.reply = () => passing.sessions.close();
    answer();
    assert.equal(session.isDeserted, false);
  });

  it('that goes while its answer waits for the disk is counted once', async () => {
    const { session, passing, answer } = await shared();
    session.cork();
    answer();
    passing.sessions.close();
    session.uncork();
    assert.equal(session.isDeserted, false);
  });
});
