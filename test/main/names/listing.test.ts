/** A list of all stored sessions: read once for all who ask, without keys, for those who take it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptyRecord, readRecord, writeRecord } from '../../../src/account/record.ts';
import { readNameList } from '../../../src/batch/name-records.ts';

import { Writer } from '../../../src/bytes/writer.ts';
import { Fixture, settled } from '../../support/registry-fixture.ts';

describe('a list of all names', () => {
  /** @returns the lists that were read, and how often */
  function counted(fixture: Fixture): { reads: number } {
    const count = { reads: 0 };
    const { vault } = fixture;
    const list = vault.list.bind(vault);
    vault.list = (part) => {
      count.reads++;
      return list(part);
    };
    return count;
  }

  it('is read once for all who ask at a time, and anew for who asks later', async () => {
    const fixture = new Fixture();
    await fixture.named();
    const count = counted(fixture);
    const all = Array.from({ length: 50 }, () => fixture.session());
    const client = { isUnread: false };
    for (const { session, lane } of all) fixture.registry.list({ attachment: session, lane, ticket: 1, client });
    await settled();
    for (const session of all) assert.match(session.last, /^granted:/);
    // The first one's is begun at once; the others have come before the next.
    assert.equal(count.reads, 2);
    await fixture.list(all[0]!);
    assert.equal(count.reads, 3);
  });

  it('holds no key', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    const key = Buffer.alloc(256, 7);
    const out = new Writer();
    writeRecord(out, { ...emptyRecord(2, false), userId: 5n, keys: [{ dc: 2, key }] });
    fixture.registry.store(one, 'last', 0, out.written());
    await settled();
    assert.ok(Buffer.from(fixture.vault.read('me')!).includes(key));
    const two = fixture.session();
    await fixture.list(two);
    const { bytes } = two.said.at(-1)!;
    assert.equal(bytes.includes(key.subarray(0, 16)), false);
    const shown = readRecord(readNameList(bytes)[0]!.record!);
    assert.deepEqual([shown.dc, shown.userId, shown.keys], [2, 5n, []]);
  });

  it('says of each that is open here what it is doing', async () => {
    const fixture = new Fixture();
    const [open, closed] = [await fixture.named(), fixture.session()];
    fixture.store(open, 'urgent', 'a');
    await fixture.claim(closed, 'other');
    fixture.store(closed, 'last', 'b');
    await settled();
    open.state = { state: 'waiting', connections: 3, openedAt: 1_700_000_000_001, retryIn: 1_500 };
    const asks = fixture.session();
    await fixture.list(asks);
    assert.deepEqual(
      readNameList(asks.said.at(-1)!.bytes).map(({ name, owner, open: state }) => [name, owner, state]),
      [
        ['me', 'here', open.state],
        ['other', undefined, undefined],
      ],
    );
  });

  it('is not read for who leaves answers unread, until they are taken, nor for who has gone', async () => {
    const fixture = new Fixture();
    const count = counted(fixture);
    const [slow, gone, other] = [fixture.session(), fixture.session(), fixture.session()];
    const [slowClient, goneClient] = [{ isUnread: true }, { isUnread: true }];
    assert.equal(await fixture.list(slow, slowClient), 'nothing');
    assert.equal(await fixture.list(gone, goneClient), 'nothing');
    assert.equal(count.reads, 0);
    assert.equal(await fixture.list(other), 'granted:');
    assert.equal(slow.last, 'nothing');
    fixture.registry.forgetLists(goneClient);
    slowClient.isUnread = goneClient.isUnread = false;
    fixture.registry.isRead();
    await settled();
    assert.deepEqual([slow.last, gone.last, count.reads], ['granted:', 'nothing', 2]);
  });
});
