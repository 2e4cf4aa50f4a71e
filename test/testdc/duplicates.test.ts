/** One key from two places in parallel: AUTH_KEY_DUPLICATED, as Telegram does it, and what is not that; home connections, counted. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import type { TlObject } from '../../src/testdc/tl/tl-value.ts';
import { RawClient } from '../support/raw-client.ts';
import { demoClient, DIALOGS, NEAREST, PING, rules, withDc } from './support.ts';

/** Another connection under the same key; a session of its own unless it is told otherwise. */
async function beside(dc: TestDc, client: RawClient, sessionId?: bigint): Promise<RawClient> {
  const other = await RawClient.connect(dc.port());
  other.authKey = client.authKey;
  other.salt = client.salt;
  other.sessionId = sessionId ?? randomBytes(8).readBigInt64LE() | 1n;
  return other;
}

/** How many home connections of a client's key are open, and the most there were. */
function homeConnections(dc: TestDc, { authKey }: RawClient): [open: number, most: number] {
  const { home } = dc.centres.get(2)!.keys.find(authKey!.idLow, authKey!.idHigh, Date.now())!;
  return [home.open, home.most];
}

const STATE: TlObject = { _: 'updates.getState' };
const PART: TlObject = { _: 'upload.saveFilePart', file_id: 1n, file_part: 0, bytes: Buffer.alloc(1024) };

describe('a key used from two places in parallel', () => {
  it('is dead: 406 AUTH_KEY_DUPLICATED on both connections, and on new ones', () =>
    withDc({}, async (dc) => {
      const a = await demoClient(dc);
      const b = await beside(dc, a);
      await a.call(STATE);
      await b.call(STATE);
      const dead = { code: 406, message: 'AUTH_KEY_DUPLICATED' };
      await assert.rejects(a.call(STATE), dead);
      await assert.rejects(b.call(DIALOGS), dead);
      await assert.rejects((await beside(dc, a)).call(NEAREST), dead);
      assert.deepEqual(rules(dc), ['key-duplicated']);
    }));

  it('is let be where a test says so', () =>
    withDc({ punishesDuplicates: false }, async (dc) => {
      const a = await demoClient(dc);
      const b = await beside(dc, a);
      for (const client of [a, b, a, b]) await client.call(STATE);
      assert.deepEqual(rules(dc), []);
    }));
});

describe('what is no use in parallel', () => {
  it('a client that starts anew while the old connection is still open', () =>
    withDc({}, async (dc) => {
      const a = await demoClient(dc);
      const all = [a, await beside(dc, a), await beside(dc, a), await beside(dc, a)];
      for (const client of all) for (let i = 0; i < 3; i++) await client.call(STATE);
      assert.deepEqual(rules(dc), []);
    }));

  it('one session on two connections', () =>
    withDc({}, async (dc) => {
      const a = await demoClient(dc);
      const b = await beside(dc, a, a.sessionId);
      // Their acks would not fit the numbers of the other.
      a.acks = b.acks = false;
      for (const [i, client] of [a, b, a, b].entries())
        await client.result(client.send(STATE, { seqNo: i * 2 + 1, msgId: a.nextId() }), STATE._);
      assert.deepEqual(rules(dc), []);
    }));

  it('files, calls without updates and calls without a login beside the main connection', () =>
    withDc({}, async (dc) => {
      const a = await demoClient(dc);
      const media = await beside(dc, a);
      for (let i = 0; i < 3; i++) {
        await a.call(STATE);
        await media.call(PART);
        await media.call({ _: 'invokeWithoutUpdates', query: STATE }, STATE._);
        await media.call(NEAREST);
      }
      assert.deepEqual(rules(dc), []);
    }));
});

describe('home connections of a key', () => {
  it('are counted while they are open, those for files and those of other keys not among them', () =>
    withDc({}, async (dc) => {
      const [a, stranger] = [await demoClient(dc), await demoClient(dc)];
      const media = await beside(dc, a);
      a.send(PING);
      await a.message('pong');
      assert.deepEqual(homeConnections(dc, a), [0, 0], 'nothing was asked for');
      for (const client of [a, stranger, a]) await client.call(STATE);
      await media.call(PART);
      await media.call({ _: 'invokeWithoutUpdates', query: NEAREST }, NEAREST._);
      assert.deepEqual(homeConnections(dc, a), [1, 1]);
      const b = await beside(dc, a, a.sessionId);
      b.acks = a.acks = false;
      await b.result(b.send(NEAREST, { seqNo: 5, msgId: a.nextId() }), NEAREST._);
      assert.deepEqual(homeConnections(dc, a), [2, 2], 'one session on two connections');
      for (const [client, left] of [
        [a, 1],
        [b, 0],
      ] as const) {
        const gone = dc.next('disconnection');
        client.close();
        await gone;
        assert.deepEqual(homeConnections(dc, a), [left, 2]);
      }
      await (await beside(dc, a)).call(NEAREST);
      assert.deepEqual(homeConnections(dc, a), [1, 2]);
      assert.deepEqual(homeConnections(dc, stranger), [1, 1]);
      assert.equal(dc.counters.homeConnectionsOfOneKey, 2);
    }));

  it('are no longer counted once the data centre has ended them', () =>
    withDc({}, async (dc) => {
      const a = await demoClient(dc);
      const connected = dc.next('connection');
      const b = await beside(dc, a);
      const [connection] = await connected;
      await b.call(STATE);
      connection.hangUp();
      assert.deepEqual(homeConnections(dc, a), [0, 1]);
      await a.call(STATE);
      assert.deepEqual(homeConnections(dc, a), [1, 1]);
    }));
});
