/** A session as the main thread has it: who speaks in it, what is said to all, how long it stays, what a lost thread leaves. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FormFlag, MannerFlag, readAttach } from '../../../src/batch/attach-records.ts';
import { keyedFlags } from '../../../src/batch/key-records.ts';
import { GoneFlag, In, Out } from '../../../src/batch/records.ts';
import { Why } from '../../../src/main/flow/gate.ts';
import { routerOf } from '../../support/noted-router.ts';
import { settled } from '../../support/registry-fixture.ts';

/** Two clients that speak in one named session, under which something is stored. */
async function shared(limits = {}) {
  const rig = routerOf(limits);
  const [one, two] = [rig.client(), rig.client()];
  const tickets = [one.ask('a', 'me')!, two.ask('b', 'me')!];
  const [first, second] = rig.lane.puts.filter(({ kind }) => kind === In.ATTACH).map(({ session }) => session);
  const session = rig.only();
  await settled();
  session.isStored = true;
  rig.said();
  return { ...rig, one, two, tickets, first: first!, second: second!, session };
}

describe('what is said to all', () => {
  it('is written once a form, and goes to those who hear updates in it', async () => {
    const { client, say, only, said, asked } = routerOf();
    const [json, packed, mute] = [client(), client({ form: FormFlag.MSGPACK }), client({ isStateless: true })];
    for (const one of [json, packed, mute]) one.ask('a');
    const { session } = asked();
    said();
    const { number } = only();
    say(Out.UPDATE, number, 0, 'mine', 0);
    say(Out.UPDATE, number, 0, 'not mine', FormFlag.MSGPACK);
    say(Out.UPDATE, session - 1, 0, 'not for HTTP', 0);
    assert.deepEqual([json.heard, packed.heard, mute.heard], [['mine'], [], []]);
  });

  it('reaches whoever speaks in it, and not those that single lines of theirs named', async () => {
    const { client, say, only, asked, lane, router } = routerOf();
    const [one, two, passing] = [client(), client(), client()];
    for (const each of [one, two]) {
      const ticket = each.ask('a')!;
      each.sessions.moved(router.attachmentOf(asked().session)!, {
        action: 'speak',
        name: 'me',
        ticket,
        init: Buffer.alloc(0),
      });
    }
    passing.ask('x', 'me');
    const named = lane.puts.find(({ kind, bytes }) => kind === In.OPEN && bytes.toString() === 'me')!;
    say(Out.UPDATE, named.session, 0, 'update', 0);
    assert.deepEqual([one.heard, two.heard, passing.heard], [['update'], ['update'], []]);
    say(Out.UPDATE, named.session, 0, 'other form', FormFlag.BOOLS);
    say(
      Out.SPEAKS,
      lane.puts.filter(({ kind, ticket }) => kind === In.ATTACH && ticket === named.session)[0]!.session,
      0,
      '',
      FormFlag.BOOLS,
    );
    say(Out.UPDATE, named.session, 0, 'with bools', FormFlag.BOOLS);
    assert.deepEqual([one.heard.at(-1), two.heard.at(-1)], ['with bools', 'update']);
    assert.equal(only().isClosing, true, 'their own sessions have ended');
  });

  it('waits in its order with all answers while what it says is not stored', async () => {
    const { client, say, only, asked } = routerOf();
    const one = client();
    const ticket = one.ask('a')!;
    const session = only();
    session.cork();
    say(Out.UPDATE, session.number, 0, 'update', 0);
    say(Out.NOTICE, asked().session, 0, 'notice');
    say(Out.REPLY, asked().session, ticket, 'answer');
    assert.deepEqual([one.heard, one.sessions.tally.open], [[], 1]);
    session.uncork();
    assert.deepEqual([one.heard, one.sessions.tally.open], [['update', 'notice', 'answer'], 0]);
    say(Out.UPDATE, session.number, 0, 'another', 0);
    assert.equal(one.heard.at(-1), 'another');
  });

  it('is said to who has gone on to another session, too, when the gateway waits no longer', async () => {
    const { one, tickets, first, session, say, router } = await shared();
    session.cork();
    say(Out.REPLY, first, tickets[0], 'answer');
    router.attachmentOf(first)!.retire();
    assert.equal(session.attachments.size, 2, 'it is owed an answer here');
    one.sessions.uncork();
    assert.deepEqual([one.heard, session.attachments.size], [['answer'], 1]);
  });
});

describe('the links of a session', () => {
  it('are paused when nobody who speaks in it takes answers, and read when one does', async (t) => {
    const { one, two, session } = await shared();
    const told: string[] = [];
    t.mock.method(session.links, 'pause', () => told.push('pause'));
    t.mock.method(session.links, 'resume', () => told.push('resume'));
    one.isUnread = true;
    one.sessions.pauseLinks();
    assert.deepEqual([session.isUnread, told], [false, []]);
    two.isUnread = true;
    two.sessions.pauseLinks();
    assert.deepEqual([session.isUnread, told], [true, ['pause']]);
    one.isUnread = false;
    one.sessions.resumeLinks();
    assert.deepEqual([session.isUnread, told], [false, ['pause', 'resume']]);
  });

  it('are read again when the one who took nothing has left', async (t) => {
    const { one, two, session } = await shared();
    two.isUnread = one.isUnread = true;
    const resume = t.mock.method(session.links, 'resume', () => undefined);
    two.sessions.close();
    assert.equal(resume.mock.callCount(), 0);
    one.sessions.close();
    assert.equal(resume.mock.callCount(), 1, 'nobody is waited for');
  });

  it('are read for whoever comes, though nobody takes answers who was there before', async (t) => {
    const { one, two, session, client } = await shared();
    one.isUnread = two.isUnread = true;
    const resume = t.mock.method(session.links, 'resume', () => undefined);
    const deaf = client();
    deaf.isUnread = true;
    deaf.ask('c', 'me');
    assert.equal(resume.mock.callCount(), 0);
    client().ask('d', 'me');
    assert.equal(resume.mock.callCount(), 1);
  });

  it('that are full in two sessions hold back who speaks in both until both have drained', async () => {
    const { one, session, sessions } = await shared();
    one.ask('d', 'you');
    const other = sessions().at(-1)!;
    assert.equal(other.name, 'you');
    for (const each of [session, other]) each.gate.shut(Why.LINK);
    session.gate.open(Why.LINK);
    assert.equal(one.gate.isOpen, false);
    other.gate.open(Why.LINK);
    assert.equal(one.gate.isOpen, true);
  });

  it('that are full hold back all who speak in it, and whoever comes', async () => {
    const { one, two, session, client } = await shared();
    session.gate.shut(Why.LINK);
    const three = client();
    three.ask('c', 'me');
    const areOpen = (): boolean[] => [one, two, three].map(({ gate }) => gate.isOpen);
    assert.deepEqual(areOpen(), [false, false, false]);
    three.sessions.close();
    assert.deepEqual(areOpen(), [false, false, true], 'who leaves is held back by it no longer');
    session.gate.open(Why.LINK);
    assert.deepEqual(areOpen(), [true, true, true]);
  });
});

describe('a session', () => {
  it('that is stored stays open behind its last client for a while, and no longer', async () => {
    const { one, two, session, said, env, first, second } = await shared({ linger: 1_000 });
    one.sessions.close();
    env.advance(5_000);
    two.sessions.close();
    assert.deepEqual(said(), [`DETACH ${first}`, `DETACH ${second}`]);
    env.advance(999);
    assert.deepEqual(said(), []);
    env.advance(1);
    assert.deepEqual([said(), session.isClosing], [[`CLOSE ${session.number}`], true]);
  });

  it('stays open for who comes back meanwhile', async () => {
    const { one, two, client, session, said, env } = await shared({ linger: 1_000 });
    one.sessions.close();
    two.sessions.close();
    env.advance(999);
    said();
    client().ask('c', 'me');
    env.advance(60_000);
    assert.deepEqual([said().length, session.isClosing, env.timers], [2, false, 0], 'an ATTACH and a REQUEST');
  });

  it('is idle while it lingers, and neither for a resident nor for a sign-in', async () => {
    const { one, two, session } = await shared({ linger: 1_000 });
    one.sessions.close();
    assert.equal(session.isIdle, false);
    two.sessions.close();
    assert.equal(session.isIdle, true);
    session.isResident = true;
    assert.equal(session.isIdle, false);
    session.isResident = false;
    session.isStored = false;
    session.hasKey = true;
    assert.equal(session.isIdle, false);
  });

  it('that does not linger ends with its last client, once', async () => {
    const { one, two, session, said, say, router, first, second } = await shared({ linger: 0 });
    one.sessions.close();
    two.sessions.close();
    session.close();
    assert.deepEqual(said(), [`DETACH ${first}`, `DETACH ${second}`, `CLOSE ${session.number}`]);
    say(Out.GONE, session.number);
    assert.equal(router.size, 0);
  });

  it('that has lost its name ends with its last client, and whoever comes gets another', async () => {
    const { one, two, session, said, client } = await shared({ linger: 1_000 });
    session.unname();
    one.sessions.close();
    assert.equal(session.isClosing, false);
    said();
    client().ask('c', 'me');
    assert.match(said()[0]!, /^OPEN /);
    two.sessions.close();
    assert.equal(session.isClosing, true);
  });

  it('without a name ends with its client; what was saved of it is wiped when it is over', () => {
    const { client, only, said, say } = routerOf();
    const one = client();
    one.ask('a');
    const session = only();
    say(Out.SAVE_SESSION, session.number, 0, 'a key');
    assert.equal(session.saved.isEmpty, false);
    one.sessions.close();
    assert.equal(said().at(-1), `CLOSE ${session.number}`);
    say(Out.GONE, session.number);
    assert.equal(session.saved.isEmpty, true);
  });

  it('says what it is doing, to how many, and since when', async () => {
    const { one, session, env, say } = await shared();
    one.ask('c', 'me');
    const openedAt = session.openedAt;
    assert.deepEqual(session.state, { state: 'open', connections: 2, openedAt, retryIn: 0 });
    say(Out.WAITING, session.number, 3_000);
    env.advance(1_000);
    assert.deepEqual(session.state, { state: 'waiting', connections: 2, openedAt, retryIn: 2_000 });
    env.advance(2_000);
    assert.equal(session.state.state, 'open');
  });

  it('whose name is not known to be free is opening', async () => {
    const { client, vault, only } = routerOf();
    vault.hold();
    client().ask('a', 'me');
    await settled();
    assert.equal(only().state.state, 'opening');
    vault.go();
    await settled();
    assert.equal(only().state.state, 'open');
  });
});

/** A client of HTTP and one that has named `me` by a single line; both are owed an answer there. */
async function passing(limits = {}) {
  const rig = routerOf(limits);
  const [http, single] = [rig.client({ isStateless: true }), rig.client()];
  const open = [http, single].map((one) => [one.ask('a', 'me')!, rig.asked().session] as const);
  await settled();
  rig.only().isStored = true;
  rig.said();
  const answers = (): void => {
    for (const [ticket, attachment] of open) rig.say(Out.REPLY, attachment, ticket, 'answer');
  };
  return { ...rig, http, single, open, answers, session: rig.only() };
}

/** The same, and a client that has named the session, to speak in it from there on. */
async function withSpeaker(limits = {}) {
  const rig = await passing(limits);
  const client = rig.client();
  const ticket = client.ask('c')!;
  const from = rig.router.attachmentOf(rig.asked().session)!;
  client.sessions.moved(from, { action: 'speak', name: 'me', ticket, init: Buffer.alloc(0) });
  rig.said();
  return { ...rig, client };
}

describe('clients each line of which names the session', () => {
  it('count while something of theirs is open, and no longer', async () => {
    const { session, answers, http, open, say } = await passing();
    const counts = (): unknown[] => [session.state.connections, session.isIdle];
    assert.deepEqual(counts(), [2, false]);
    answers();
    assert.deepEqual(counts(), [0, true]);
    const ticket = http.ask('b', 'me')!;
    assert.deepEqual(counts(), [1, false]);
    session.cork();
    say(Out.REPLY, open[0]![1], ticket, 'answer');
    assert.deepEqual(counts(), [1, false], 'the answer is not said yet');
    session.uncork();
    assert.deepEqual(counts(), [0, true]);
  });

  it('find it open for as long as it lingers behind the last answer, with one timer for all calls', async () => {
    const { session, answers, http, open, say, said, env } = await passing({ linger: 1_000 });
    answers();
    for (let call = 0; call < 5; call++) {
      env.advance(600);
      const ticket = http.ask('b', 'me')!;
      say(Out.REPLY, open[0]![1], ticket, 'answer');
      assert.deepEqual([said(), env.timers], [[`REQUEST ${open[0]![1]} b`], 1]);
    }
    env.advance(999);
    assert.equal(session.isClosing, false);
    env.advance(1);
    assert.deepEqual(said(), [`CLOSE ${session.number}`]);
  });

  it('do not keep it open that does not linger; the next line of each opens it again', async () => {
    const { answers, http, single, session, said, say, router, sessions } = await passing({ linger: 0 });
    answers();
    assert.deepEqual([said(), http.heard, single.heard], [[`CLOSE ${session.number}`], ['answer'], ['answer']]);
    assert.equal(router.attachments, 0);
    http.ask('b', 'me');
    const next = sessions().at(-1)!.number;
    assert.deepEqual(said(), [`OPEN ${next}`, `ATTACH ${next + 1} ${next}`, `REQUEST ${next + 1} b`]);
    say(Out.GONE, session.number);
    assert.equal(router.size, 1, 'the end of the one before is not its own');
  });

  it('stay in it while another speaks there, and have it end with that one', async () => {
    const { client, answers, session, router, open, said } = await withSpeaker({ linger: 0 });
    answers();
    assert.deepEqual([session.isClosing, session.state.connections], [false, 1]);
    assert.ok(router.attachmentOf(open[0]![1]) !== undefined);
    client.sessions.close();
    assert.ok(said().includes(`CLOSE ${session.number}`));
    assert.equal(router.attachmentOf(open[0]![1]), undefined);
  });

  it('do not hold a name that was refused to them, or under which nothing is', async () => {
    const { session, answers } = await passing();
    session.isStored = false;
    answers();
    assert.deepEqual(
      [session.isIdle, session.isClosing],
      [true, false],
      'what a line has set there, the next one finds',
    );
    session.unname();
    assert.equal(session.isClosing, true);
  });
});

describe('what the lane has taken', () => {
  it('is noted with the one who asked for it', async () => {
    const { router, session, took, tickets, first, second } = await shared();
    took(session.number, [second, tickets[1]!], [first, tickets[1]!], [99, tickets[0]!]);
    const takenOf = (number: number): boolean[] =>
      [...router.attachmentOf(number)!.ledger.all()].map(({ isTaken }) => isTaken);
    assert.deepEqual([takenOf(first), takenOf(second)], [[false], [true]]);
  });
});

describe('a thread that was lost', () => {
  it('is followed by one to which a client that has gone on is no more than the form of its answers', async () => {
    const { session, router, lane, say, first } = await shared();
    const manner = FormFlag.BOOLS | MannerFlag.SETTLED | MannerFlag.EXCLUSIVE;
    say(Out.SPEAKS, first, 0, '', manner);
    router.attachmentOf(first)!.retire();
    lane.puts.length = 0;
    session.resume();
    const { flags, bytes } = lane.puts.find((put) => put.kind === In.ATTACH && put.session === first)!;
    const record = { flags, bytes, start: 0, stop: bytes.length } as unknown as Parameters<typeof readAttach>[0];
    const speaking = readAttach(record);
    assert.deepEqual([speaking.manner, speaking.isMute], [FormFlag.BOOLS, true]);
  });

  it('is followed by one that is told all of it again, in the order it came, by whichever attachment', async () => {
    const { one, session, said, took, say, tickets, first, second } = await shared();
    one.ask('c', 'me');
    took(session.number, [first, tickets[0]!]);
    say(Out.SAVE_SESSION, session.number, 0, 'a key');
    said();
    session.resume();
    session.repeat();
    const attached = [`ATTACH ${first} ${session.number}`, `ATTACH ${second} ${session.number}`];
    const opened = ['OPEN', 'RESUME'].map((kind) => `${kind} ${session.number}`);
    assert.deepEqual(said(), [
      ...opened,
      ...attached,
      `AGAIN ${first} a`,
      `NAMED ${session.number}`,
      `REQUEST ${second} b`,
      `REQUEST ${first} c`,
    ]);
  });

  it('leaves no key in what the next one was told', async () => {
    const { session, say, lane } = await shared();
    say(Out.SAVE_SESSION, session.number, 0, 'a key');
    lane.puts.length = lane.given.length = 0;
    session.resume();
    const at = lane.kinds.indexOf(In.RESUME);
    assert.ok(lane.puts[at]!.bytes.includes('a key'));
    assert.ok(lane.given[at]!.every((byte) => byte === 0));
  });

  it('is not told again what a client does not speak in any more, and speaks as it did last', async () => {
    const { client, say, asked, only, lane } = routerOf();
    const one = client();
    one.ask('a');
    say(Out.SPEAKS, asked().session, 0, '', FormFlag.INT64_TEXT);
    lane.puts.length = 0;
    only().resume();
    assert.equal(lane.puts.find(({ kind }) => kind === In.ATTACH)!.flags & FormFlag.INT64_TEXT, FormFlag.INT64_TEXT);
  });
});

describe('the end of a session leaves the key of a request that was let go', () => {
  for (const [how, flags, verdict] of [
    ['in good order: free, for it has never come there', 0, 'fresh'],
    ['with a bug: unknown, for it may have been carried out', GoneFlag.FAULT, 'unknown'],
  ] as const)
    it(how, async () => {
      const { client, say, only, registry, lane, sessions } = routerOf();
      client().ask('a', 'me');
      await settled();
      const first = only();
      const question = { key: 'k', fingerprint: Buffer.alloc(32), ticket: 1 };
      registry.keys.ask(first, question);
      await settled();
      say(Out.GONE, first.number, 0, '', flags);
      await settled();
      client().ask('b', 'me');
      registry.keys.ask(sessions().at(-1)!, { ...question, ticket: 2 });
      await settled();
      const said = lane.puts.findLast(({ kind }) => kind === In.KEYED)!;
      assert.equal(said.flags, keyedFlags({ verdict }));
    });
});
