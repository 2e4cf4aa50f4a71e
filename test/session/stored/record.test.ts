/** A stored session goes on: after its connection's end, after a kill, in another thread; who sees its key, when it is lost; what its record holds. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { readRecord, type SessionRecord, writeRecord } from '../../../src/account/record.ts';
import { Writer } from '../../../src/bytes/writer.ts';
import { AuthKey } from '../../../src/crypto/auth-key.ts';
import { Keys } from '../../../src/session/state/keys.ts';
import { isAfter } from '../../../src/session/state/message-ids.ts';
import { StoredSession } from '../../../src/session/state/stored-session.ts';
import { behind, noteStored, openRecord, recordBytes } from '../../../src/session/stored/record.ts';
import { botPair, gone } from '../../support/bot-pair.ts';
import { Lone, NOW } from '../../support/lone-state.ts';
import { assertClean, consOf, LOGIN, messageOf, sessionOf } from '../../support/one-client.ts';
import { Pair } from '../../support/pair.ts';
import { aKey, recordWith } from '../../support/session-records.ts';

const STATE = { _cons: 'updates.getState' };

/** Each key of the DC was made once, however often it was used. */
function assertOneKey(pair: Pair): void {
  assert.equal(pair.dc.counters.handshakes, 1);
}

/** Each record that is made from now on, as the very bytes. */
function notedRecords(t: TestContext): Uint8Array[] {
  const noted: Uint8Array[] = [];
  const from = Buffer.from.bind(Buffer) as (...args: unknown[]) => Buffer<ArrayBuffer>;
  t.mock.method(Buffer, 'from', (...args: unknown[]) => {
    const bytes = from(...args);
    if (isRecord(bytes)) noted.push(bytes);
    return bytes;
  });
  return noted;
}

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

function isRecord(bytes: Uint8Array): boolean {
  try {
    return bytes.length > 256 && readRecord(bytes).keys.length > 0;
  } catch {
    return false;
  }
}

describe('going on', () => {
  it('where it was, after it was given up in order', async () => {
    const pair = await botPair();
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
    assertClean(pair);
  });

  for (const forwardSecrecy of ['never', 'made'] as const)
    it(`after a kill: the same keys, another session_id, a gap (pfs ${forwardSecrecy})`, async () => {
      const pair = await botPair({ session: { forwardSecrecy } });
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
      assertClean(pair);
    });

  it('not of a key that nobody has signed in with: it is in memory alone', async () => {
    const pair = new Pair();
    const isNew = async (client: number): Promise<unknown> => {
      pair.open(client);
      const [line] = await pair.ask(client, { session: { name: 'me' }, message: { _cons: 'help.getNearestDc' } });
      return sessionOf(line)['new'];
    };
    assert.equal(await isNew(1), true);
    pair.die();
    assert.equal(await isNew(2), true);
    assert.deepEqual([pair.dc.counters.handshakes, pair.shelf.kept.size], [2, 0]);
  });

  it('not where the end meets a bug; the last record, which is stored no more, is zeroed all the same', async (t) => {
    const pair = await botPair();
    const records = notedRecords(t);
    t.mock.method(Keys.prototype, 'wipe', () => {
      throw new Error('a bug');
    });
    await gone(pair);
    assert.ok(records.length > 0, 'it was taken');
    assert.ok(records.every(isZero));
  });

  it('in another thread, with its name', async () => {
    const pair = await botPair();
    pair.lose();
    await pair.run();
    const [line] = await pair.ask(1, { session: {}, message: STATE });
    assert.deepEqual(sessionOf(line), { name: 'bot', dc: 2, test: false, user_id: 777000111, is_bot: true });
    assert.equal(consOf(line), 'updates.state');
    assertOneKey(pair);
    assertClean(pair);
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
      assertClean(pair);
    }
  });
});

describe('a key', () => {
  it('is shown to who may see it, and to nobody else', async () => {
    const pair = await botPair();
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
    const pair = await botPair();
    const [line] = await pair.ask(1, { session: {} });
    await gone(pair);
    const [again] = await (pair.open(2), pair.ask(2, { session: sessionOf(line) }));
    assert.deepEqual(sessionOf(again), sessionOf(line));
  });

  it('is asked for in vain before the session is attached', async () => {
    const pair = await botPair();
    await gone(pair);
    pair.open(2);
    const [line] = await pair.ask(2, { session: { name: 'bot', export: true } });
    assert.equal(line?.['error'], 'ExportNotAllowed');
    assert.equal(pair.shelf.owners.size, 0);
  });

  it('that the server has forgotten is never replaced in silence', async () => {
    const pair = await botPair();
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
    const pair = await botPair();
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

/** A session that has gone on, at `NOW`, as a record tells that its last owner gave up in order. */
function goneOn(part: Partial<SessionRecord>): Lone {
  const lone = new Lone('home', 'made');
  const dataCentres = [{ id: 2, host: '127.0.0.1', port: 1, test: false }];
  const { env } = lone.s;
  Object.assign(env, { claims: { claim: () => undefined }, settings: { ...env.settings, dataCentres } });
  const out = new Writer(1024);
  writeRecord(out, recordWith(part));
  assert.equal(openRecord(lone.s, new StoredSession('mine'), out.written(), true, NOW), undefined);
  return lone;
}

describe('a record', () => {
  it('has the temporary key, but where they are wanted always', () => {
    const until = NOW / 1000 + 3_600;
    for (const [forwardSecrecy, expected] of [
      ['made', { key: aKey(3), until }],
      ['always', undefined],
    ] as const) {
      const { s } = new Lone('home', forwardSecrecy).ready();
      s.keys.goOnWith(AuthKey.from(aKey(3)), until);
      assert.deepEqual(readRecord(recordBytes(s, new StoredSession('mine'))).temporary, expected);
    }
  });

  it('gives back its temporary key unless that ends within a minute', () => {
    for (const [left, expected] of [
      [61, aKey(3)],
      [60, undefined],
    ] as const) {
      const { keys } = goneOn({ temporary: { key: aKey(3), until: NOW / 1000 + left } }).s;
      assert.deepEqual([keys.inForce?.bytes, keys.hasForwardSecrecy], [expected, true]);
    }
  });

  it("lets a session's ids lie above those of its last owner, were it in the same millisecond", () => {
    const last = new Lone().s.ids;
    last.next(NOW, -1);
    const { ids } = goneOn({ sessionLow: 5 }).s;
    ids.next(NOW, 0);
    assert.ok(isAfter(ids.low, ids.high, last.low, last.high));
  });

  it('is stored at once when another data centre has got a key', () => {
    const { s } = new Lone().ready();
    const stored = new StoredSession('mine');
    noteStored(s, stored);
    assert.equal(behind(s, stored), undefined);
    s.session.otherKeys.set(4, AuthKey.from(aKey(4)));
    assert.equal(behind(s, stored), 'urgent');
  });

  it('leaves no copy where it was written, be it one with all the waits that a session can have', (t) => {
    const { s } = new Lone().ready();
    const floods = Array.from({ length: 256 }, (_, method) => ({ method, until: NOW + 60_000 }));
    s.session.floods.restore(floods, NOW);
    for (const dc of [1, 3, 4, 5]) s.session.otherKeys.set(dc, AuthKey.from(aKey(dc)));
    const from = t.mock.method(Buffer, 'from');
    const record = recordBytes(s, new StoredSession('mine'));
    from.mock.restore();
    assert.equal(readRecord(record).floods.length, 256);
    const blocks = from.mock.calls.filter(({ arguments: [of] }) => (of as unknown) instanceof ArrayBuffer);
    assert.ok(blocks.length > 0);
    for (const { result } of blocks)
      assert.ok(
        result!.every((byte) => byte === 0),
        `${result!.length} bytes`,
      );
  });
});
