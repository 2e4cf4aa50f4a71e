/** A list of all stored sessions: read once for all who ask, without keys, for those who take it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptyRecord, readRecord, writeRecord } from '../../../src/account/record.ts';
import { readNameList } from '../../../src/batch/name-records.ts';
import { NameOp } from '../../../src/batch/records.ts';
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
    await fixture.request(fixture.route(), NameOp.ATTACH);
    const count = counted(fixture);
    const [first, ...others] = Array.from({ length: 50 }, () => fixture.route());
    for (const route of [first!, ...others]) fixture.registry.request(route, NameOp.LIST, 1, '');
    await settled();
    for (const route of [first!, ...others]) assert.match(route.last, /^granted:/);
    // The first one's is begun at once; the others have come before the next.
    assert.equal(count.reads, 2);
    await fixture.request(first!, NameOp.LIST);
    assert.equal(count.reads, 3);
  });

  it('holds no key', async () => {
    const fixture = new Fixture();
    const one = fixture.route();
    await fixture.request(one, NameOp.ATTACH);
    const key = Buffer.alloc(256, 7);
    const out = new Writer();
    writeRecord(out, { ...emptyRecord(2, false), userId: 5n, keys: [{ dc: 2, key }] });
    fixture.registry.store(one, 'last', 0, out.written());
    await settled();
    assert.ok(Buffer.from(fixture.vault.read('me')!).includes(key));
    const two = fixture.route();
    await fixture.request(two, NameOp.LIST);
    const { bytes } = two.said.at(-1)!;
    assert.equal(bytes.includes(key.subarray(0, 16)), false);
    const shown = readRecord(readNameList(bytes)[0]!.record!);
    assert.deepEqual([shown.dc, shown.userId, shown.keys], [2, 5n, []]);
  });

  it('is not read for who leaves answers unread, until they are taken, nor for who has gone', async () => {
    const fixture = new Fixture();
    const count = counted(fixture);
    const [slow, gone, other] = [fixture.route(), fixture.route(), fixture.route()];
    slow.client.isUnread = gone.client.isUnread = true;
    assert.equal(await fixture.request(slow, NameOp.LIST), 'nothing');
    assert.equal(await fixture.request(gone, NameOp.LIST), 'nothing');
    assert.equal(count.reads, 0);
    assert.equal(await fixture.request(other, NameOp.LIST), 'granted:');
    assert.equal(slow.last, 'nothing');
    fixture.registry.gone(gone);
    slow.client.isUnread = gone.client.isUnread = false;
    fixture.registry.isRead();
    await settled();
    assert.deepEqual([slow.last, gone.last, count.reads], ['granted:', 'nothing', 2]);
  });
});
